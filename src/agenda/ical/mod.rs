//! iCalendar (RFC 5545): reading other calendars' files, and writing the feed that they subscribe to.
//!
//! `calcard` knows the format; what a component means for an event is decided here.

mod read;
mod write;

#[cfg(test)]
use read::{Import, MAX_EVENTS};
pub use read::{Problem, ReadError, read};
pub use write::{Feed, write};

/// An event's colour: RFC 7986 COLOR has names only.
const COLOR: &str = "X-WORKSPACE-COLOR";
/// Accounts have no e-mail address; this is how a feed names them, and how an import finds them again.
const ACCOUNT: &str = "urn:uuid:";

#[cfg(test)]
mod tests;
