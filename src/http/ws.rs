//! The WebSocket handshake: who may open one, and the hand-over to `realtime`.
//!
//! poem's own extractor allocates 128 KiB a socket, copies every message for every recipient and checks no
//! origin, so the upgrade is done here.

use poem::endpoint::make;
use poem::http::{HeaderMap, StatusCode, header};
use poem::{Endpoint, Request, Response, Result};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use url::Url;

use super::{Peer, identify};
use crate::app::Services;
use crate::error::ApiError;
use crate::realtime::{Opened, Realtime, serve};

/// The only version of the protocol there is.
const VERSION: &str = "13";
/// The name under which clients may ask for the JSON protocol.
const JSON: &str = "centrifuge-json";

/// The realtime endpoint.
pub fn endpoint(services: &Services) -> impl Endpoint + use<> {
    let services = services.clone();
    make(move |request| {
        let services = services.clone();
        async move { upgrade(&services, &request) }
    })
}

fn upgrade(services: &Services, request: &Request) -> Result<Response> {
    let headers = request.headers();
    let key = headers.get(header::SEC_WEBSOCKET_KEY);
    let (Some(key), Ok(upgrade)) = (key.filter(|_| wants_websocket(headers)), request.take_upgrade()) else {
        return Err(ApiError::bad_request("This address speaks the WebSocket protocol, version 13.").into());
    };
    let origin = Origin::of(headers, &services.config.cors_origins);
    if origin == Origin::Foreign {
        return Err(ApiError::forbidden(
            "forbidden",
            "Pages of this origin may not connect: add it to CORS_ORIGIN.",
        )
        .into());
    }
    let opened = Opened {
        address: request.data::<Peer>().map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |p| p.0),
        // The cookie counts on our own pages only: it is sent along without the page's doing.
        cookie: identify::cookie(headers).filter(|_| origin == Origin::Same).map(str::to_owned),
    };
    let realtime = Realtime {
        hub: services.hub.clone(),
        auth: services.auth.clone(),
        fleet: services.fleet.clone(),
        series: services.monitor.series().clone(),
    };
    services.tasks.spawn(async move {
        if let Ok(stream) = upgrade.await {
            serve(realtime, stream, opened).await;
        }
    });
    let mut response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, derive_accept_key(key.as_bytes()));
    if lists(headers, header::SEC_WEBSOCKET_PROTOCOL, JSON) {
        response = response.header(header::SEC_WEBSOCKET_PROTOCOL, JSON);
    }
    Ok(response.finish())
}

fn wants_websocket(headers: &HeaderMap) -> bool {
    lists(headers, header::CONNECTION, "upgrade")
        && lists(headers, header::UPGRADE, "websocket")
        && headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|v| v == VERSION)
}

/// Whether a comma-separated header has `word` in it.
fn lists(headers: &HeaderMap, name: header::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name);
    values
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .any(|v| v.trim().eq_ignore_ascii_case(word))
}

/// Where the page stands that opens the socket.
#[derive(Debug, PartialEq, Eq)]
enum Origin {
    /// On this server.
    Same,
    /// On a configured site, or in a program that is no browser.
    Allowed,
    /// Anywhere else.
    Foreign,
}

impl Origin {
    fn of(headers: &HeaderMap, allowed: &[url::Origin]) -> Self {
        let Some(origin) = headers.get(header::ORIGIN) else { return Self::Allowed };
        let Some(url) = origin.to_str().ok().and_then(|o| Url::parse(o).ok()) else { return Self::Foreign };
        // Behind a proxy the scheme may differ from ours; host and port are what the browser dialled.
        let authority = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Self::Foreign,
        };
        let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("");
        if host.eq_ignore_ascii_case(&authority) {
            Self::Same
        } else if allowed.contains(&url.origin()) {
            Self::Allowed
        } else {
            Self::Foreign
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(origin: &str, host: &str) -> Origin {
        let mut headers = HeaderMap::new();
        headers.insert("origin", origin.parse().unwrap());
        headers.insert("host", host.parse().unwrap());
        Origin::of(&headers, &[Url::parse("https://app.example.org").unwrap().origin()])
    }

    #[test]
    fn only_our_own_and_configured_pages_connect() {
        assert_eq!(origin("http://localhost:8060", "localhost:8060"), Origin::Same);
        assert_eq!(origin("https://team.example.org", "team.example.org"), Origin::Same);
        assert_eq!(origin("https://app.example.org", "team.example.org"), Origin::Allowed);
        assert_eq!(origin("http://localhost:3000", "localhost:8060"), Origin::Foreign);
        assert_eq!(origin("null", "localhost:8060"), Origin::Foreign);
        assert_eq!(Origin::of(&HeaderMap::new(), &[]), Origin::Allowed);
    }
}
