//! An installation as administrators, and its own user, see it.

use poem_openapi::Object;
use poem_openapi::types::Example;
use uuid::Uuid;

use super::sighting::{Identified, installation_id};
use super::store::installations::DAY_MS;
use super::store::list::Row;
use super::store::versions::Had;
use crate::timestamp::Timestamp;

/// Who uses an installation
#[derive(Clone, Debug, Object, PartialEq)]
pub struct InstallationUser {
    /// Id of the account; null when nobody ever logged in from it
    pub id: Option<Uuid>,
    /// Login name; without an account what the application claims, which may be empty
    pub username: String,
}

/// The newest error of an installation
#[derive(Clone, Debug, Object, PartialEq)]
pub struct LastError {
    /// When the server got it
    pub time: Timestamp,
    /// What it says, the first 128 characters
    pub message: String,
}

/// An installation of a client application. What it says of itself is not checked and may be empty.
#[derive(Clone, Debug, Object, PartialEq)]
#[oai(example)]
pub struct Installation {
    /// Id: the same for the same application and key
    pub id: Uuid,
    /// Application
    pub app: String,
    /// Id that the application keeps, or what stands for one
    pub key: String,
    /// What the key is made of
    pub identified: Identified,
    /// Who used it last
    pub user: InstallationUser,
    /// Version of the application
    pub app_version: String,
    /// The highest version of the application seen in the last 30 days that is no pre-release; null when there is none
    pub latest_version: Option<String>,
    /// Whether its version is below that one
    pub behind: bool,
    /// Operating system
    pub os: String,
    /// Version of the operating system
    pub os_version: String,
    /// Name of the machine
    pub hostname: String,
    /// Language and region
    pub locale: String,
    /// Address that it was last seen from
    pub address: String,
    /// When it was first seen
    pub first_seen_at: Timestamp,
    /// When it was last seen; renewed every few minutes while it is connected
    pub last_seen_at: Timestamp,
    /// Whether it is connected now
    pub connected: bool,
    /// Whole days since it was last seen, 0 while it is connected
    pub silent_days: u64,
    /// Signals that it has sent
    pub signals: u64,
    /// Those of them that are errors
    pub errors: u64,
    /// The newest of those; null when there was none
    pub last_error: Option<LastError>,
}

impl Example for Installation {
    fn example() -> Self {
        Self {
            id: installation_id("desk", "5f0c6f0e"),
            app: "desk".to_owned(),
            key: "5f0c6f0e".to_owned(),
            identified: Identified::Installation,
            user: InstallationUser {
                id: Some(Uuid::from_u128(0x019a_a9ec_3f00_7000_8000_0000_0000_0001)),
                username: "ann".to_owned(),
            },
            app_version: "1.4.0".to_owned(),
            latest_version: Some("1.5.0".to_owned()),
            behind: true,
            os: "Windows".to_owned(),
            os_version: "11".to_owned(),
            hostname: "ann-pc".to_owned(),
            locale: "fr-FR".to_owned(),
            address: "192.0.2.17".to_owned(),
            first_seen_at: Timestamp::from_ms(1_790_000_000_000),
            last_seen_at: Timestamp::from_ms(1_795_341_600_000),
            connected: false,
            silent_days: 3,
            signals: 5_120,
            errors: 4,
            last_error: Some(LastError {
                time: Timestamp::from_ms(1_795_341_500_000),
                message: "TypeError: x is undefined".to_owned(),
            }),
        }
    }
}

impl Installation {
    /// What is stored, with what is known of the moment.
    pub fn of(row: Row, connected: bool, now_ms: i64) -> Self {
        let silent = (now_ms - row.last_seen_at).max(0) / DAY_MS;
        Self {
            id: row.id,
            app: row.app,
            key: row.key,
            identified: Identified::stored(&row.identified),
            user: InstallationUser { id: row.user_id, username: row.username },
            app_version: row.app_version,
            behind: !row.version_key.is_empty() && row.version_key < row.latest_key,
            latest_version: Some(row.latest_version).filter(|v| !v.is_empty()),
            os: row.os,
            os_version: row.os_version,
            hostname: row.hostname,
            locale: row.locale,
            address: row.address,
            first_seen_at: Timestamp::from_ms(row.first_seen_at),
            last_seen_at: Timestamp::from_ms(row.last_seen_at),
            connected,
            silent_days: if connected { 0 } else { silent.unsigned_abs() },
            signals: row.signals.unsigned_abs(),
            errors: row.errors.unsigned_abs(),
            last_error: row
                .last_error_at
                .map(|at| LastError { time: Timestamp::from_ms(at), message: row.last_error }),
        }
    }
}

/// A version that an installation has had
#[derive(Clone, Debug, Object, PartialEq)]
pub struct InstalledVersion {
    /// Version of the application
    pub version: String,
    /// When it was first seen with it
    pub first_seen_at: Timestamp,
    /// When it was last seen with it
    pub last_seen_at: Timestamp,
}

impl From<Had> for InstalledVersion {
    fn from(had: Had) -> Self {
        Self {
            version: had.version,
            first_seen_at: Timestamp::from_ms(had.first_seen_at),
            last_seen_at: Timestamp::from_ms(had.last_seen_at),
        }
    }
}
