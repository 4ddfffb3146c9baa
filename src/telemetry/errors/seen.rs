//! Where an error was seen, as the API shows it: single exceptions, and the clients that had them.

use poem_openapi::Object;
use poem_openapi::types::Example;
use uuid::Uuid;

use super::store::{ClientRow, OccurrenceRow};
use crate::timeline;
use crate::timestamp::Timestamp;

const CLIENT: Uuid = Uuid::from_u128(0x019a_a9ec_3f00_8000_8000_0000_0000_0003);

/// One exception of an error
#[derive(Debug, Object)]
#[oai(example)]
pub struct ErrorOccurrence {
    /// Id of its line in the logs
    line_id: String,
    /// When it was received
    time: Timestamp,
    /// Its own message, with its type
    message: String,
    /// Version of the application
    app_version: String,
    /// Id of the installation
    client: Option<Uuid>,
    /// Id of the account
    user_id: Option<Uuid>,
    /// Name of the user as the application says
    user_name: String,
    /// View, or else page, of the application
    place: String,
    /// Trace
    trace_id: Option<String>,
}

impl From<OccurrenceRow> for ErrorOccurrence {
    fn from(row: OccurrenceRow) -> Self {
        Self {
            line_id: format!("c{}", row.id),
            time: Timestamp::from_ms(timeline::ms(row.id)),
            message: row.message,
            app_version: row.app_version,
            client: row.installation_id,
            user_id: row.account_id,
            user_name: row.user_name,
            place: row.place,
            trace_id: row.trace_id,
        }
    }
}

impl Example for ErrorOccurrence {
    fn example() -> Self {
        Self {
            line_id: "c1882544189440".to_owned(),
            time: Timestamp::from_ms(1_795_341_600_000),
            message: "TypeError: Cannot read properties of undefined (reading 'id')".to_owned(),
            app_version: "1.4.0".to_owned(),
            client: Some(CLIENT),
            user_id: None,
            user_name: "ann".to_owned(),
            place: "rooms".to_owned(),
            trace_id: Some("0af7651916cd43dd8448eb211c80319c".to_owned()),
        }
    }
}

/// A client that had an error
#[derive(Debug, Object)]
#[oai(example)]
pub struct AffectedClient {
    /// Id of the installation
    client: Uuid,
    /// Id of the account
    user_id: Option<Uuid>,
    /// Name of the user as the application says
    user_name: String,
    /// Operating system
    os: String,
    /// Version of the application
    app_version: String,
    /// When it last had the error
    last_seen: Timestamp,
    /// How often, among the last thousand
    count: u64,
}

impl From<ClientRow> for AffectedClient {
    fn from(row: ClientRow) -> Self {
        Self {
            client: row.installation_id,
            user_id: row.account_id,
            user_name: row.user_name,
            os: row.os,
            app_version: row.app_version,
            last_seen: Timestamp::from_ms(timeline::ms(row.last_id)),
            count: row.count.unsigned_abs(),
        }
    }
}

impl Example for AffectedClient {
    fn example() -> Self {
        Self {
            client: CLIENT,
            user_id: None,
            user_name: "ann".to_owned(),
            os: "Windows".to_owned(),
            app_version: "1.4.0".to_owned(),
            last_seen: Timestamp::from_ms(1_795_341_600_000),
            count: 12,
        }
    }
}
