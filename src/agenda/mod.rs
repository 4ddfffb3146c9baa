//! Events, recurrence, reminders and iCalendar.
//!
//! From the inside out: [`when`] (wall-clock times), [`rule`] and [`recurrence`] (series), [`model`] (an event),
//! [`occurrences`] (what a window shows), [`edit`] (changes), [`due`] (when to remind) and [`ical`] are pure. [`row`],
//! [`store`] and [`entity`] keep events. [`service`] and [`calendar`] are what the agenda does, with every rule about
//! who may; [`live`] says it to connected clients, [`reminders`] is the task, [`api`] the HTTP side. Accounts belong
//! to [`crate::auth`].

mod api;
#[cfg(test)]
mod arbitrary;
mod calendar;
mod due;
mod edit;
mod entity;
mod error;
mod ical;
mod live;
mod model;
mod occurrences;
mod people;
mod recurrence;
mod reminders;
mod row;
mod rule;
mod service;
mod shared;
mod store;
mod text;
mod when;

pub use api::{apis, feed};
pub use reminders::run as run_reminders;
pub use service::{Agenda, MAX_OWNED};
use shared::MAX_SHARED;
