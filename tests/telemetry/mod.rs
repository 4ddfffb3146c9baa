//! Telemetry of client applications, as SDKs and hand-written programs send it.

mod collect;
mod cors;
mod counted;
mod errors;
mod fleet;
mod keys;
mod memory;
mod retention;
mod room;
mod source_maps;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Method, RequestBuilder};
use sea_orm::{ConnectionTrait, TryGetable};
use serde_json::{Value, json};
use std::io::Write;
use workspace_server::db::statement;

use crate::support::{Actor, Answer, TestApp};

/// An application key for `app`, made by the admin.
pub async fn key(app: &TestApp, name: &str) -> String {
    let made = app.admin().await.post("/api/app-keys", &json!({"app": name})).await.expect(201);
    made["key"].as_str().unwrap().to_owned()
}

/// A batch of one log line.
pub fn line(message: &str) -> Value {
    json!({
        "meta": {"app": {"name": "desk", "version": "1.0.0"}, "session": {"id": "s1"}},
        "logs": [{"message": message, "level": "info", "timestamp": "2026-11-22T10:00:00.000Z"}],
    })
}

/// A request to the collector with an application key.
pub fn collect(actor: &Actor, key: &str) -> RequestBuilder {
    actor.request(Method::POST, &format!("/collect/{key}"))
}

pub async fn send(app: &TestApp, key: &str, body: &Value) -> Answer {
    let anon = app.anon();
    anon.send(collect(&anon, key).json(body)).await
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One value that the database has.
pub async fn value<T: TryGetable>(app: &TestApp, sql: &str) -> T {
    let conn = app.services.db.read();
    let row = conn.query_one_raw(statement(conn, sql, [])).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// How many signals are stored.
pub async fn stored(app: &TestApp) -> i64 {
    value(app, "SELECT COUNT(*) FROM signals").await
}
