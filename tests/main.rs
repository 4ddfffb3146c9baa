//! Every integration test, in one binary: each file is a feature, entered by the front door.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod support;

mod agenda;
mod api_fuzz;
mod audit;
mod auth;
mod bad_frames;
mod bad_input;
mod bad_places;
mod bad_texts;
mod bad_tokens;
mod browser;
mod chat;
mod clients;
mod console;
mod dashboard;
mod demo;
mod drift;
mod every_response;
mod first_frame;
mod fleet;
mod full_disk;
mod generated_clients;
mod healthcheck;
mod idempotency;
mod kill9;
mod limits;
mod logs;
mod logs_stdout;
mod logs_tail;
mod loki;
mod loki_told;
mod metrics;
mod monitoring;
mod readme;
mod realtime;
mod realtime_bounds;
mod sdk_js;
mod sdk_python;
mod series;
mod shutdown;
mod start;
mod telemetry;
mod upgrade;
mod users;
