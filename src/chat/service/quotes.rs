//! What answers quote of a message follows its text: a step at once, the rest beside everything else.

use sea_orm::DbErr;
use uuid::Uuid;

use super::Chat;
use crate::chat::error::ChatError;
use crate::chat::store::quotes;
use crate::chat::text;
use crate::db::Tx;

/// Answers rewritten in one write job: some ten milliseconds.
const STEP: u64 = 200;

impl Chat {
    /// Makes the quotes of a message follow its new text, unless they show the same of it.
    pub(super) async fn requote(
        &self,
        tx: &Tx,
        message: Uuid,
        former: &str,
        body: &str,
    ) -> Result<(), ChatError> {
        if text::excerpt(former) == text::excerpt(body) {
            return Ok(());
        }
        let rest = quotes::rewrite(tx.conn(), message, body, i64::MAX, STEP).await?;
        // What an earlier change left to do begins anew with this one.
        quotes::note(tx.conn(), message, rest).await?;
        if rest.is_some() {
            let chat = self.clone();
            tx.after_commit(move || chat.requote_later(message));
        }
        Ok(())
    }

    /// Rewrites the quotes that are left of a change, beside everything else.
    pub(super) fn requote_later(&self, message: Uuid) {
        let chat = self.clone();
        self.tasks.spawn(async move { chat.requote_rest(message).await });
    }

    pub(super) async fn requote_rest(&self, message: Uuid) {
        while !self.stop.is_cancelled() {
            let step = self.db.write(move |tx| {
                Box::pin(async move {
                    let Some((before, body)) = quotes::pending(tx.conn(), message).await? else {
                        // The room may be gone, and the message with it.
                        quotes::note(tx.conn(), message, None).await?;
                        return Ok(false);
                    };
                    let rest = quotes::rewrite(tx.conn(), message, &body, before, STEP).await?;
                    quotes::note(tx.conn(), message, rest).await?;
                    Ok(rest.is_some())
                })
            });
            let more: Result<bool, DbErr> = step.await;
            match more {
                Ok(true) => {}
                Ok(false) => return,
                Err(e) => {
                    tracing::warn!(error = %e, "Could not rewrite all quotes of a message; the next start goes on");
                    return;
                }
            }
        }
    }
}
