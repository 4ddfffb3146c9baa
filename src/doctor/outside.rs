//! What others reach: the server itself, and the address that people open.

use std::time::Duration;

use reqwest::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, UPGRADE};
use reqwest::{Client, StatusCode};

use super::report::Check;
use crate::config::Config;
use crate::db;
use crate::http;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// Whether a server runs with these settings, and is ready.
pub async fn server(config: &Config) -> Check {
    let name = "server";
    if !db::is_locked(&config.database) {
        return Check::ok(name, "none is running with this database");
    }
    match http::readiness(config).await {
        Ok(()) => Check::ok(name, format!("it is ready, at port {}", config.listen.port())),
        Err(found) => Check::fail(name, found, "see its log, and `GET /api/monitoring/status` for why"),
    }
}

/// The address that people open: pages, and the WebSocket behind them.
pub async fn checks(config: &Config) -> Vec<Check> {
    let Some(url) = &config.public_url else {
        let found = "PUBLIC_URL is not set: whether people reach the server is not tried";
        return vec![Check::ok("public url", found)];
    };
    let base = url.as_str().trim_end_matches('/').to_owned();
    let client = match Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build()
    {
        Ok(client) => client,
        Err(e) => {
            return vec![Check::fail(
                "public url",
                format!("no request can be made ({e})"),
                "report this line",
            )];
        }
    };
    let mut checks = vec![health(&client, &base).await, socket(&client, &base).await];
    if url.scheme() == "https" && config.trusted_proxies.is_empty() {
        checks.push(Check::warn(
            "proxy",
            "PUBLIC_URL is https, and TRUSTED_PROXIES is empty: every client seems to come from the proxy",
            "set TRUSTED_PROXIES to the address of the proxy",
        ));
    }
    checks
}

async fn health(client: &Client, base: &str) -> Check {
    let name = "public url";
    let url = format!("{base}/health");
    match client.get(&url).send().await {
        Err(e) => Check::fail(
            name,
            format!("`{url}` does not answer ({})", cause(&e)),
            "check its name in the DNS, the proxy, its certificate and the firewall",
        ),
        Ok(answer) => {
            let status = answer.status();
            let text = answer.text().await.unwrap_or_default();
            if status == StatusCode::OK && text.contains("\"status\":\"ok\"") {
                Check::ok(name, format!("`{url}` answers"))
            } else {
                let found = format!("`{url}` answers {}, and not as this server does", status.as_u16());
                Check::fail(name, found, "have the proxy pass everything on, with the path of BASE_PATH")
            }
        }
    }
}

async fn socket(client: &Client, base: &str) -> Check {
    let name = "websocket";
    let url = format!("{base}/chat");
    let mut headers = HeaderMap::new();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(HeaderName::from_static("sec-websocket-version"), HeaderValue::from_static("13"));
    // Any 16 bytes do: nothing is said over it.
    headers.insert(
        HeaderName::from_static("sec-websocket-key"),
        HeaderValue::from_static("ZG9jdG9yLWRvY3Rvci1kIQ=="),
    );
    match client.get(&url).headers(headers).send().await {
        Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
            Check::ok(name, format!("`{url}` becomes a WebSocket"))
        }
        Ok(answer) => Check::fail(
            name,
            format!("`{url}` answers {} to a WebSocket", answer.status().as_u16()),
            "have the proxy pass on `Upgrade` and `Connection` (nginx: proxy_http_version 1.1 and both headers)",
        ),
        Err(e) => Check::fail(
            name,
            format!("`{url}` does not answer ({})", cause(&e)),
            "have the proxy pass on WebSockets, and not wait for them to end",
        ),
    }
}

/// The innermost cause, which says more than that a request failed.
fn cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    inner.to_string()
}
