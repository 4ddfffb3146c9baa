//! One's own sessions.

use std::sync::atomic::Ordering;

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::super::{Auth, SessionKind, SessionOnly, Viewer};
use super::Tag;
use crate::error::ApiError;
use crate::timestamp::Timestamp;

pub struct SessionApi {
    pub auth: Auth,
}

/// A login
#[derive(Debug, Object)]
struct Session {
    /// Id
    id: Uuid,
    /// What the sender called itself
    device: String,
    /// Address of the login or the last refresh
    address: String,
    /// Tokens of a program or cookie of a browser
    kind: SessionKind,
    /// When it began
    created_at: Timestamp,
    /// When it was last used
    last_used_at: Timestamp,
    /// When it ends unless it is used
    expires_at: Timestamp,
    /// Whether it is the one that asks
    current: bool,
}

/// Sessions of an account
#[derive(Debug, Object)]
pub struct Sessions {
    /// The most recently used first
    items: Vec<Session>,
    /// Always null: there are at most 100
    next: Option<String>,
}

impl Sessions {
    /// Those of `user`; `current` is the one that asks.
    pub fn of(auth: &Auth, user: Uuid, current: Option<Uuid>) -> Self {
        let sessions = auth.sessions_of(user);
        let items = sessions.iter().map(|s| Session {
            id: s.id,
            device: s.device.clone(),
            address: s.address.clone(),
            kind: s.kind,
            created_at: Timestamp::from_ms(s.created_ms),
            last_used_at: Timestamp::from_ms(s.used_ms.load(Ordering::Relaxed)),
            expires_at: auth.inner.session_expires(s).into(),
            current: current == Some(s.id),
        });
        Self { items: items.collect(), next: None }
    }
}

/// What was ended
#[derive(Debug, Object)]
#[oai(example)]
struct EndedSessions {
    /// How many sessions
    ended: u64,
}

impl Example for EndedSessions {
    fn example() -> Self {
        Self { ended: 2 }
    }
}

#[derive(ApiResponse)]
pub enum Ended {
    /// The session is over
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/auth/sessions", tag = "Tag::Authentication")]
impl SessionApi {
    /// List one's own sessions
    #[oai(path = "/", method = "get", operation_id = "list_sessions")]
    async fn list(&self, who: Viewer<SessionOnly>) -> Json<Sessions> {
        Json(Sessions::of(&self.auth, who.user_id, who.session_id()))
    }

    /// End all one's other sessions, and their realtime connections
    ///
    /// The one that asks goes on. API tokens are no sessions: they stay.
    #[oai(path = "/", method = "delete", operation_id = "end_other_sessions")]
    async fn end_others(&self, who: Viewer<SessionOnly>) -> Result<Json<EndedSessions>, ApiError> {
        Ok(Json(EndedSessions { ended: self.auth.end_other_sessions(&who).await? }))
    }

    /// End one of one's own sessions, and its realtime connections
    #[oai(path = "/:session_id", method = "delete", operation_id = "end_session")]
    async fn end(
        &self,
        who: Viewer<SessionOnly>,
        /// Id of the session
        session_id: Path<Uuid>,
    ) -> Result<Ended, ApiError> {
        self.auth.end_session(who.user_id, session_id.0).await?;
        Ok(Ended::Done)
    }
}
