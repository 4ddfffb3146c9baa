//! Reacting to messages.

use uuid::Uuid;

use super::{Chat, joined};
use crate::auth::Identity;
use crate::chat::emoji::Emoji;
use crate::chat::error::ChatError;
use crate::chat::event::Event;
use crate::chat::model::RoomId;
use crate::chat::store::messages;
use crate::chat::view::Reaction;

/// Most different emoji on one message: two rows of them in a client.
const DISTINCT: usize = 20;

impl Chat {
    /// Adds the caller's reaction to a message, or takes it back. Nothing happens when it is so already.
    ///
    /// # Errors
    /// When the caller is not a member, there is no such message, or it has too many different reactions.
    pub async fn react(
        &self,
        who: &Identity,
        room: RoomId,
        id: Uuid,
        emoji: Emoji,
        added: bool,
    ) -> Result<(), ChatError> {
        let (chat, user_id) = (self.clone(), who.user_id);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let conn = tx.conn();
                    let access = joined(conn, room, user_id).await?;
                    let message = messages::find(conn, room, id).await?.ok_or(ChatError::NotFound)?;
                    let mut reactions = message.reactions;
                    let changed = if added {
                        add(&mut reactions, &emoji, user_id)?
                    } else {
                        take_back(&mut reactions, &emoji, user_id)
                    };
                    let Some(emoji) = changed else { return Ok(()) };
                    messages::react(conn, id, &reactions).await?;
                    let event = Event::Reaction { id, emoji: &emoji, user_id, added };
                    chat.record(tx, &access, id, &event, None).await
                })
            })
            .await
    }
}

/// Gives the emoji as the message has it: the first who reacted with it chose the spelling.
fn add(reactions: &mut Vec<Reaction>, emoji: &Emoji, user: Uuid) -> Result<Option<String>, ChatError> {
    let full = reactions.len() >= DISTINCT;
    match reactions.iter_mut().find(|r| emoji.is(&r.emoji)) {
        Some(reaction) if reaction.user_ids.contains(&user) => return Ok(None),
        Some(reaction) => {
            reaction.user_ids.push(user);
            return Ok(Some(reaction.emoji.clone()));
        }
        None if full => {
            let why = format!("A message has at most {DISTINCT} different reactions.");
            return Err(ChatError::Limit("too_many_reactions", why));
        }
        None => reactions.push(Reaction { emoji: emoji.as_str().to_owned(), user_ids: vec![user] }),
    }
    Ok(Some(emoji.as_str().to_owned()))
}

fn take_back(reactions: &mut Vec<Reaction>, emoji: &Emoji, user: Uuid) -> Option<String> {
    let reaction = reactions.iter_mut().find(|r| emoji.is(&r.emoji) && r.user_ids.contains(&user))?;
    reaction.user_ids.retain(|id| *id != user);
    let spelled = reaction.emoji.clone();
    reactions.retain(|r| !r.user_ids.is_empty());
    Some(spelled)
}
