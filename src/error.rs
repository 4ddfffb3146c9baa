//! The one table of HTTP errors, as RFC 9457 problem documents.
//!
//! A slice maps its own error enum to [`ApiError`] with the constructors here. Causes are logged once,
//! where they are mapped, and never sent.

use poem::http::StatusCode;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object};
use sea_orm::DbErr;

use crate::db::is_passing;
use crate::observe::Cause;

/// What is wrong with one field of a request.
#[derive(Clone, Debug, Object, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field or parameter
    #[oai(validator(max_length = 128))]
    pub field: String,
    /// What is wrong, and what would be right
    pub message: String,
}

/// A problem document (RFC 9457).
#[derive(Clone, Debug, Object, PartialEq, Eq)]
#[oai(example)]
pub struct Problem {
    /// Always `about:blank`: `code` tells problems apart
    #[oai(rename = "type")]
    pub kind: String,
    /// Words of the status
    pub title: String,
    /// HTTP status
    pub status: u16,
    /// Stable name of the problem, for programs
    pub code: String,
    /// What happened, for people
    pub detail: String,
    /// Which fields are wrong, where fields are
    #[oai(skip_serializing_if_is_empty, default)]
    pub errors: Vec<FieldError>,
}

impl poem_openapi::types::Example for Problem {
    fn example() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing, or you may not see it.")
    }
}

impl Problem {
    /// A problem without field errors.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }
}

/// Every error that an API operation can answer.
#[derive(ApiResponse, Clone, Debug)]
pub enum ApiError {
    /// The request is malformed, or a value is not allowed
    #[oai(status = 400, content_type = "application/problem+json")]
    BadRequest(Json<Problem>),
    /// Nobody is logged in, or the credentials are wrong or expired
    #[oai(status = 401, content_type = "application/problem+json")]
    Unauthorized(Json<Problem>, #[oai(header = "WWW-Authenticate")] String),
    /// The caller may not do this
    #[oai(status = 403, content_type = "application/problem+json")]
    Forbidden(Json<Problem>),
    /// There is no such thing, or the caller may not see it
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// The path has no such method
    #[oai(status = 405, content_type = "application/problem+json")]
    MethodNotAllowed(Json<Problem>),
    /// It contradicts what is there
    #[oai(status = 409, content_type = "application/problem+json")]
    Conflict(Json<Problem>),
    /// Somebody else changed it meanwhile
    #[oai(status = 412, content_type = "application/problem+json")]
    PreconditionFailed(Json<Problem>),
    /// The body is too large
    #[oai(status = 413, content_type = "application/problem+json")]
    PayloadTooLarge(Json<Problem>),
    /// The body is of a type that this operation does not take
    #[oai(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Json<Problem>),
    /// `If-Match` is missing
    #[oai(status = 428, content_type = "application/problem+json")]
    PreconditionRequired(Json<Problem>),
    /// Too many attempts
    #[oai(status = 429, content_type = "application/problem+json")]
    TooManyRequests(Json<Problem>, #[oai(header = "Retry-After")] u64),
    /// A fault of the server; it is in its log under the request id
    #[oai(status = 500, content_type = "application/problem+json")]
    Internal(Json<Problem>),
    /// The server cannot do it now
    #[oai(status = 503, content_type = "application/problem+json")]
    Unavailable(Json<Problem>, #[oai(header = "Retry-After")] u64),
}

/// `WWW-Authenticate` of every 401.
const CHALLENGE: &str = "Bearer";

impl ApiError {
    /// 400: the request cannot be understood.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::BadRequest(Json(Problem::new(StatusCode::BAD_REQUEST, "invalid_request", detail)))
    }

    /// 400: one field is wrong.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    /// 400: these fields are wrong.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail =
            errors.iter().map(|e| format!("{} {}", e.field, e.message)).collect::<Vec<_>>().join("; ");
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, "validation_failed", detail);
        problem.errors = errors;
        Self::BadRequest(Json(problem))
    }

    /// 401 with a stable code.
    pub fn unauthorized(code: &str, detail: impl Into<String>) -> Self {
        Self::Unauthorized(Json(Problem::new(StatusCode::UNAUTHORIZED, code, detail)), CHALLENGE.to_owned())
    }

    /// 403 with a stable code.
    pub fn forbidden(code: &str, detail: impl Into<String>) -> Self {
        Self::Forbidden(Json(Problem::new(StatusCode::FORBIDDEN, code, detail)))
    }

    /// 404; also for what exists but must not be seen.
    pub fn not_found() -> Self {
        Self::NotFound(Json(Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is no such thing, or you may not see it.",
        )))
    }

    /// 404: a field names something that is not there.
    pub fn missing(field: &str, message: &str) -> Self {
        let mut problem = Problem::new(StatusCode::NOT_FOUND, "not_found", format!("{field} {message}"));
        problem.errors = vec![FieldError { field: field.to_owned(), message: message.to_owned() }];
        Self::NotFound(Json(problem))
    }

    /// 409 with a stable code.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::Conflict(Json(Problem::new(StatusCode::CONFLICT, code, detail)))
    }

    /// 412: `If-Match` names an older version.
    pub fn precondition_failed() -> Self {
        Self::PreconditionFailed(Json(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition_failed",
            "It was changed meanwhile: read it again, then repeat your change.",
        )))
    }

    /// 413 with the limit in bytes.
    pub fn payload_too_large(limit_bytes: usize) -> Self {
        Self::too_large(format!("The body is larger than {limit_bytes} bytes."))
    }

    /// 413: something in the request is larger than it may be.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::PayloadTooLarge(Json(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", detail)))
    }

    /// 415: the body is of a type, or in an encoding, that is not taken.
    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail);
        Self::UnsupportedMediaType(Json(problem))
    }

    /// 428: an edit without `If-Match`.
    pub fn precondition_required() -> Self {
        Self::PreconditionRequired(Json(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "precondition_required",
            "Send `If-Match` with the `ETag` of the version that you edit.",
        )))
    }

    /// 429: come back in `retry_after` seconds.
    pub fn too_many_requests(retry_after: u64, detail: impl Into<String>) -> Self {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail);
        Self::TooManyRequests(Json(problem), retry_after)
    }

    /// 500; logs `cause`, sends nothing of it.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let of = Cause::current();
        let (request, client) = (of.as_ref().and_then(Cause::request), of.as_ref().and_then(Cause::client));
        let who = of.as_ref().map_or_else(|| "A request".to_owned(), Cause::to_string);
        tracing::error!(
            error = %cause, request.id = request, client.id = client, "{who} failed inside the server: {cause}"
        );
        Self::Internal(Json(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "The server failed; the log has the cause under this request's id.",
        )))
    }

    /// 503: come back in `retry_after` seconds; logs `cause`.
    pub fn unavailable(retry_after: u64, cause: impl std::fmt::Display) -> Self {
        let of = Cause::current();
        let (request, client) = (of.as_ref().and_then(Cause::request), of.as_ref().and_then(Cause::client));
        let who = of.as_ref().map_or_else(|| "A request".to_owned(), Cause::to_string);
        tracing::warn!(error = %cause, request.id = request, client.id = client, "{who} was put off: {cause}");
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The server cannot do this now: try again soon.",
        );
        Self::Unavailable(Json(problem), retry_after)
    }

    /// The problem document of any status.
    pub fn problem(&self) -> &Problem {
        match self {
            Self::BadRequest(p)
            | Self::Unauthorized(p, _)
            | Self::Forbidden(p)
            | Self::NotFound(p)
            | Self::MethodNotAllowed(p)
            | Self::Conflict(p)
            | Self::PreconditionFailed(p)
            | Self::PayloadTooLarge(p)
            | Self::UnsupportedMediaType(p)
            | Self::PreconditionRequired(p)
            | Self::TooManyRequests(p, _)
            | Self::Internal(p)
            | Self::Unavailable(p, _) => p,
        }
    }
}

impl From<DbErr> for ApiError {
    /// A database that is overloaded, closed or full is a passing state (503); the rest is a fault (500).
    fn from(error: DbErr) -> Self {
        if is_passing(&error) { Self::unavailable(5, error) } else { Self::internal(error) }
    }
}
