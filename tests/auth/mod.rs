//! Logging in and everything that follows from it.

mod api_tokens;
mod cookie;
mod forged;
mod limits;
mod login;
mod others;
mod refresh;
mod sessions;
mod setup;

use serde_json::{Value, json};

use crate::support::{Actor, Answer, TestApp};

/// Tries to log in, from the address of the test.
async fn try_login(app: &TestApp, username: &str, password: &str) -> Answer {
    app.anon().post("/api/auth/login", &json!({"username": username, "password": password})).await
}

/// A refresh, with or without an idempotency key.
async fn refresh(app: &TestApp, token: &Value, key: Option<&str>) -> Answer {
    let anon = app.anon();
    let mut request = anon.request(reqwest::Method::POST, "/api/auth/refresh");
    if let Some(key) = key {
        request = request.header("Idempotency-Key", key);
    }
    anon.send(request.json(&json!({"refresh_token": token}))).await
}

/// How many sessions the actor's account has.
async fn session_count(actor: &Actor) -> usize {
    actor.get("/api/auth/sessions").await.expect(200)["items"].as_array().unwrap().len()
}
