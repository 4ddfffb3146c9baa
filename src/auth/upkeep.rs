//! What is done now and then: uses are noted in the database, and what is over is removed.

use std::collections::HashSet;
use std::sync::atomic::Ordering::Relaxed;

use chrono::TimeDelta;
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::directory::touch;
use super::service::Auth;
use super::store;
use crate::realtime::Disconnect;

/// Time between two rounds. A crash forgets the uses of this long, no more.
const EVERY: TimeDelta = TimeDelta::seconds(60);
/// Time after which a session with an open socket is noted as used again. Its list shows it to some minutes, and thousands
/// of sockets are not a write each every minute.
const SOCKET_USE: TimeDelta = TimeDelta::minutes(5);
/// How long an expired API token stays in its owner's list, so that they see why a program stopped.
const EXPIRED_TOKENS_STAY: TimeDelta = TimeDelta::days(30);

impl Auth {
    /// Runs until `stop`, and once more then.
    pub async fn upkeep(self, stop: CancellationToken) {
        let mut since_ms = self.inner.clock.now_ms();
        loop {
            let next = self.inner.clock.now() + EVERY;
            let stopping = tokio::select! {
                () = self.inner.clock.sleep_until(next) => false,
                () = stop.cancelled() => true,
            };
            let now_ms = self.inner.clock.now_ms();
            match self.round(since_ms).await {
                Ok(()) => since_ms = now_ms,
                Err(e) => tracing::warn!(error = %e, "Could not note the uses of sessions; trying again"),
            }
            if stopping {
                return;
            }
        }
    }

    async fn round(&self, since_ms: i64) -> Result<(), DbErr> {
        let now = self.inner.clock.now();
        let now_ms = now.timestamp_millis();
        // A use is noted at most once a second, so one in the second before `since` may be new.
        let recent = |used_ms: i64| used_ms >= since_ms - 1000;
        // A page that is only looked at asks for nothing, and is a use all the same.
        let connections = self.inner.hub.connections();
        let live: HashSet<Uuid> = connections.iter().filter_map(|c| c.identity.session_id()).collect();
        let (mut over, mut used) = (Vec::new(), Vec::new());
        let (mut tokens_over, mut tokens_used) = (Vec::new(), Vec::new());
        {
            let state = self.inner.directory.read();
            for session in state.sessions() {
                if self.inner.session_expires(session) <= now {
                    over.push(session.id);
                    continue;
                }
                let unnoted_ms = now_ms - session.used_ms.load(Relaxed);
                if unnoted_ms >= SOCKET_USE.num_milliseconds() && live.contains(&session.id) {
                    touch(&session.used_ms, now_ms);
                }
                let (used_ms, expires) = (session.used_ms.load(Relaxed), self.inner.session_expires(session));
                if recent(used_ms) {
                    used.push((session.id, used_ms, expires.timestamp_millis()));
                }
            }
            let stays_ms = EXPIRED_TOKENS_STAY.num_milliseconds();
            for token in state.tokens() {
                let used_ms = token.used_ms.load(Relaxed);
                if token.expires_ms + stays_ms <= now_ms {
                    tokens_over.push(token.id);
                } else if recent(used_ms) {
                    tokens_used.push((token.id, used_ms));
                }
            }
        }
        if over.is_empty() && used.is_empty() && tokens_over.is_empty() && tokens_used.is_empty() {
            return Ok(());
        }
        self.write_round(over, used, tokens_over, tokens_used).await
    }

    async fn write_round(
        &self,
        over: Vec<Uuid>,
        used: Vec<(Uuid, i64, i64)>,
        tokens_over: Vec<Uuid>,
        tokens_used: Vec<(Uuid, i64)>,
    ) -> Result<(), DbErr> {
        let auth = self.clone();
        self.inner
            .db
            .write(move |tx| {
                Box::pin(async move {
                    store::delete_sessions(tx.conn(), &over).await?;
                    store::delete_tokens(tx.conn(), &tokens_over).await?;
                    for (id, used_ms, expires_ms) in used {
                        store::session_used(tx.conn(), id, used_ms, expires_ms).await?;
                    }
                    for (id, used_ms) in tokens_used {
                        store::token_used(tx.conn(), id, used_ms).await?;
                    }
                    tx.after_commit(move || {
                        auth.inner.forget_sessions(&over);
                        for id in tokens_over {
                            auth.inner.directory.write().drop_token(id);
                            auth.inner.hub.disconnect_credential(id, Disconnect::INVALID_TOKEN);
                        }
                    });
                    Ok(())
                })
            })
            .await
    }
}
