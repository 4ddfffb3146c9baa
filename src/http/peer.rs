//! Where a request really comes from, behind proxies that are trusted and no others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use poem::Request;
use poem::http::HeaderMap;

/// Address of the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Whether the sender's own connection is TLS, here or at a trusted proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secure(pub bool);

/// Finds both from the connection and, when that is a trusted proxy, from its forwarding headers.
pub fn of(request: &Request, trusted: &[IpNet]) -> (Peer, Secure) {
    let connection =
        request.remote_addr().as_socket_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), SocketAddr::ip);
    let connection = connection.to_canonical();
    if !is_trusted(connection, trusted) {
        return (Peer(connection), Secure(false));
    }
    // Behind several proxies the first word is about the sender's own connection.
    let proto = request.headers().get("x-forwarded-proto").and_then(|v| v.to_str().ok()?.split(',').next());
    (Peer(forwarded(request.headers(), connection, trusted)), Secure(proto.map(str::trim) == Some("https")))
}

/// Who counts as one sender: with IPv6, a subscriber's whole network of 2^64 addresses.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
    }
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// Walks `X-Forwarded-For` from its end, the part our own proxies wrote, to the first address that is not theirs.
fn forwarded(headers: &HeaderMap, connection: IpAddr, trusted: &[IpNet]) -> IpAddr {
    let mut found = connection;
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
    for part in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Ok(address) = part.trim().parse::<IpAddr>() else {
            break;
        };
        found = address.to_canonical();
        if !is_trusted(found, trusted) {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", header.parse().unwrap());
        forwarded(&headers, "10.0.0.1".parse().unwrap(), &["10.0.0.0/8".parse().unwrap()]).to_string()
    }

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        assert_eq!(find("1.2.3.4"), "1.2.3.4");
        assert_eq!(find("6.6.6.6, 1.2.3.4, 10.0.0.7"), "1.2.3.4");
        assert_eq!(find("nonsense, 10.0.0.7"), "10.0.0.7");
        assert_eq!(find("::ffff:1.2.3.4"), "1.2.3.4");
    }
}
