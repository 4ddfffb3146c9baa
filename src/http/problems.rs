//! What the framework refuses, said as a problem document like everything else.

use std::any::Any;

use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Error, Response};
use poem_openapi::error::{ParseParamError, ParseRequestPayloadError};
use poem_openapi::payload::Json;

use crate::error::{ApiError, FieldError, Problem};

/// The response of any error that reaches the outermost layer. `allow`: the methods of the route, if it is known;
/// `faults`: what is wrong with the body, if that is the error.
pub fn respond(error: Error, allow: Option<&HeaderValue>, faults: Vec<FieldError>) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let mut response = document(&translate(&error, faults));
    if let Some(allow) = allow.filter(|_| error.is::<MethodNotAllowedError>()) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response
}

/// An [`ApiError`] as a response.
pub fn document(error: &ApiError) -> Response {
    poem::Error::from(error.clone()).into_response()
}

fn translate(error: &Error, faults: Vec<FieldError>) -> ApiError {
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
        status if status.is_client_error() => match wrong_field(error) {
            Some(field) => ApiError::fields(vec![field]),
            None if faults.iter().any(|fault| fault.field.is_empty()) => {
                ApiError::bad_request(format!("The body {}.", faults[0].message))
            }
            None if !faults.is_empty() => ApiError::fields(faults),
            None => ApiError::bad_request(plain(&error.to_string())),
        },
        _ => ApiError::internal(error),
    }
}

/// A refusal of the framework without the names of its types.
fn plain(refusal: &str) -> String {
    let words = refusal.split(" (occurred while parsing").next().unwrap_or(refusal);
    let words = words.strip_prefix("parse request payload error: ").unwrap_or(words);
    let named = words.strip_prefix("failed to parse \"").and_then(|rest| rest.split_once("\": "));
    named.map_or(words, |(_, words)| words).to_owned()
}

/// The field or parameter that broke a rule of the API document, if that is what happened.
fn wrong_field(error: &Error) -> Option<FieldError> {
    const BROKEN: &str = "verification failed. ";
    if let Some(parameter) = error.downcast_ref::<ParseParamError>() {
        let rule = parameter.reason.strip_prefix(BROKEN)?;
        return Some(FieldError { field: parameter.name.to_owned(), message: in_words(rule) });
    }
    let reason = &error.downcast_ref::<ParseRequestPayloadError>()?.reason;
    let (_, rest) = reason.split_once(": field `")?;
    let (field, rule) = rest.split_once(&format!("` {BROKEN}"))?;
    // A field of an inner object is followed by the names of those around it.
    let rule = rule.split(" (occurred while parsing").next().unwrap_or(rule);
    Some(FieldError { field: field.to_owned(), message: in_words(rule) })
}

/// A rule of the API document, such as `minLength(10)`, as a sentence that begins with the field's name.
fn in_words(rule: &str) -> String {
    let (name, value) = rule.split_once('(').unwrap_or((rule, ""));
    let value = value.trim_end_matches(')');
    let number = value.split(',').next().unwrap_or(value);
    match name {
        "minLength" => format!("must be at least {value} characters long"),
        "maxLength" => format!("must be at most {value} characters long"),
        "minItems" => format!("must have at least {value} items"),
        "maxItems" => format!("must have at most {value} items"),
        "minimum" => format!("must be at least {number}"),
        "maximum" => format!("must be at most {number}"),
        "pattern" => format!("must have the form {}", value.trim_matches('"')),
        _ => format!("breaks the rule {rule}"),
    }
}

/// The answer when a handler panicked; the panic itself is in the log already.
pub fn of_panic(_: Box<dyn Any + Send>) -> Response {
    document(&ApiError::internal("a handler panicked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(reason: &str) -> Option<(String, String)> {
        let error = Error::from(ParseRequestPayloadError { reason: reason.to_owned() });
        wrong_field(&error).map(|f| (f.field, f.message))
    }

    #[test]
    fn a_broken_rule_names_its_field() {
        let told = |field: &str, message: &str| Some((field.to_owned(), message.to_owned()));
        assert_eq!(
            field("failed to parse \"NewUser\": field `password` verification failed. minLength(10)"),
            told("password", "must be at least 10 characters long")
        );
        assert_eq!(
            field(
                "failed to parse \"A\": field `n` verification failed. maximum(5, exclusive: false) (occurred while parsing \"B\")"
            ),
            told("n", "must be at most 5")
        );
        assert_eq!(
            field("failed to parse \"A\": field `name` verification failed. pattern(\"^[a-z(]+$\")"),
            told("name", "must have the form ^[a-z(]+$")
        );
        assert_eq!(field("EOF while parsing a value"), None);
    }

    #[tokio::test]
    async fn a_panic_is_answered() {
        use poem::middleware::CatchPanic;
        use poem::{Endpoint, EndpointExt, Request, endpoint};
        let panics = endpoint::make_sync(|_| -> Response { panic!("as a handler never should") });
        let answer =
            panics.with(CatchPanic::new().with_handler(of_panic)).get_response(Request::default()).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.content_type(), Some("application/problem+json"));
    }
}
