//! Source maps: uploaded by a build, and stacks that say where they are in the source code.
//!
//! `bundle/` is a small program of ours and what esbuild made of it, by `esbuild src/main.ts --bundle --minify
//! --format=esm --sourcemap=external --outdir=assets --entry-names=index-[hash]` (0.28.2).

mod bounds;
mod private;
mod resolved;

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use super::{send, value};
use crate::support::programs::root;
use crate::support::{Actor, Answer, TestApp};

/// The script of the bundle, where its stacks have it.
const SCRIPT: &str = "assets/index-VPLZUYSF.js";

/// A file of the bundle.
fn bundled(file: &str) -> String {
    fs::read_to_string(root().join("tests/telemetry/source_maps/bundle").join(file)).unwrap()
}

/// The map of the bundle.
fn bundled_map() -> String {
    bundled(&format!("{SCRIPT}.map"))
}

/// A map in which line 1, column 11 of the script is line 2, column 3 of `source`.
fn small_map(source: &str) -> String {
    let content = "one\n  two();\nthree";
    // [10, 0, 1, 2] in the digits of mappings.
    json!({"version": 3, "sources": [source], "sourcesContent": [content], "names": [], "mappings": "UACE"})
        .to_string()
}

/// An upload to build upon.
fn upload_request(actor: &Actor, app: &str, version: &str, file: &str) -> reqwest::RequestBuilder {
    let query = [("app", app), ("version", version), ("file", file)];
    actor.request(Method::POST, "/api/source-maps").query(&query).header("content-type", "application/json")
}

async fn upload(
    actor: &Actor,
    app: &str,
    version: &str,
    file: &str,
    map: impl Into<reqwest::Body>,
) -> Answer {
    actor.send(upload_request(actor, app, version, file).body(map)).await
}

/// The admin with an API token of these scopes.
async fn token(app: &TestApp, scopes: &[&str]) -> Actor {
    let admin = app.admin().await;
    let made = admin.post("/api/auth/tokens", &json!({"name": "ci", "scopes": scopes})).await.expect(201);
    admin.with_token(made["token"].as_str().unwrap())
}

/// Reports an exception of `desk` with one frame, at line 1, column 11 of a file.
async fn report(app: &TestApp, key: &str, version: &str, file: &str) {
    let frame = json!({"function": "a", "filename": file, "lineno": 1, "colno": 11});
    let body = json!({
        "meta": {"app": {"name": "desk", "version": version}},
        "exceptions": [{"type": "TypeError", "value": "no", "stacktrace": {"frames": [frame]}}],
    });
    assert_eq!(send(app, key, &body).await.status, 202);
}

/// The stack of the only error.
async fn stack(admin: &Actor) -> Vec<Value> {
    let page = admin.get("/api/errors").await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "{page}");
    let id = page["items"][0]["id"].as_str().unwrap();
    let detail = admin.get(&format!("/api/errors/{id}")).await.expect(200);
    detail["latest"]["stack"].as_array().unwrap().clone()
}

/// The source file of the only frame of the only error; null when it is not resolved.
async fn source(admin: &Actor) -> Value {
    stack(admin).await[0]["original"]["file"].clone()
}

/// How many source maps are stored.
async fn kept(app: &TestApp) -> i64 {
    value(app, "SELECT COUNT(*) FROM source_maps").await
}
