//! What an admin does to one installation: all of its connections at once, and what it is set to.

use chrono::TimeDelta;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde_json::json;
use uuid::Uuid;

use super::super::fleet::Fleet;
use super::super::orders::{ActiveSettings, LogLevel};
use super::super::store::list::{self, Row};
use super::notice::Notice;
use super::{Done, Tag};
use crate::auth::{Admin, scope};
use crate::error::ApiError;
use crate::realtime::Disconnect;
use crate::timestamp::Timestamp;

/// Operations that change an installation.
pub struct OrdersApi {
    pub fleet: Fleet,
}

/// How many clients it reached
#[derive(Debug, Object)]
struct Reached {
    /// Connections of the installation
    clients: u64,
}

/// What is to hold for an installation for a while
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, example)]
struct NewSettings {
    /// How much it is to log
    log_level: Option<LogLevel>,
    /// Share of its sessions that are to send signals
    #[oai(validator(minimum(value = "0"), maximum(value = "1")))]
    sampling: Option<f64>,
    /// For how long, at most a week
    #[oai(validator(minimum(value = "1"), maximum(value = "10080")))]
    minutes: i64,
}

impl Example for NewSettings {
    fn example() -> Self {
        Self { log_level: Some(LogLevel::Debug), sampling: Some(1.0), minutes: 30 }
    }
}

impl Fleet {
    /// An installation as it is stored.
    ///
    /// # Errors
    /// 404 when it is not known.
    pub(super) async fn known(&self, id: Uuid) -> Result<Row, ApiError> {
        self.settle().await;
        list::one(self.inner.db.read(), id, self.inner.clock.now_ms()).await?.ok_or_else(ApiError::not_found)
    }
}

#[OpenApi(tag = "Tag::Installations")]
impl OrdersApi {
    /// Disconnect an installation
    ///
    /// Closes all of its connections with the code 3503, which tells clients not to come back by themselves. Its login stays
    /// valid.
    #[oai(
        path = "/installations/:installation_id/disconnect",
        method = "post",
        operation_id = "disconnect_installation"
    )]
    async fn disconnect(
        &self,
        who: Admin<scope::ClientsWrite>,
        /// Id of the installation
        installation_id: Path<Uuid>,
        /// Why, for the journal
        #[oai(validator(max_length = 200))]
        reason: Query<Option<String>>,
    ) -> Result<Json<Reached>, ApiError> {
        let (fleet, id) = (&self.fleet, installation_id.0);
        let user = fleet.known(id).await?.user_id;
        let clients = fleet.clients_of(id);
        let closed = clients.iter().filter(|c| c.close(Disconnect::FORCE_NO_RECONNECT));
        let clients = closed.count() as u64;
        fleet.note_admin(&who, id, user, "disconnect", json!({"clients": clients, "reason": reason.0}));
        Ok(Json(Reached { clients }))
    }

    /// Send an installation a notice
    ///
    /// A publication of the type `notice` in the account's channel `user:<id>`, to the connections of this installation
    /// alone. It is not stored: an installation that is not connected does not get it.
    #[oai(
        path = "/installations/:installation_id/notice",
        method = "post",
        operation_id = "notify_installation"
    )]
    async fn notice(
        &self,
        who: Admin<scope::ClientsWrite>,
        /// Id of the installation
        installation_id: Path<Uuid>,
        body: Json<Notice>,
    ) -> Result<Json<Reached>, ApiError> {
        let (fleet, id) = (&self.fleet, installation_id.0);
        let user = fleet.known(id).await?.user_id;
        let clients = fleet.tell_all(id, &body.publication(&fleet.inner.clock));
        let detail = json!({"clients": clients, "title": &*body.title, "level": body.level});
        fleet.note_admin(&who, id, user, "notice", detail);
        Ok(Json(Reached { clients }))
    }

    /// Set log level and sampling for a while
    ///
    /// Replaces what was set before. Connected clients get a publication of the type `settings` in `user:<id>`; others
    /// find it in the reply to their connect command. It ends by itself, of which connected clients are told as well.
    #[oai(
        path = "/installations/:installation_id/settings",
        method = "put",
        operation_id = "set_installation_settings"
    )]
    async fn set(
        &self,
        who: Admin<scope::ClientsWrite>,
        /// Id of the installation
        installation_id: Path<Uuid>,
        body: Json<NewSettings>,
    ) -> Result<Json<ActiveSettings>, ApiError> {
        let (fleet, id) = (&self.fleet, installation_id.0);
        let NewSettings { log_level, sampling, minutes } = body.0;
        if log_level.is_none() && sampling.is_none() {
            return Err(ApiError::field("log_level", "or `sampling` must be given"));
        }
        let user = fleet.known(id).await?.user_id;
        let now = fleet.inner.clock.now();
        let settings = ActiveSettings {
            log_level,
            sampling,
            // In whole milliseconds, as they are stored.
            until: Timestamp::from_ms((now + TimeDelta::minutes(minutes)).timestamp_millis()),
            set_by: who.username.clone(),
            set_at: Timestamp::from_ms(now.timestamp_millis()),
        };
        fleet.set(id, settings.clone()).await?;
        let detail = json!({"log_level": log_level, "sampling": sampling, "minutes": minutes});
        fleet.note_admin(&who, id, user, "set_settings", detail);
        Ok(Json(settings))
    }

    /// End what was set for an installation
    ///
    /// Connected clients get a publication of the type `settings` without any. Nothing happens when nothing was set.
    #[oai(
        path = "/installations/:installation_id/settings",
        method = "delete",
        operation_id = "end_installation_settings"
    )]
    async fn unset(
        &self,
        who: Admin<scope::ClientsWrite>,
        /// Id of the installation
        installation_id: Path<Uuid>,
    ) -> Result<Done, ApiError> {
        let (fleet, id) = (&self.fleet, installation_id.0);
        let user = fleet.known(id).await?.user_id;
        if fleet.unset(id).await? {
            fleet.note_admin(&who, id, user, "end_settings", json!({}));
        }
        Ok(Done::Done)
    }
}
