//! `/collect` and `/collect/{app_key}`: the Faro collector over HTTP.
//!
//! In this order: who may send (key or bearer token, origin, rate), the body with its bounds and room for it, the payload,
//! the store. Whoever may not send costs no more than a look at the headers.

mod cors;
mod guard;
mod room;

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use poem::http::{HeaderMap, Method, StatusCode, header};
use poem::{Endpoint, Request, Response};
use poem_openapi::types::ToJSON;
use sha2::{Digest, Sha256};

pub use guard::{Guard, Pass};
pub use room::Room;

use super::context::Context;
use super::intake::{Accepted, BatchKey, Claim, Refused};
use super::payload::{self, Batch, PayloadError};
use super::{Inner, Telemetry};
use crate::auth::Identity;
use crate::clients::{Sighting, installation_id};
use crate::error::{ApiError, Problem};
use crate::http::{Peer, body, problem};
use crate::observe::{SignalsRefused, metrics};

/// Longest time that a body may take: senders have it whole.
const BODY_TIME: Duration = Duration::from_secs(20);
/// Bytes from which on a payload is read on another thread than the one that serves sockets: some milliseconds.
const LARGE: usize = 256 << 10;
/// Longest `Idempotency-Key`.
const MAX_IDEMPOTENCY_KEY: usize = 255;
/// Seconds after which to send again what could not be taken.
const RETRY_AFTER: u64 = 1;

/// What the official receiver answers.
const ACCEPTED: &str = "ok";

/// The endpoint of both paths.
pub fn endpoint(telemetry: &Telemetry) -> impl Endpoint<Output = Response> + use<> {
    let inner = telemetry.inner.clone();
    poem::endpoint::make(move |request| {
        let inner = inner.clone();
        async move { Ok::<_, poem::Error>(answer(&inner, request).await) }
    })
}

async fn answer(inner: &Inner, mut request: Request) -> Response {
    let cors = cors::Permission::of(inner, &request);
    let mut response = match *request.method() {
        Method::OPTIONS => return cors.preflight(),
        Method::POST => {
            let (start, running) = (Instant::now(), metrics::Collecting::begin());
            let (answer, bytes) = match collect(inner, &mut request, &cors).await {
                Ok(Collected { session_ended }) => {
                    let accepted =
                        Response::builder().status(StatusCode::ACCEPTED).content_type("text/plain");
                    let accepted = match session_ended {
                        true => accepted.header("x-faro-session-status", "invalid"),
                        false => accepted,
                    };
                    (accepted.body(ACCEPTED), ACCEPTED.len())
                }
                Err((reason, error)) => {
                    metrics::signals_refused(reason);
                    let text = error.problem().to_json_string();
                    (problem(&error), text.len())
                }
            };
            running.answered(start.elapsed(), answer.status().as_u16(), bytes);
            answer
        }
        _ => {
            let mut response =
                problem(&ApiError::MethodNotAllowed(poem_openapi::payload::Json(Problem::new(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method_not_allowed",
                    "Telemetry is sent with POST.",
                ))));
            response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("POST, OPTIONS"));
            response
        }
    };
    cors.apply(response.headers_mut());
    response
}

struct Collected {
    session_ended: bool,
}

type Refusal = (SignalsRefused, ApiError);

async fn collect(
    inner: &Inner,
    request: &mut Request,
    cors: &cors::Permission,
) -> Result<Collected, Refusal> {
    let pass = inner.guard.admit(&inner.keys, request)?;
    if !cors.is_granted() {
        let error = ApiError::forbidden(
            "origin_not_allowed",
            "Pages of this origin may not use this application key.",
        );
        return Err((SignalsRefused::Origin, error));
    }
    let idempotency_key = idempotency_key(request.headers())?;
    let session =
        text(request.headers(), "x-faro-session-id").filter(|id| is_session(id)).unwrap_or_default();
    let session = session.to_owned();
    let gzip = encoding(request.headers())?;
    let announced = content_length(request.headers());
    if announced.is_some_and(|bytes| bytes > payload::MAX_BYTES) {
        return Err((SignalsRefused::TooLarge, ApiError::payload_too_large(payload::MAX_BYTES)));
    }
    let address = request.data::<Peer>().map(|peer| peer.0);
    let mut room = inner.guard.room(&pass, address);
    let read = body::read_within(request, payload::MAX_BYTES, |bytes| room.fit(bytes));
    let bytes = match tokio::time::timeout(BODY_TIME, read).await {
        Ok(Ok(Some(bytes))) => bytes,
        Ok(Ok(None)) => return Err(full()),
        Ok(Err(error @ ApiError::PayloadTooLarge(_))) => return Err((SignalsRefused::TooLarge, error)),
        Ok(Err(error)) => return Err((SignalsRefused::Malformed, error)),
        Err(_) => return Err((SignalsRefused::Malformed, ApiError::bad_request("The body took too long."))),
    };
    metrics::collect_bytes(bytes.len());
    let large = bytes.len() > LARGE || gzip;
    let read = move || {
        let bytes = match gzip {
            true => Cow::Owned(gunzip(&bytes, &mut room)?),
            false if room.fit(bytes.len()) => Cow::Borrowed(&*bytes),
            false => return Err(full()),
        };
        let batch = payload::parse(&bytes).map_err(refused)?;
        let body: BatchKey = digest(&[&bytes]);
        Ok((room, batch, body))
    };
    let parsed = match large {
        true => tokio::task::spawn_blocking(read)
            .await
            .unwrap_or_else(|e| Err(refused(PayloadError::Malformed(e.to_string())))),
        false => read(),
    };
    let (mut room, batch, body) = parsed?;
    // What it takes from now on is the batch: less than its text, or more.
    if !room.fit(batch.memory()) {
        return Err(full());
    }
    let session = if session.is_empty() { batch.meta.session.clone() } else { session };
    let claim = match &idempotency_key {
        Some(key) => Some(claim(&pass, key, &batch)),
        // Older SDKs send a batch again without saying so when the network fails.
        None => batch
            .dated
            .then(|| Claim::of(&[pass.credential().as_bytes(), b"body", session.as_bytes(), &body])),
    };
    let session_ended = ended(inner, &session).await;
    store(inner, &pass, batch, claim, room, address).await?;
    Ok(Collected { session_ended })
}

/// Whether this can be a session's id: what is remembered of sessions is bounded by their number.
fn is_session(id: &str) -> bool {
    id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@:-".contains(&byte))
}

/// Whether the account that was logged in during this session is gone or disabled.
async fn ended(inner: &Inner, session: &str) -> bool {
    match inner.sessions.account(session).await {
        Ok(account) => {
            account.is_some_and(|id| inner.auth.account(id).is_none_or(|account| account.disabled))
        }
        Err(e) => {
            tracing::warn!(error = %e, "The account of a session could not be looked up");
            false
        }
    }
}

/// Stores a batch that came by any way.
pub async fn store(
    inner: &Inner,
    pass: &Pass,
    mut batch: Batch,
    claim: Option<Claim>,
    room: Room,
    address: Option<IpAddr>,
) -> Result<Accepted, Refusal> {
    if let Pass::Key(app) = pass {
        if batch.meta.app.is_empty() {
            batch.meta.app.clone_from(&app.app);
        } else if batch.meta.app != app.app {
            let error = ApiError::forbidden(
                "app_mismatch",
                format!(
                    "This application key is for `{}`, and the payload says `{}`.",
                    app.app, batch.meta.app
                ),
            );
            return Err((SignalsRefused::OtherApp, error));
        }
    }
    if batch.signals.is_empty() {
        return Ok(Accepted { stored: 0, again: false });
    }
    let context = Context::new(batch.meta, pass.identity());
    let sighting = context.sighting(pass.identity(), address, &batch.signals);
    match inner.intake.store(context, batch.signals, claim, room).await {
        Ok(accepted) => {
            if let Some(sighting) = sighting.filter(|_| !accepted.again) {
                seen(inner, pass, sighting);
            }
            Ok(accepted)
        }
        Err(Refused::Full) => Err(full()),
        Err(Refused::Conflict) => {
            let detail =
                "This Idempotency-Key came with another batch before: give each batch a key of its own.";
            Err((SignalsRefused::Conflict, ApiError::conflict("idempotency_conflict", detail)))
        }
        Err(Refused::Db(e)) => {
            let error = match ApiError::from(e) {
                // Whatever is wrong with the store, the batch is good and may come again.
                ApiError::Internal(_) => ApiError::unavailable(RETRY_AFTER, "the store of signals failed"),
                error => error,
            };
            Err((SignalsRefused::Unavailable, error))
        }
    }
}

/// Tells the fleet of whom was heard.
fn seen(inner: &Inner, pass: &Pass, sighting: Sighting) {
    if let Some(session) = pass.identity().and_then(Identity::session_id) {
        inner.fleet.learn_session(session, installation_id(&sighting.app, &sighting.key));
    }
    inner.fleet.seen(sighting);
}

fn full() -> Refusal {
    (SignalsRefused::Unavailable, ApiError::unavailable(RETRY_AFTER, "too many signals wait to be stored"))
}

fn refused(error: PayloadError) -> Refusal {
    let text = error.to_string();
    match error {
        PayloadError::Malformed(_) => (SignalsRefused::Malformed, ApiError::bad_request(text)),
        PayloadError::TooLarge(_) => (SignalsRefused::TooLarge, ApiError::too_large(text)),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    text(headers, header::CONTENT_LENGTH.as_str())?.parse().ok()
}

/// Whether the body is compressed.
fn encoding(headers: &HeaderMap) -> Result<bool, Refusal> {
    match text(headers, header::CONTENT_ENCODING.as_str())
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
        .as_str()
    {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        _ => Err((
            SignalsRefused::Malformed,
            ApiError::unsupported_media_type("Bodies may be compressed with gzip only."),
        )),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (1..=MAX_IDEMPOTENCY_KEY).contains(&key.len()));
    let wrong =
        || ApiError::field("Idempotency-Key", format!("must be 1 to {MAX_IDEMPOTENCY_KEY} ASCII characters"));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| (SignalsRefused::Malformed, wrong()))
}

/// Decompresses, and stops where a payload may not be longer. Nobody knows before how much it is, so room is taken on the
/// way: a small body takes none that a large one would need.
fn gunzip(bytes: &[u8], room: &mut Room) -> Result<Vec<u8>, Refusal> {
    let damaged = |e| refused(PayloadError::Malformed(format!("it cannot be decompressed ({e})")));
    let plain = body::gunzip_within(bytes, payload::MAX_BYTES, |plain| room.fit(bytes.len() + plain));
    let plain = plain.map_err(damaged)?.ok_or_else(full)?;
    if plain.len() > payload::MAX_BYTES {
        let most = format!("At most {} bytes are taken.", payload::MAX_BYTES);
        return Err(refused(PayloadError::TooLarge(most)));
    }
    Ok(plain)
}

impl Claim {
    /// Of a batch that is known by what it carries.
    pub fn of(parts: &[&[u8]]) -> Self {
        Self { key: digest(parts), content: None }
    }
}

/// How a batch with a key of its sender's is known again.
///
/// The SDK makes body and key once and repeats both, so that a key with something else in it is no repetition: it is
/// refused for good, and not answered as if it were stored. What counts is what was read, as the same batch may come over
/// the socket after it came over HTTP, compressed or not.
pub fn claim(pass: &Pass, key: &str, batch: &Batch) -> Claim {
    let mut content = Sha256::new();
    content.update(batch.meta.json.as_bytes());
    for signal in &batch.signals {
        // Of plain values, each in its own quotes: no two are written alike.
        content.update(format!("{signal:?}").as_bytes());
    }
    Claim {
        key: digest(&[pass.credential().as_bytes(), b"key", key.as_bytes()]),
        content: Some(short(content)),
    }
}

fn short(hasher: Sha256) -> BatchKey {
    let mut key = BatchKey::default();
    key.copy_from_slice(&hasher.finalize()[..16]);
    key
}

/// Parts as one key; their lengths count, so that no two lists of parts are the same.
fn digest(parts: &[&[u8]]) -> BatchKey {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    short(hasher)
}
