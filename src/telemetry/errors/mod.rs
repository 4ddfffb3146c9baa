//! Errors of client applications: exceptions that are the same fault, with versions and clients affected.
//!
//! Owns reading. Groups are made where signals are stored; which exceptions belong together stands in `groups`.

mod api;
mod store;

pub use api::ErrorsApi;
