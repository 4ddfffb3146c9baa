//! A client as administrators see it, and the rules of looking for one.

use std::cmp::Reverse;

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use super::sighting::installation_id;
use crate::realtime::{Connection, Hub};
use crate::timestamp::Timestamp;

/// The account behind a client
#[derive(Clone, Debug, Object, PartialEq)]
pub struct ClientUser {
    /// Id of the account
    pub id: Uuid,
    /// Login name
    pub username: String,
    /// Name as shown to people
    pub name: String,
}

/// How a client is connected
#[derive(Clone, Copy, Debug, Enum, Eq, PartialEq)]
#[oai(rename_all = "snake_case")]
pub enum Transport {
    /// A WebSocket
    Websocket,
}

/// Time from the server's ping to the client's answer, in milliseconds
#[derive(Clone, Debug, Object, PartialEq)]
pub struct RoundTrip {
    /// The newest
    pub last: f64,
    /// Median of the last half hour
    pub p50: f64,
    /// 95th percentile of the last half hour
    pub p95: f64,
}

/// A connected client. What it says of itself (everything from `app` to `installation_id`) is not checked
/// and may be empty.
#[derive(Clone, Debug, Object, PartialEq)]
#[oai(example)]
pub struct Client {
    /// Id of the connection; a client that reconnects gets another
    pub id: Uuid,
    /// The account
    pub user: ClientUser,
    /// Address that it connects from
    pub address: String,
    /// Application
    pub app: String,
    /// Version of the application
    pub app_version: String,
    /// Name and version of the realtime library
    pub sdk: String,
    /// Operating system
    pub os: String,
    /// Version of the operating system
    pub os_version: String,
    /// Name of the machine
    pub hostname: String,
    /// Language and region
    pub locale: String,
    /// Id that the application keeps across connections
    pub installation_id: String,
    /// The installation, as `/installations` knows it
    pub installation: Uuid,
    /// How it is connected
    pub transport: Transport,
    /// Since when
    pub connected_at: Timestamp,
    /// Round-trip time; null before the first answer
    pub rtt_ms: Option<RoundTrip>,
    /// Messages from it
    pub messages_in: u64,
    /// Messages to it
    pub messages_out: u64,
    /// Bytes from it
    pub bytes_in: u64,
    /// Bytes to it
    pub bytes_out: u64,
    /// Channels that it listens to
    pub channels: Vec<String>,
}

impl Example for Client {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0002),
            user: ClientUser {
                id: Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0001),
                username: "ann".to_owned(),
                name: "Ann".to_owned(),
            },
            address: "192.0.2.17".to_owned(),
            app: "desk".to_owned(),
            app_version: "1.4.0".to_owned(),
            sdk: "js 5.4.0".to_owned(),
            os: "Windows".to_owned(),
            os_version: "11".to_owned(),
            hostname: "ann-pc".to_owned(),
            locale: "fr-FR".to_owned(),
            installation_id: "5f0c6f0e".to_owned(),
            installation: installation_id("desk", "5f0c6f0e"),
            transport: Transport::Websocket,
            connected_at: Timestamp::from_ms(1_795_341_600_000),
            rtt_ms: Some(RoundTrip { last: 12.5, p50: 11.8, p95: 31.0 }),
            messages_in: 40,
            messages_out: 512,
            bytes_in: 2_310,
            bytes_out: 80_455,
            channels: vec!["chat:general".to_owned()],
        }
    }
}

impl Client {
    /// What is known of `connection` now. `None` for an id that is none of ours.
    pub fn of(connection: &Connection) -> Option<Self> {
        let (who, app, carried) = (&connection.identity, &connection.app, connection.traffic.read());
        let rounded = |ms: f64| (ms * 10.0).round() / 10.0;
        Some(Self {
            id: connection.id.parse().ok()?,
            user: ClientUser { id: who.user_id, username: who.username.clone(), name: who.name.clone() },
            address: connection.address.to_string(),
            app: app.app.clone(),
            app_version: app.app_version.clone(),
            sdk: [&*connection.sdk_name, &*connection.sdk_version].join(" ").trim().to_owned(),
            os: app.os.clone(),
            os_version: app.os_version.clone(),
            hostname: app.hostname.clone(),
            locale: app.locale.clone(),
            installation_id: app.installation_id.clone(),
            installation: connection.installation,
            transport: Transport::Websocket,
            connected_at: connection.connected_at.into(),
            rtt_ms: connection.rtt().map(|r| RoundTrip {
                last: rounded(r.last),
                p50: rounded(r.p50),
                p95: rounded(r.p95),
            }),
            messages_in: carried.messages_in,
            messages_out: carried.messages_out,
            bytes_in: carried.bytes_in,
            bytes_out: carried.bytes_out,
            channels: connection.channels(),
        })
    }
}

/// Every connected client, the newest connection first.
pub fn connected(hub: &Hub) -> Vec<Client> {
    let mut clients: Vec<Client> = hub.connections().iter().filter_map(|c| Client::of(c)).collect();
    // Ids are UUIDv7: in the order of connecting.
    clients.sort_unstable_by_key(|c| Reverse(c.id));
    clients
}

/// One connected client.
pub fn client(hub: &Hub, id: Uuid) -> Option<Client> {
    hub.connection(&id.to_string()).as_deref().and_then(Client::of)
}

/// Connected clients with `search` in what names them, the newest connection first.
pub fn found(hub: &Hub, search: Option<&str>) -> Vec<Client> {
    let filter = Filter { search: search.map(str::to_owned), ..Filter::default() };
    let mut clients = connected(hub);
    clients.retain(|client| filter.admits(client));
    clients
}

/// Which clients to list. Absent conditions let everything through; all of them must hold.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Id or login name of the account.
    pub user: Option<String>,
    /// Application, whatever the case.
    pub app: Option<String>,
    /// Operating system, whatever the case.
    pub os: Option<String>,
    /// Part of anything that names the client, whatever the case.
    pub search: Option<String>,
}

impl Filter {
    /// Whether `client` is asked for.
    pub fn admits(&self, client: &Client) -> bool {
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let is = |asked: &Option<String>, value: &str| asked.as_ref().is_none_or(|asked| same(asked, value));
        let user = self
            .user
            .as_ref()
            .is_none_or(|asked| same(asked, &client.user.username) || asked.parse() == Ok(client.user.id));
        user && is(&self.app, &client.app) && is(&self.os, &client.os) && self.finds(client)
    }

    fn finds(&self, client: &Client) -> bool {
        let Some(search) = self.search.as_ref().map(|s| s.to_lowercase()) else { return true };
        let c = client;
        let named = [&c.user.username, &c.user.name, &c.address, &c.hostname, &c.app, &c.app_version];
        let described = [&c.sdk, &c.os, &c.os_version, &c.locale, &c.installation_id];
        named.into_iter().chain(described).any(|text| text.to_lowercase().contains(&search))
            || c.id.to_string().contains(&search)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(change: impl FnOnce(&mut Filter)) -> bool {
        let mut filter = Filter::default();
        change(&mut filter);
        filter.admits(&Client::example())
    }

    #[test]
    fn absent_conditions_let_everything_through() {
        assert!(admits(|_| {}));
    }

    #[test]
    fn a_user_is_found_by_name_or_id() {
        assert!(admits(|f| f.user = Some("Ann".to_owned())));
        assert!(admits(|f| f.user = Some(Client::example().user.id.to_string())));
        assert!(!admits(|f| f.user = Some("an".to_owned())));
    }

    #[test]
    fn app_and_system_are_whole_words() {
        assert!(admits(|f| f.app = Some("DESK".to_owned())));
        assert!(!admits(|f| f.app = Some("des".to_owned())));
        assert!(admits(|f| f.os = Some("windows".to_owned())));
        assert!(!admits(|f| f.os = Some("Linux".to_owned())));
    }

    #[test]
    fn search_looks_everywhere_and_all_conditions_must_hold() {
        for part in ["ann-P", "192.0.2", "1.4", "js 5", "fr-fr", "5f0c", "019aa9ec"] {
            assert!(admits(|f| f.search = Some(part.to_owned())), "{part}");
        }
        assert!(!admits(|f| f.search = Some("nobody".to_owned())));
        assert!(!admits(|f| {
            f.search = Some("ann".to_owned());
            f.os = Some("Linux".to_owned());
        }));
    }
}
