//! One push to Loki, and what its answer means.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};
use url::Url;

use crate::config::LokiUrl;
use crate::observe::LokiFailed;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest push, its answer included: Loki answers within a second, or is not well.
pub const PUSH: Duration = Duration::from_secs(10);
/// Bytes that are read of the answer to a push that failed.
const ANSWER: usize = 4 << 10;
/// Characters of it that are shown and kept.
const SHOWN: usize = 300;

/// Why a push did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// Loki will never take these lines: it says why.
    Refused(String),
    /// The same push may succeed later.
    Later {
        /// What kind of failure.
        reason: LokiFailed,
        /// In words.
        words: String,
        /// After how long Loki asked to come back.
        after: Option<Duration>,
    },
}

/// Pushes to one Loki, on connections that stay open.
#[derive(Debug)]
pub struct Pusher {
    http: Client,
    url: Url,
}

impl Pusher {
    pub fn new(url: &LokiUrl) -> Self {
        let http = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(PUSH)
            // What follows a redirect is no push any more: who answers so is no Loki.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("workspace-server/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("no part of it is given by anybody else");
        Self { http, url: url.push() }
    }

    /// Pushes a body of [`super::batch::body`].
    ///
    /// # Errors
    /// See [`Failure`]; without the address, which may hold a password.
    pub async fn push(&self, body: Bytes) -> Result<(), Failure> {
        let request = self.http.post(self.url.clone()).body(body);
        let request = request.header(CONTENT_TYPE, "application/json").header(CONTENT_ENCODING, "gzip");
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(failed(answer).await),
            Err(e) => {
                let reason = if e.is_timeout() { LokiFailed::Timeout } else { LokiFailed::Network };
                Err(Failure::Later { reason, words: causes(&e.without_url()), after: None })
            }
        }
    }
}

async fn failed(answer: Response) -> Failure {
    let status = answer.status();
    let after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(retry_after);
    let words = format!("{status}: {}", text(answer).await);
    match status {
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Failure::Refused(words)
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            Failure::Later { reason: LokiFailed::Busy, words, after }
        }
        status if status.is_server_error() => Failure::Later { reason: LokiFailed::Server, words, after },
        // A login that is wrong, another path, a proxy in between: somebody mends it, and then the lines are wanted.
        _ => Failure::Later { reason: LokiFailed::Configuration, words, after },
    }
}

/// Seconds, or a date.
fn retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    // Without the day of the week, which says nothing more and may be wrong.
    let (_, date) = value.split_once(", ")?;
    let at = DateTime::parse_from_rfc2822(date).ok()?;
    (at.with_timezone(&Utc) - Utc::now()).to_std().ok()
}

/// The beginning of the answer, on one line.
async fn text(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < ANSWER
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        bytes.extend_from_slice(&chunk[..chunk.len().min(ANSWER - bytes.len())]);
    }
    let text = String::from_utf8_lossy(&bytes);
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
}

/// An error with what is behind it: by itself it says only that a request failed.
fn causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("soon"), None);
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), None, "it is over");
        assert!(retry_after("Wed, 21 Oct 2215 07:28:00 GMT").unwrap() > Duration::from_secs(1 << 30));
    }
}
