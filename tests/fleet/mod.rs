//! The fleet, by the front door: every installation that was ever seen.

mod diagnostics;
mod installations;
mod orders;
mod own_data;
mod timeline;
mod versions;

use serde_json::{Value, json};

use crate::support::{Actor, TestApp, Ws};

/// An application with its installation id, as it describes itself.
pub fn described(app: &str, installation: &str, version: &str, os: &str) -> Value {
    json!({
        "installation_id": installation, "app": app, "app_version": version, "os": os, "os_version": "11",
        "hostname": format!("{installation}-pc"), "locale": "fr-FR",
    })
}

/// Connects as `actor` with an application.
pub async fn connect(app: &TestApp, actor: &Actor, data: &Value) -> Ws {
    Ws::connect_with(app, &json!({"token": actor.token, "data": data})).await
}

/// Connects and goes away; gives the installation's id.
pub async fn visit(app: &TestApp, actor: &Actor, data: &Value) -> String {
    let ws = connect(app, actor, data).await;
    let admin = app.admin().await;
    let id = installation_of(&admin, &ws).await;
    drop(ws);
    let path = format!("/api/installations/{id}");
    crate::support::eventually("the client is gone", async || {
        let detail = admin.get(&path).await.expect(200);
        (detail["installation"]["connected"] == false).then_some(())
    })
    .await;
    id
}

/// The installation of a connection.
pub async fn installation_of(admin: &Actor, ws: &Ws) -> String {
    let client = admin.get(&format!("/api/clients/{}", ws.client())).await.expect(200);
    client["installation"].as_str().unwrap().to_owned()
}

/// The values of one field of a page's items.
pub fn field<'a>(page: &'a Value, name: &str) -> Vec<&'a str> {
    page["items"].as_array().unwrap().iter().map(|item| item[name].as_str().unwrap()).collect()
}

/// An API token of `actor` with these scopes, as an actor.
pub async fn token(actor: &Actor, scopes: &[&str]) -> Actor {
    let made = actor.post("/api/auth/tokens", &json!({"name": "t", "scopes": scopes})).await.expect(201);
    actor.with_token(made["token"].as_str().unwrap())
}
