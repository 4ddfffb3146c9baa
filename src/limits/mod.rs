//! What is kept, for how long and how much of it: every bound in force, beside what is used of it now.
//!
//! Owns `GET /api/limits` alone. The bounds belong to the configuration and to the slices that keep to them.

mod api;
mod list;

pub use api::LimitsApi;
