//! The body of an upload: larger than any other of the API, for those who may send it.

use std::sync::Arc;

use bytes::Bytes;
use poem::http::{Method, header};
use poem::{FromRequest, Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;

use super::{MAX_BYTES, SourceMaps};
use crate::auth::{Admin, Sender, scope};
use crate::error::ApiError;
use crate::http::body;

/// The type of source maps.
const JSON: &str = "application/json";
/// Seconds after which to try again when too many upload at once.
const RETRY_AFTER: u64 = 2;

/// A place among those who upload, given back with the request.
#[derive(Clone, Debug)]
pub struct Room(#[expect(dead_code, reason = "what it does is to be held")] Arc<OwnedSemaphorePermit>);

/// How large the body of a request to the API may be, where it is an upload by somebody who may; `None` for all others.
///
/// # Errors
/// 503 when too many upload at once.
pub fn body_limit(maps: &SourceMaps, request: &Request) -> Result<Option<(usize, Room)>, ApiError> {
    if *request.method() != Method::POST || request.uri().path() != "/source-maps" {
        return Ok(None);
    }
    let sender = request.data::<Sender>().unwrap_or(&Sender::Anonymous);
    if Admin::<scope::SourceMapsWrite>::admit(sender).is_err() {
        return Ok(None);
    }
    let room = maps.uploads.clone().try_acquire_owned();
    let room =
        room.map_err(|_| ApiError::unavailable(RETRY_AFTER, "too many source maps are uploaded at once"))?;
    Ok(Some((MAX_BYTES, Room(Arc::new(room)))))
}

/// A source map as a request's body.
pub struct MapFile {
    /// As it was sent.
    pub body: Bytes,
    /// Whether it is compressed.
    pub gzip: bool,
}

impl<'a> ApiExtractor<'a> for MapFile {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(_registry: &mut Registry) {}

    fn request_meta() -> Option<MetaRequest> {
        let example = json!({
            "version": 3, "sources": ["src/rooms.js"], "names": ["openRoom"], "mappings": "AAAAA",
            "sourcesContent": ["openRoom();\n"],
        });
        let schema = MetaSchema { example: Some(example), ..MetaSchema::new("object") };
        let schema = MetaSchemaRef::Inline(Box::new(schema));
        Some(MetaRequest {
            description: Some(
                "A source map of version 3, up to 32 MiB; `Content-Encoding: gzip` is understood",
            ),
            content: vec![MetaMediaType { content_type: JSON, schema }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        content: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        if !body::is_of(request, JSON) {
            return Err(ApiError::unsupported_media_type(format!("Send the source map as {JSON}.")).into());
        }
        let encoding = request.headers().get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let gzip = match encoding.unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "" | "identity" => false,
            "gzip" | "x-gzip" => true,
            _ => {
                return Err(
                    ApiError::unsupported_media_type("Bodies may be compressed with gzip only.").into()
                );
            }
        };
        Ok(Self { body: <Bytes as FromRequest>::from_request(request, content).await?, gzip })
    }
}
