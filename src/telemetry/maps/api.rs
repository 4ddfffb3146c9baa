//! Source maps over HTTP. What they hold is never served.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi, Tags};
use tracing::info;
use uuid::Uuid;

use super::file::File;
use super::store::{self, MapRow};
use super::upload::MapFile;
use super::{MAX_BYTES, MapError, SourceMaps, Stored, Wanted};
use crate::auth::{Admin, scope};
use crate::error::ApiError;
use crate::page;
use crate::timestamp::Timestamp;

impl From<MapError> for ApiError {
    fn from(e: MapError) -> Self {
        match e {
            MapError::Unknown => Self::not_found(),
            MapError::Unreadable(e) => Self::bad_request(e.to_string()),
            MapError::TooLarge => Self::payload_too_large(MAX_BYTES),
            MapError::Full(detail) => Self::conflict("limit_reached", detail),
            MapError::Db(e) => e.into(),
        }
    }
}

/// Operations on source maps.
pub struct SourceMapsApi {
    maps: SourceMaps,
}

impl SourceMapsApi {
    /// Works on `maps`.
    pub fn new(maps: SourceMaps) -> Self {
        Self { maps }
    }
}

#[derive(Tags)]
enum Tag {
    /// What client applications report
    Telemetry,
}

/// A source map
#[derive(Debug, Object)]
#[oai(rename = "SourceMap", example)]
struct SourceMapView {
    /// Id of the source map
    id: Uuid,
    /// Application
    app: String,
    /// Version of the application
    version: String,
    /// Path of the script, without scheme and host
    file: String,
    /// Bytes of the map
    size: u64,
    /// Bytes that it takes here
    stored_size: u64,
    /// SHA-256 of the map, in hexadecimal
    sha256: String,
    /// How many sources it has
    sources: u64,
    /// When it was uploaded, or last replaced
    uploaded_at: Timestamp,
    /// Id of the account that did
    uploaded_by: Uuid,
}

impl From<MapRow> for SourceMapView {
    fn from(row: MapRow) -> Self {
        Self {
            id: row.id,
            app: row.app,
            version: row.version,
            file: row.file,
            size: row.size.unsigned_abs(),
            stored_size: row.stored.unsigned_abs(),
            sha256: row.digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            sources: row.sources.unsigned_abs(),
            uploaded_at: Timestamp::from_ms(row.uploaded_at),
            uploaded_by: row.uploaded_by,
        }
    }
}

impl Example for SourceMapView {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0020),
            app: "desk".to_owned(),
            version: "1.4.0".to_owned(),
            file: "assets/index-B3xk9q2Z.js".to_owned(),
            size: 1_482_113,
            stored_size: 391_204,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            sources: 214,
            uploaded_at: Timestamp::from_ms(1_795_341_600_000),
            uploaded_by: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0001),
        }
    }
}

/// A page of source maps
#[derive(Debug, Object)]
struct SourceMapPage {
    /// Those of the newest files first
    items: Vec<SourceMapView>,
    /// For `cursor`, to go on; null at the end
    next: Option<String>,
}

/// What became of an upload
#[derive(ApiResponse)]
enum Uploaded {
    /// It was there before, with the same content
    #[oai(status = 200)]
    Same(Json<SourceMapView>),
    /// It is stored
    #[oai(status = 201)]
    Stored(Json<SourceMapView>),
}

/// Done, nothing to say
#[derive(ApiResponse)]
enum Deleted {
    /// Stacks are as they were sent again
    #[oai(status = 204)]
    Deleted,
}

#[OpenApi(tag = "Tag::Telemetry")]
impl SourceMapsApi {
    /// Upload a source map
    ///
    /// For a build's last step, with an admin's API token for `source-maps:write`. The same content again changes nothing;
    /// other content takes the place of what was there. The last 50 versions of an application keep their maps, and
    /// all of an application take at most half of `SOURCE_MAPS_MAX_MB`: the oldest versions go first; what does not fit even
    /// then is 409 `limit_reached`. Nobody but admins sees anything of a map, and those only lines around the frames of a stack.
    #[oai(path = "/source-maps", method = "post", operation_id = "upload_source_map")]
    async fn upload(
        &self,
        who: Admin<scope::SourceMapsWrite>,
        map: MapFile,
        /// Application: `app.name` of its telemetry
        #[oai(validator(min_length = 1, max_length = 256, pattern = "^[^\\x00-\\x1f]+$"))]
        app: Query<String>,
        /// Version: `app.version` of its telemetry
        #[oai(validator(min_length = 1, max_length = 256, pattern = "^[^\\x00-\\x1f]+$"))]
        version: Query<String>,
        /// Path or name of the script as it ends in stacks, such as `assets/index-B3xk9q2Z.js`; scheme, host and query do
        /// not count, nor `.map` at its end
        #[oai(validator(min_length = 1, max_length = 1024, pattern = "^[^\\x00-\\x1f]+$"))]
        file: Query<String>,
    ) -> Result<Uploaded, ApiError> {
        let file = File::named(&file.0).ok_or_else(|| ApiError::field("file", "must name a script"))?;
        let wanted = Wanted { app: app.0, version: version.0, file, by: who.user_id };
        match self.maps.put(wanted, map.body, map.gzip).await? {
            Stored::Same(row) => Ok(Uploaded::Same(Json(row.into()))),
            Stored::New(row) => {
                info!(
                    map.id = %row.id, app = %row.app, version = %row.version, user.id = %who.user_id,
                    "`{}` uploaded the source map of `{}` {}, `{}`", who.username, row.app, row.version, row.file
                );
                who.about("map_id", row.id);
                Ok(Uploaded::Stored(Json(row.into())))
            }
        }
    }

    /// List source maps
    #[oai(path = "/source-maps", method = "get", operation_id = "list_source_maps")]
    async fn list(
        &self,
        _who: Admin<scope::SignalsRead>,
        /// Only those of this application
        #[oai(validator(max_length = 256))]
        app: Query<Option<String>>,
        /// Only those of this version
        #[oai(validator(max_length = 256))]
        version: Query<Option<String>>,
        /// Items in a page
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before
        #[oai(validator(max_length = 200))]
        cursor: Query<Option<String>>,
    ) -> Result<Json<SourceMapPage>, ApiError> {
        let limit = page::limit(limit.0)?;
        let after = cursor.0.as_deref().map(page::decode).transpose()?;
        let mut rows = store::list(self.maps.db.read(), app.0, version.0, after, limit + 1).await?;
        let more = rows.len() as u64 > limit;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(|row| page::encode(&row.id));
        Ok(Json(SourceMapPage { items: rows.into_iter().map(SourceMapView::from).collect(), next }))
    }

    /// Delete a source map
    #[oai(path = "/source-maps/:map_id", method = "delete", operation_id = "delete_source_map")]
    async fn delete(
        &self,
        who: Admin<scope::SourceMapsWrite>,
        /// Id of the source map
        map_id: Path<Uuid>,
    ) -> Result<Deleted, ApiError> {
        self.maps.delete(map_id.0).await?;
        info!(map.id = %map_id.0, user.id = %who.user_id, "`{}` deleted a source map", who.username);
        Ok(Deleted::Deleted)
    }
}
