//! Bodies of API requests: read once, up to a limit, before a handler sees them.

use poem::http::{Method, header};
use poem::{Body, Endpoint, EndpointExt, IntoEndpoint, Request, Result};

use crate::error::ApiError;

/// Largest body of an API request in bytes: 1 MiB, some ten times the largest message or event.
pub const LIMIT: usize = 1 << 20;

/// Wraps `api` so that a larger body is answered with 413, whether or not its length was announced.
pub fn limited(api: impl IntoEndpoint<Endpoint: 'static>) -> impl Endpoint {
    api.into_endpoint().before(limit)
}

async fn limit(mut request: Request) -> Result<Request> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(request);
    }
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|n| n > LIMIT as u64) {
        return Err(ApiError::payload_too_large(LIMIT).into());
    }
    let bytes = request.take_body().into_bytes_limit(LIMIT).await.map_err(|e| match e {
        poem::error::ReadBodyError::PayloadTooLarge => ApiError::payload_too_large(LIMIT),
        other => ApiError::bad_request(format!("The body broke off: {other}.")),
    })?;
    request.set_body(Body::from_bytes(bytes));
    Ok(request)
}
