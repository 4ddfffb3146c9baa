//! Chat: rooms, their members, messages, reactions, read marks and search.
//!
//! Owns the channels `chat:<room>` and the streams behind them. Every stored change of a room takes the next offset
//! of its stream inside the write job that makes it, and is published after the commit, in that order.
//! Accounts belong to `users`; what reaches an account whichever room it looks at travels through
//! [`crate::inbox`].
//!
//! | file | owns |
//! |---|---|
//! | `model`, `text`, `emoji` | ids, kinds and roles; texts that people write; what one may react with |
//! | `view`, `event` | rooms and messages as they are sent; what is published |
//! | `service` | the rules: who may do what, and what follows from it |
//! | `store`, `entity` | queries and their rows |
//! | `api`, `rt` | the ways in: HTTP and channels |

mod api;
mod emoji;
mod entity;
mod error;
mod event;
mod model;
mod rt;
mod service;
mod store;
mod text;
mod view;

pub use api::operations;
pub use error::ChatError;
pub use service::Chat;
