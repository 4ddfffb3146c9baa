//! The chat over HTTP: everything that is not live.

mod fields;
mod members;
mod messages;
mod rooms;
mod search;

use poem_openapi::{ApiResponse, OpenApi, Tags};

use super::Chat;
use crate::error::FieldError;

/// Groups of operations in the API document
#[derive(Tags)]
enum Group {
    /// Rooms, their members and messages. What happens in them live is published in their channels
    Chat,
}

/// Every operation of this slice.
pub fn operations(chat: &Chat) -> impl OpenApi + use<> {
    (
        rooms::RoomsApi { chat: chat.clone() },
        members::MembersApi { chat: chat.clone() },
        messages::MessagesApi { chat: chat.clone() },
        search::SearchApi { chat: chat.clone() },
    )
}

/// It is done
#[derive(ApiResponse)]
enum Done {
    /// Done
    #[oai(status = 204)]
    Done,
}

/// Cuts a page of which one item too many was read down to `limit`; whether there was that one.
fn cut<T>(items: &mut Vec<T>, limit: u64) -> bool {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    more
}

/// Notes what is wrong with a field, and gives its value otherwise.
fn check<T>(errors: &mut Vec<FieldError>, field: &str, parsed: Result<T, String>) -> Option<T> {
    match parsed {
        Ok(value) => Some(value),
        Err(message) => {
            errors.push(FieldError { field: field.to_owned(), message });
            None
        }
    }
}
