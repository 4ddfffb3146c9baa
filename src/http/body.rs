//! Bodies of API requests: read once, up to a limit, before a handler sees them.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use poem::http::Method;
use poem::{Body, Endpoint, EndpointExt, IntoEndpoint, Request, Result};
use poem_openapi::error::ParseRequestPayloadError;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::operations::Operations;
use crate::auth::Sender;
use crate::error::ApiError;
use crate::telemetry::{self, SourceMaps};

/// Largest body of an API request in bytes: 1 MiB, some ten times the largest message or event.
pub const LIMIT: usize = 1 << 20;

/// Largest body of somebody who is not logged in: a login takes a few hundred bytes.
const STRANGERS_LIMIT: usize = 64 << 10;
/// Bytes of a body that nobody wants and that are still read: a client that is writing would otherwise see a broken
/// connection instead of the answer.
const DISCARD: u64 = 16 << 20;
/// Longest time spent on that.
const DISCARD_TIME: Duration = Duration::from_secs(10);
/// Memory for the beginning of a body, in bytes: most have no more.
const FIRST: usize = 4 << 10;
/// Longest time that an upload may take, as it holds a place among few.
const UPLOAD_TIME: Duration = Duration::from_secs(120);

/// What a request carried whose body was refused, with its method: to say which field is wrong.
#[derive(Clone)]
pub struct Refused {
    pub method: Method,
    pub bytes: Bytes,
}

/// Wraps `api` so that a larger body is answered with 413, whether or not its length was announced; for a source map that
/// is larger than for the others. What is sent to an operation that takes no body is not looked at. The error of a body
/// that cannot be read carries it, as [`Refused`].
pub fn limited(
    api: impl IntoEndpoint<Endpoint: 'static>,
    maps: SourceMaps,
    operations: Arc<Operations>,
) -> impl Endpoint {
    api.into_endpoint().around(move |api, request| {
        let (maps, operations) = (maps.clone(), operations.clone());
        async move {
            let (request, bytes) = limit(request, &maps, &operations).await?;
            let method = request.method().clone();
            api.call(request).await.map_err(|mut error| {
                if error.is::<ParseRequestPayloadError>() {
                    error.set_data(Refused { method, bytes });
                }
                error
            })
        }
    })
}

async fn limit(mut request: Request, maps: &SourceMaps, operations: &Operations) -> Result<(Request, Bytes)> {
    if !operations.takes_body(request.method().as_str(), request.original_uri().path()) {
        discard(request.take_body().into_async_read()).await;
        return Ok((request, Bytes::new()));
    }
    if let Some((limit, room)) = telemetry::source_map_limit(maps, &request)? {
        let read = tokio::time::timeout(UPLOAD_TIME, read(&mut request, limit)).await;
        let bytes = read.map_err(|_| ApiError::bad_request("The body took too long."))??;
        request.set_data(room);
        request.set_body(Body::from_bytes(bytes.into()));
        // Its fields have no names that could be told.
        return Ok((request, Bytes::new()));
    }
    let limit = match request.data::<Sender>() {
        Some(Sender::Known(_)) => LIMIT,
        _ => STRANGERS_LIMIT,
    };
    let bytes = Bytes::from(read(&mut request, limit).await?);
    request.set_body(Body::from_bytes(bytes.clone()));
    Ok((request, bytes))
}

/// Whether a request says that its body is of this media type, whatever parameters stand behind it.
pub fn is_of(request: &Request, media_type: &str) -> bool {
    let said = request.content_type().unwrap_or_default().split(';').next().unwrap_or_default();
    said.trim().eq_ignore_ascii_case(media_type)
}

/// The whole body of a request, up to `limit` bytes.
///
/// # Errors
/// 413 when there are more, 400 when it breaks off.
pub async fn read(request: &mut Request, limit: usize) -> Result<Vec<u8>, ApiError> {
    Ok(read_within(request, limit, |_| true).await?.unwrap_or_default())
}

/// As [`read`], in memory that is asked for as bytes arrive: `room` tells whether there may be so many. `None` when there
/// may not.
///
/// # Errors
/// 413 when there are more than `limit`, 400 when it breaks off.
pub async fn read_within(
    request: &mut Request,
    limit: usize,
    mut room: impl FnMut(usize) -> bool,
) -> Result<Option<Vec<u8>>, ApiError> {
    let mut reader = request.take_body().into_async_read();
    let mut bytes = Vec::new();
    let mut within = room(FIRST);
    while within && bytes.len() <= limit {
        if bytes.len() == bytes.capacity() {
            // One more than the limit shows that there are more.
            let capacity = (bytes.len() * 2).clamp(FIRST, limit + 1);
            within = room(capacity);
            if !within {
                break;
            }
            bytes.reserve_exact(capacity - bytes.len());
        }
        let left = (limit + 1 - bytes.len()) as u64;
        let read = (&mut reader).take(left).read_buf(&mut bytes).await;
        if read.map_err(|e| ApiError::bad_request(format!("The body broke off: {e}.")))? == 0 {
            break;
        }
    }
    if within && bytes.len() <= limit {
        return Ok(Some(bytes));
    }
    drop(bytes);
    discard(reader).await;
    if within { Err(ApiError::payload_too_large(limit)) } else { Ok(None) }
}

/// Reads what nobody wants. However it ends, the answer is the same.
async fn discard(body: impl AsyncRead + Unpin) {
    let rest = async { tokio::io::copy(&mut body.take(DISCARD), &mut tokio::io::sink()).await };
    let _ = tokio::time::timeout(DISCARD_TIME, rest).await;
}

/// Decompresses what was sent as gzip; `None` when it holds more than `limit` bytes.
///
/// # Errors
/// When it is no gzip, or ends early.
pub fn gunzip(bytes: &[u8], limit: usize) -> io::Result<Option<Vec<u8>>> {
    let plain = gunzip_within(bytes, limit, |_| true)?;
    Ok(plain.filter(|plain| plain.len() <= limit))
}

/// As [`gunzip`], in memory that is asked for as it fills: `room` tells whether there may be so many bytes. `None` when
/// there may not; one byte more than `limit` when it holds more.
///
/// # Errors
/// When it is no gzip, or ends early.
pub fn gunzip_within(
    bytes: &[u8],
    limit: usize,
    mut room: impl FnMut(usize) -> bool,
) -> io::Result<Option<Vec<u8>>> {
    let (mut decoder, mut plain, mut filled) = (GzDecoder::new(bytes), Vec::new(), 0);
    loop {
        if filled == plain.len() {
            if filled > limit {
                return Ok(Some(plain));
            }
            let more = (filled * 2).clamp(FIRST, limit + 1);
            if !room(more) {
                return Ok(None);
            }
            plain.reserve_exact(more - filled);
            plain.resize(more, 0);
        }
        let read = decoder.read(&mut plain[filled..])?;
        if read == 0 {
            plain.truncate(filled);
            return Ok(Some(plain));
        }
        filled += read;
    }
}
