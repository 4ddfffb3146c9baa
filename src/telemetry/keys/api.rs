//! Application keys over HTTP.

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::types::{Example, MaybeUndefined};
use poem_openapi::{ApiResponse, Object, OpenApi, Tags};
use tracing::info;
use url::Url;
use uuid::Uuid;

use super::{AppKey, AppKeys, DEFAULT_RATE, KeyError, Wanted};
use crate::auth::{Admin, SessionOnly, scope};
use crate::error::ApiError;
use crate::idempotency::IdempotencyKey;
use crate::text::Text;
use crate::timestamp::Timestamp;

impl From<KeyError> for ApiError {
    fn from(e: KeyError) -> Self {
        match e {
            KeyError::Unknown => Self::not_found(),
            KeyError::TooMany => {
                Self::conflict("limit_reached", "There are too many application keys: revoke some.")
            }
            KeyError::Repeated(e) => e.into(),
            KeyError::Db(e) => e.into(),
        }
    }
}

/// Operations on application keys.
pub struct AppKeysApi {
    keys: AppKeys,
}

impl AppKeysApi {
    /// Works on `keys`.
    pub fn new(keys: AppKeys) -> Self {
        Self { keys }
    }
}

#[derive(Tags)]
enum Tag {
    /// What client applications report
    Telemetry,
}

/// A key with which an application sends telemetry
#[derive(Debug, Object)]
#[oai(rename = "AppKey", example)]
struct AppKeyView {
    /// Id of the key
    id: Uuid,
    /// Application that it sends for
    app: String,
    /// What people call it
    name: String,
    /// The key: the last part of the path `/collect/{key}`, or the header `X-API-Key`
    key: String,
    /// Origins of pages that may use it; empty for those of `CORS_ORIGIN` and for desktop applications
    allowed_origins: Vec<String>,
    /// Requests a second; one address leaves half of what is saved up of them for others
    rate: u32,
    /// When it was made
    created_at: Timestamp,
    /// Id of the account that made it
    created_by: Uuid,
}

impl From<&AppKey> for AppKeyView {
    fn from(key: &AppKey) -> Self {
        Self {
            id: key.id,
            app: key.app.clone(),
            name: key.name.clone(),
            key: key.key.clone(),
            allowed_origins: key.origins.clone(),
            rate: key.rate,
            created_at: Timestamp::from_ms(key.created_at),
            created_by: key.created_by,
        }
    }
}

impl Example for AppKeyView {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0010),
            app: "desk".to_owned(),
            name: "Desk, production".to_owned(),
            key: "wsk_0f3c2a9b6d7e4f518293a4b5c6d7e8f9".to_owned(),
            allowed_origins: vec!["https://desk.example.org".to_owned()],
            rate: DEFAULT_RATE,
            created_at: Timestamp::from_ms(1_795_341_600_000),
            created_by: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0001),
        }
    }
}

/// All application keys
#[derive(Debug, Object)]
struct AppKeyPage {
    /// Newest first
    items: Vec<AppKeyView>,
    /// Always null: there are few
    next: Option<String>,
}

/// A key to make
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct NewAppKey {
    /// Application that it sends for: `app.name` of its telemetry
    #[oai(validator(min_length = 1, max_length = 128, pattern = "^[^\\x00-\\x1f]+$"))]
    app: Text,
    /// What people call it
    #[oai(validator(max_length = 128))]
    name: Option<Text>,
    /// Origins of pages that may use it, such as `https://desk.example.org`; also `null`, `app://name`, and `*` for all
    #[oai(default, validator(max_items = 50))]
    allowed_origins: Vec<Text>,
    /// Requests a second, and ten times as many at once. One address leaves half of those for others, but for a quarter
    /// that each has for itself
    #[oai(validator(minimum(value = "1"), maximum(value = "100000")))]
    rate: Option<u32>,
}

impl Example for NewAppKey {
    fn example() -> Self {
        Self {
            app: "desk".into(),
            name: Some("Desk, production".into()),
            allowed_origins: vec!["https://desk.example.org".into()],
            rate: Some(DEFAULT_RATE),
        }
    }
}

/// What changes of a key; what is absent stays
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
struct AppKeyChange {
    /// What people call it
    #[oai(validator(max_length = 128))]
    name: MaybeUndefined<Text>,
    /// Origins of pages that may use it
    #[oai(validator(max_items = 50))]
    allowed_origins: Option<Vec<Text>>,
    /// Requests a second
    #[oai(validator(minimum(value = "1"), maximum(value = "100000")))]
    rate: Option<u32>,
}

/// A key was made
#[derive(ApiResponse)]
enum Created {
    /// The key
    #[oai(status = 201)]
    Created(Json<AppKeyView>),
}

/// Done, nothing to say
#[derive(ApiResponse)]
enum Revoked {
    /// The key is refused from now on
    #[oai(status = 204)]
    Revoked,
}

#[OpenApi(tag = "Tag::Telemetry")]
impl AppKeysApi {
    /// List application keys
    #[oai(path = "/app-keys", method = "get", operation_id = "list_app_keys")]
    async fn list(&self, _who: Admin<scope::SignalsRead>) -> Result<Json<AppKeyPage>, ApiError> {
        let items = self.keys.all().iter().map(|key| AppKeyView::from(&**key)).collect();
        Ok(Json(AppKeyPage { items, next: None }))
    }

    /// Make an application key
    ///
    /// The key goes into the application: `https://server/collect/{key}` is the `url` of the Grafana Faro SDK. It is
    /// no secret, and allows nothing but to send. There are 1,000 at most: 409 `limit_reached`.
    #[oai(path = "/app-keys", method = "post", operation_id = "create_app_key")]
    async fn create(
        &self,
        who: Admin<SessionOnly>,
        /// Names this attempt for 24 hours: repeated with it, the same request makes nothing new
        #[oai(name = "Idempotency-Key")]
        attempt: IdempotencyKey,
        body: Json<NewAppKey>,
    ) -> Result<Created, ApiError> {
        let body = body.0;
        let wanted = Wanted {
            name: body.name.map(Text::into_string).unwrap_or_default(),
            origins: origins(body.allowed_origins)?,
            rate: body.rate.unwrap_or(DEFAULT_RATE),
        };
        let key = self.keys.create(body.app.into_string(), wanted, who.user_id, attempt.0).await?;
        who.about("key_id", key.id);
        info!(key.id = %key.id, app = %key.app, user.id = %who.user_id, "`{}` made an application key for `{}`", who.username, key.app);
        Ok(Created::Created(Json((&*key).into())))
    }

    /// Change an application key
    #[oai(path = "/app-keys/:key_id", method = "patch", operation_id = "update_app_key")]
    async fn update(
        &self,
        who: Admin<SessionOnly>,
        /// Id of the key
        key_id: Path<Uuid>,
        body: Json<AppKeyChange>,
    ) -> Result<Json<AppKeyView>, ApiError> {
        let body = body.0;
        let given = body.allowed_origins.map(origins).transpose()?;
        let change = |wanted: &mut Wanted| {
            match body.name {
                MaybeUndefined::Undefined => {}
                MaybeUndefined::Null => wanted.name.clear(),
                MaybeUndefined::Value(name) => wanted.name = name.into_string(),
            }
            if let Some(origins) = given {
                wanted.origins = origins;
            }
            wanted.rate = body.rate.unwrap_or(wanted.rate);
        };
        let key = self.keys.change(key_id.0, change).await?;
        info!(key.id = %key.id, app = %key.app, user.id = %who.user_id, "`{}` changed an application key of `{}`", who.username, key.app);
        Ok(Json((&*key).into()))
    }

    /// Revoke an application key
    #[oai(path = "/app-keys/:key_id", method = "delete", operation_id = "revoke_app_key")]
    async fn revoke(
        &self,
        who: Admin<SessionOnly>,
        /// Id of the key
        key_id: Path<Uuid>,
    ) -> Result<Revoked, ApiError> {
        let key = self.keys.revoke(key_id.0).await?;
        info!(key.id = %key.id, app = %key.app, user.id = %who.user_id, "`{}` revoked an application key of `{}`", who.username, key.app);
        Ok(Revoked::Revoked)
    }
}

/// Origins as browsers write them: scheme, host and port, nothing behind.
fn origins(given: Vec<Text>) -> Result<Vec<String>, ApiError> {
    given.into_iter().map(|text| origin(&text).ok_or_else(|| wrong_origin(&text))).collect()
}

fn origin(text: &str) -> Option<String> {
    let text = text.trim();
    if matches!(text, "*" | "null") {
        return Some(text.to_owned());
    }
    let url = Url::parse(text).ok()?;
    let bare = url.query().is_none() && url.fragment().is_none() && matches!(url.path(), "" | "/");
    match url.scheme() {
        "http" | "https" if bare => Some(url.origin().ascii_serialization()),
        "app" if bare => Some(text.trim_end_matches('/').to_owned()),
        _ => None,
    }
}

fn wrong_origin(text: &str) -> ApiError {
    ApiError::field(
        "allowed_origins",
        format!(
            "has `{text}`: an origin is `https://host`, with a port where needed, `null`, `app://name`, or `*`"
        ),
    )
}
