//! Errors of client applications: exceptions that are the same fault, with versions and clients affected.
//!
//! Owns reading, and what people make of them: open, resolved, ignored. Groups are made where signals are stored; which exceptions belong together stands in `groups`.

mod api;
mod seen;
mod state;
mod store;

pub use api::ErrorsApi;
pub use state::ErrorState;
