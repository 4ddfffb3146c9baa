//! Connected clients over HTTP.

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde_json::json;
use uuid::Uuid;

use super::super::fleet::Fleet;
use super::super::model::{Client, Filter, client, connected};
use super::notice::Notice;
use super::{Done, Tag};
use crate::auth::{Admin, scope};
use crate::error::ApiError;
use crate::inbox;
use crate::page;
use crate::realtime::Disconnect;

/// Operations on connected clients.
pub struct ClientsApi {
    pub fleet: Fleet,
}

/// A page of connected clients
#[derive(Debug, Object)]
struct ClientPage {
    /// Newest connection first
    items: Vec<Client>,
    /// For `cursor`, to go on; null at the end
    next: Option<String>,
}

#[OpenApi(tag = "Tag::Clients")]
impl ClientsApi {
    /// List connected clients
    #[oai(path = "/clients", method = "get", operation_id = "list_clients")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter of the operation")]
    async fn list(
        &self,
        _who: Admin<scope::ClientsRead>,
        /// Only those of this account: its id or user name
        #[oai(validator(max_length = 64))]
        user: Query<Option<String>>,
        /// Only those of this application, whatever the case
        #[oai(validator(max_length = 128))]
        app: Query<Option<String>>,
        /// Only those on this operating system, whatever the case
        #[oai(validator(max_length = 128))]
        os: Query<Option<String>>,
        /// Only those with this text in a name, address, version, language or id, whatever the case
        #[oai(validator(max_length = 128))]
        search: Query<Option<String>>,
        /// Items in a page
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u64>>,
        /// `next` of the page before
        #[oai(validator(max_length = 200))]
        cursor: Query<Option<String>>,
    ) -> Result<Json<ClientPage>, ApiError> {
        let limit = page::limit(limit.0)? as usize;
        let after: Option<Uuid> = cursor.0.as_deref().map(page::decode).transpose()?;
        let filter = Filter { user: user.0, app: app.0, os: os.0, search: search.0 };
        let mut found = connected(&self.fleet.inner.hub)
            .into_iter()
            .filter(|c| after.is_none_or(|after| c.id < after) && filter.admits(c));
        let items: Vec<Client> = found.by_ref().take(limit).collect();
        let next = found.next().and_then(|_| items.last()).map(|last| page::encode(&last.id));
        Ok(Json(ClientPage { items, next }))
    }

    /// Read one connected client
    #[oai(path = "/clients/:client_id", method = "get", operation_id = "get_client")]
    async fn get(
        &self,
        _who: Admin<scope::ClientsRead>,
        /// Id of the connection
        client_id: Path<Uuid>,
    ) -> Result<Json<Client>, ApiError> {
        client(&self.fleet.inner.hub, client_id.0).map(Json).ok_or_else(ApiError::not_found)
    }

    /// Disconnect a client
    ///
    /// Closes its connection with the code 3503, which tells it not to come back by itself. Its login stays valid.
    #[oai(path = "/clients/:client_id/disconnect", method = "post", operation_id = "disconnect_client")]
    async fn disconnect(
        &self,
        who: Admin<scope::ClientsWrite>,
        /// Id of the connection
        client_id: Path<Uuid>,
        /// Why, for the server's log
        #[oai(validator(max_length = 200))]
        reason: Query<Option<String>>,
    ) -> Result<Done, ApiError> {
        let id = client_id.0.to_string();
        let connection = self.fleet.inner.hub.connection(&id).ok_or_else(ApiError::not_found)?;
        connection.close(Disconnect::FORCE_NO_RECONNECT);
        let (installation, user) = (connection.installation, Some(connection.identity.user_id));
        self.fleet.note_admin(
            &who,
            installation,
            user,
            "disconnect",
            json!({"client": id, "reason": reason.0}),
        );
        Ok(Done::Done)
    }

    /// Send a client a notice
    ///
    /// A publication of the type `notice` in the account's channel `user:<id>`, to this one connection. It is not
    /// stored: a client that is gone does not get it.
    #[oai(path = "/clients/:client_id/notice", method = "post", operation_id = "notify_client")]
    async fn notice(
        &self,
        who: Admin<scope::ClientsWrite>,
        /// Id of the connection
        client_id: Path<Uuid>,
        body: Json<Notice>,
    ) -> Result<Done, ApiError> {
        let (fleet, id) = (&self.fleet, client_id.0.to_string());
        let connection = fleet.inner.hub.connection(&id).ok_or_else(ApiError::not_found)?;
        let channel = inbox::channel(connection.identity.user_id);
        if !fleet.inner.hub.publish_to_client(&id, &channel, &body.publication(&fleet.inner.clock)) {
            return Err(ApiError::not_found());
        }
        let (installation, user) = (connection.installation, Some(connection.identity.user_id));
        let detail = json!({"client": id, "title": &*body.title, "level": body.level});
        fleet.note_admin(&who, installation, user, "notice", detail);
        Ok(Done::Done)
    }
}
