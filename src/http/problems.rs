//! What the framework refuses, said as a problem document like everything else.

use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::{StatusCode, header};
use poem::{Error, Response};
use poem_openapi::payload::Json;

use crate::error::{ApiError, Problem};

/// The response of any error that reaches the outermost layer.
pub fn respond(error: Error) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let mut response = document(&translate(&error));
    if error.is::<MethodNotAllowedError>()
        && let Some(allow) = error.into_response().headers_mut().remove(header::ALLOW)
    {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// An [`ApiError`] as a response.
pub fn document(error: &ApiError) -> Response {
    poem::Error::from(error.clone()).into_response()
}

fn translate(error: &Error) -> ApiError {
    if error.is::<NotFoundError>() {
        return ApiError::not_found();
    }
    match error.status() {
        StatusCode::METHOD_NOT_ALLOWED => ApiError::MethodNotAllowed(Json(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This path has no such method.",
        ))),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::UnsupportedMediaType(Json(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            error.to_string(),
        ))),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::payload_too_large(super::body::LIMIT),
        StatusCode::NOT_FOUND => ApiError::not_found(),
        status if status.is_client_error() => ApiError::bad_request(error.to_string()),
        _ => ApiError::internal(error),
    }
}
