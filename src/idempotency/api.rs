//! The header `Idempotency-Key` as a parameter of an operation.

use poem::{Body, Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use sha2::{Digest, Sha256};

use super::{Key, MAX};
use crate::auth::Sender;
use crate::error::ApiError;

/// The caller's key with what it asks for; none when the header is absent. Stands before the body in a handler's
/// parameters, under the name `Idempotency-Key`.
pub struct IdempotencyKey(pub Option<Key>);

impl<'a> ApiExtractor<'a> for IdempotencyKey {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = false;

    type ParamType = String;
    type ParamRawType = String;

    fn register(_registry: &mut Registry) {}

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            min_length: Some(1),
            max_length: Some(MAX),
            pattern: Some("^[!-~]+$".to_owned()),
            ..MetaSchema::new("string")
        })))
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<Self::ParamType>,
    ) -> Result<Self> {
        let Some(given) = request.header("idempotency-key") else {
            // A header that is no text is no key either.
            return match request.headers().get("idempotency-key") {
                None => Ok(Self(None)),
                Some(_) => Err(wrong().into()),
            };
        };
        if given.is_empty() || given.len() > MAX || !given.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong().into());
        }
        // Without an account the call is refused anyway.
        let Some(Sender::Known(identity)) = request.extensions().get::<Sender>() else {
            return Ok(Self(None));
        };
        let bytes = body.take()?.into_bytes().await?;
        let digest: [u8; 32] = Sha256::digest(given.as_bytes()).into();
        let key = Key {
            user: identity.user_id,
            digest,
            operation: format!("{} {}", request.method(), request.original_uri().path()),
            body: Sha256::new()
                .chain_update(given.as_bytes())
                .chain_update([0])
                .chain_update(&bytes)
                .finalize()
                .into(),
        };
        *body = RequestBody::new(Body::from_bytes(bytes));
        Ok(Self(Some(key)))
    }
}

fn wrong() -> ApiError {
    ApiError::field("Idempotency-Key", format!("has 1 to {MAX} visible ASCII characters"))
}
