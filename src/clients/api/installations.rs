//! Installations: the list, and one of them.

use std::collections::HashSet;

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::super::fleet::Fleet;
use super::super::model::{Client, connected};
use super::super::orders::ActiveSettings;
use super::super::query::{Filter, Order};
use super::super::store::list::{self, Cursor, Row};
use super::super::store::{installations, versions};
use super::super::view::{Installation, InstalledVersion};
use super::Tag;
use crate::auth::{Admin, scope};
use crate::error::ApiError;
use crate::page;
use crate::timestamp::Timestamp;

/// The order when the caller does not say.
const DEFAULT_SORT: &str = "-last_seen";

/// Operations on installations.
pub struct InstallationsApi {
    pub fleet: Fleet,
}

/// A page of installations
#[derive(Debug, Object)]
struct InstallationPage {
    /// In the order asked for
    items: Vec<Installation>,
    /// For `cursor`, to go on; null at the end
    next: Option<String>,
    /// How many meet the conditions; null in a page that was asked for by `cursor`, as is the following
    total: Option<u64>,
    /// How many there are
    known: Option<u64>,
}

/// One installation with what belongs to it
#[derive(Debug, Object)]
struct InstallationDetail {
    /// The installation
    installation: Installation,
    /// Versions that it has had, the newest first; the last 50
    versions: Vec<InstalledVersion>,
    /// What an admin set for it; null when nothing is
    settings: Option<ActiveSettings>,
    /// Its connections now, the newest first
    clients: Vec<Client>,
}

#[OpenApi(tag = "Tag::Installations")]
impl InstallationsApi {
    /// List installations
    ///
    /// Every installation of a client application that was seen, connected or not. All conditions must hold. A page goes
    /// on behind the last item of the one before, by the value that the list is sorted by: nothing is listed
    /// twice, and what did not move is not missed.
    #[oai(path = "/installations", method = "get", operation_id = "list_installations")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the operation")]
    async fn list(
        &self,
        _who: Admin<scope::ClientsRead>,
        /// Only those of this account: its id or user name; or of a user that an application claims
        #[oai(validator(max_length = 128))]
        user: Query<Option<String>>,
        /// Only those of this application, whatever the case
        #[oai(validator(max_length = 128))]
        app: Query<Option<String>>,
        /// Only those with this version
        #[oai(validator(max_length = 128))]
        version: Query<Option<String>>,
        /// Only those on this operating system, whatever the case
        #[oai(validator(max_length = 128))]
        os: Query<Option<String>>,
        /// Only those with this version of the operating system
        #[oai(validator(max_length = 128))]
        os_version: Query<Option<String>>,
        /// Only those on the machine of this name, whatever the case
        #[oai(validator(max_length = 128))]
        hostname: Query<Option<String>>,
        /// Only those with this language, such as `fr-FR`, whatever the case
        #[oai(validator(max_length = 128))]
        locale: Query<Option<String>>,
        /// Only those last seen at this address
        #[oai(validator(max_length = 128))]
        address: Query<Option<String>>,
        /// Only those first seen at this time or later
        first_seen_since: Query<Option<Timestamp>>,
        /// Only those first seen before this time
        first_seen_before: Query<Option<Timestamp>>,
        /// Only those last seen at this time or later
        last_seen_since: Query<Option<Timestamp>>,
        /// Only those last seen before this time
        last_seen_before: Query<Option<Timestamp>>,
        /// Only those with this text in a name, address, version, language or key, whatever the case
        #[oai(validator(max_length = 128))]
        search: Query<Option<String>>,
        /// Only those that are, or are not, connected now
        connected: Query<Option<bool>>,
        /// Only those not connected and not seen for so many days
        #[oai(validator(minimum(value = "1"), maximum(value = "3650")))]
        silent_days: Query<Option<i64>>,
        /// Only those that have, or do not have, a version below the latest of their application: the highest one seen in
        /// the last 30 days that is no pre-release
        behind: Query<Option<bool>>,
        /// `last_seen`, `first_seen`, `app`, `version`, `os`, `os_version`, `user`, `hostname`, `address`, `connected`,
        /// `signals`, `errors` or `last_error`, with `-` before it for the other direction; `-last_seen` when absent
        #[oai(validator(
            pattern = "^-?(last_seen|first_seen|app|version|os|os_version|user|hostname|address|connected|signals|errors|last_error)$"
        ))]
        sort: Query<Option<String>>,
        /// Items in a page
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before
        #[oai(validator(max_length = 2000))]
        cursor: Query<Option<String>>,
    ) -> Result<Json<InstallationPage>, ApiError> {
        let limit = page::limit(limit.0)? as usize;
        let sort = sort.0.unwrap_or_else(|| DEFAULT_SORT.to_owned());
        let order = Order::parse(&sort)?;
        let after: Option<Cursor> = cursor.0.as_deref().map(page::decode).transpose()?;
        if after.as_ref().is_some_and(|cursor| cursor.sort != sort) {
            return Err(ApiError::field(
                "cursor",
                "is of a list in another order: leave it out to start again",
            ));
        }
        let fleet = &self.fleet;
        fleet.settle().await;
        let online = fleet.connected_ids();
        let ms = |time: Query<Option<Timestamp>>| time.0.map(Timestamp::ms);
        let filter = Filter {
            user: user.0,
            app: app.0,
            version: version.0,
            os: os.0,
            os_version: os_version.0,
            hostname: hostname.0,
            locale: locale.0,
            address: address.0,
            first_seen: (ms(first_seen_since), ms(first_seen_before)),
            last_seen: (ms(last_seen_since), ms(last_seen_before)),
            search: search.0,
            connected: connected.0.map(|is| (is, online.clone())),
            silent_days: silent_days.0.map(|days| (days, online.clone())),
            behind: behind.0,
        };
        let now_ms = fleet.inner.clock.now_ms();
        let db = fleet.inner.db.read();
        let (rows, more) = list::page(db, &filter, order, &online, after.as_ref(), limit, now_ms).await?;
        let (total, known) = match after {
            Some(_) => (None, None),
            None => {
                let known = installations::count(db).await?.unsigned_abs();
                (Some(list::count(db, &filter, now_ms).await?), Some(known))
            }
        };
        let online: HashSet<Uuid> = online.into_iter().collect();
        let cursor = |last: &Row| {
            let value = order.by.position(last, online.contains(&last.id));
            page::encode(&Cursor { sort, value, id: last.id })
        };
        let next = rows.last().filter(|_| more).map(cursor);
        let item = |row: Row| {
            let connected = online.contains(&row.id);
            Installation::of(row, connected, now_ms)
        };
        Ok(Json(InstallationPage { items: rows.into_iter().map(item).collect(), next, total, known }))
    }

    /// Read one installation
    ///
    /// With the versions that it has had, and its connections now.
    #[oai(path = "/installations/:installation_id", method = "get", operation_id = "get_installation")]
    async fn get(
        &self,
        _who: Admin<scope::ClientsRead>,
        /// Id of the installation
        installation_id: Path<Uuid>,
    ) -> Result<Json<InstallationDetail>, ApiError> {
        let (fleet, id) = (&self.fleet, installation_id.0);
        fleet.settle().await;
        let (db, now_ms) = (fleet.inner.db.read(), fleet.inner.clock.now_ms());
        let row = list::one(db, id, now_ms).await?.ok_or_else(ApiError::not_found)?;
        let versions = versions::of(db, id).await?.into_iter().map(InstalledVersion::from).collect();
        let mut clients = connected(&fleet.inner.hub);
        clients.retain(|c| c.installation == id);
        let installation = Installation::of(row, !clients.is_empty(), now_ms);
        let settings = fleet.settings_of(id);
        Ok(Json(InstallationDetail { installation, versions, settings, clients }))
    }
}
