//! workspace-server: a team's whole server in one binary.
//!
//! The map of the house, in the order in which a request meets it:
//!
//! | module | owns |
//! |---|---|
//! | [`cli`], [`config`] | arguments, environment and `.env` become one checked [`config::Config`] |
//! | [`app`] | builds everything from a `Config`, owns every task, stops in order |
//! | [`http`] | the listener, the route tree, middleware, problem documents |
//! | [`auth`] | who is calling: passwords, tokens, sessions, and the parameter types that decide |
//! | [`chat`] | rooms, messages, reactions, read marks, search |
//! | [`idempotency`] | creating calls that may be repeated: `Idempotency-Key` |
//! | [`inbox`] | what the server tells one account, with a short history |
//! | [`users`] | accounts and their changes |
//! | [`agenda`] | events, recurrence, reminders, iCalendar |
//! | [`clients`] | the fleet of connected client applications |
//! | [`monitoring`] | health, readiness, the last five minutes of the server itself, what happened in 30 days |
//! | [`telemetry`] | what client applications report: the Faro collector, keys, bounds, the store of signals, grouped errors, source maps, the way to Loki |
//! | [`logs`] | one view over the server's lines and those of clients, and its live tail |
//! | [`limits`] | every bound in force, beside what is used of it |
//! | [`audit`] | who did what with an administrator's rights |
//! | [`backup`] | copies of everything, made while the server runs, verified, and restored |
//! | [`console`] | the administrators' console: typed verbs, and no shell |
//! | [`doctor`] | what is wrong around the server, and what to do about it |
//! | [`supervisor`] | what a service manager is told |
//! | [`realtime`] | the Centrifuge protocol, connections, channels and fan-out |
//! | [`db`] | the two doors to SQLite: read-only pool, group-commit writer; migrations |
//! | [`dashboard`] | the pages that people see, and the files they are made of |
//! | [`error`] | the one table of HTTP errors |
//! | [`observe`] | log set-up, the server's lines for Loki, and every Prometheus metric |
//! | [`clock`], [`timestamp`], [`text`], [`id`], [`timeline`], [`page`], [`budget`], [`told`] | time that tests can move, how time and text are written, identifiers, cursors, allowances, batches told to who listens |
//!
//! A feature is one folder ("slice"): `api` (HTTP) and `rt` (realtime) call `model` (validated types)
//! and `store` (queries), which map to `entity`. Nothing else knows how a slice stores its things.

pub mod agenda;
pub mod app;
pub mod audit;
pub mod auth;
pub mod backup;
pub mod budget;
pub mod chat;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod console;
pub mod dashboard;
pub mod db;
pub mod doctor;
pub mod error;
pub mod http;
pub mod id;
pub mod idempotency;
pub mod inbox;
pub mod limits;
pub mod logs;
pub mod monitoring;
pub mod observe;
pub mod page;
pub mod realtime;
pub mod supervisor;
pub mod telemetry;
pub mod text;
pub mod timeline;
pub mod timestamp;
pub mod told;
pub mod users;
