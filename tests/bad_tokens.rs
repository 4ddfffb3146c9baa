//! Tokens that are expired, forged or revoked: refused over HTTP and over the WebSocket, whatever they claim.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use workspace_server::config::Secret;

use crate::support::Ws;
use crate::support::{TestApp, stored};

const SECRET: &str = "a secret of the tests, which is long enough for the server";

async fn app() -> TestApp {
    TestApp::spawn_with(|config| config.jwt_secret = Some(Secret::new(SECRET))).await
}

/// Refused everywhere, and nothing happens.
async fn refused(app: &TestApp, token: &str, code: &str, close: Option<u16>) {
    let before = stored::rows(app).await;
    let bearer = app.anon().with_token(token);
    bearer.get("/api/auth/me").await.expect_problem(401, code);
    bearer
        .post("/api/chat/rooms/general/messages", &json!({ "body": "hello" }))
        .await
        .expect_problem(401, code);
    bearer.delete("/api/auth/sessions/01900000-0000-7000-8000-000000000000").await.expect_problem(401, code);

    let mut ws = Ws::open(app, &[]).await.unwrap();
    let reply = ws.try_call("connect", &json!({ "token": token })).await;
    match close {
        Some(close) => assert_eq!(reply, Err(close)),
        // The client may come with a new one.
        None => assert_eq!(reply.unwrap()["error"]["code"], 109),
    }
    assert_eq!(stored::rows(app).await, before);
}

/// Header and claims of a good token.
fn parts(token: &str) -> (Value, Value) {
    let part = |n| {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
    };
    (part(0), part(1))
}

fn signed(header: &Header, claims: &Value, secret: &str) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

#[tokio::test]
async fn forged() {
    let app = app().await;
    let good = app.admin().await.token;
    let (raw, claims) = parts(&good);
    let header: Header = serde_json::from_value(raw.clone()).unwrap();
    // What is made here with the right key and claims is believed, so that what follows fails for its own reason.
    app.anon().with_token(&signed(&header, &claims, SECRET)).get("/api/auth/me").await.expect(200);

    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = |alg: &str| {
        let mut header = raw.clone();
        header["alg"] = alg.into();
        format!("{}.{}.", encoded(&header), encoded(&claims))
    };
    let mut other_kid = header.clone();
    other_kid.kid = Some("../../etc/passwd".to_owned());
    let signature = good.rsplit('.').next().unwrap();
    let forged = [
        none("none"),
        none("None"),
        signed(&header, &claims, "another secret of somebody else, just as long as that"),
        signed(&header, &with("aud", json!("another-service")), SECRET),
        signed(&header, &with("iss", json!("another-server")), SECRET),
        signed(&Header { alg: Algorithm::HS512, ..header.clone() }, &claims, SECRET),
        signed(&other_kid, &claims, "another secret of somebody else, just as long as that"),
        // The signature of other claims.
        format!(
            "{}.{}.{signature}",
            encoded(&raw),
            encoded(&with("sub", json!("01900000-0000-7000-8000-000000000000")))
        ),
        // Claims that only fit by their types.
        signed(&header, &with("exp", json!("never")), SECRET),
        signed(&header, &json!({ "sub": claims["sub"] }), SECRET),
        good[..good.len() - 4].to_owned(),
        "a.b.c".to_owned(),
        "wst_".to_owned(),
        "wst_0123456789abcdef0123456789abcdef".to_owned(),
    ];
    for token in forged {
        refused(&app, &token, "unauthorized", Some(3500)).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn expired() {
    let app = app().await;
    let ann = app.member("ann").await;
    app.clock.advance(TimeDelta::hours(1));
    refused(&app, &ann.token, "token_expired", None).await;
    app.stop().await;
}

#[tokio::test]
async fn revoked() {
    let app = app().await;
    let ann = app.member("ann").await;
    let token =
        ann.post("/api/auth/tokens", &json!({ "name": "bot", "scopes": ["chat:read", "chat:write"] })).await;
    let token = token.expect(201);
    let secret = token["token"].as_str().unwrap();
    app.anon().with_token(secret).get("/api/chat/rooms").await.expect(200);
    ann.delete(&format!("/api/auth/tokens/{}", token["id"].as_str().unwrap())).await.expect(204);
    refused(&app, secret, "unauthorized", Some(3500)).await;

    ann.post("/api/auth/logout", &Value::Null).await.expect(204);
    refused(&app, &ann.token, "unauthorized", Some(3500)).await;
    app.stop().await;
}

#[tokio::test]
async fn of_an_account_that_was_disabled() {
    let app = app().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    app.admin()
        .await
        .patch(&format!("/api/users/{}", ann.id), &json!({ "disabled": true }))
        .await
        .expect(200);
    // Its live connection ends at once, and for good.
    let code = ws.closed().await;
    assert!((3500..4000).contains(&code), "{code}");
    refused(&app, &ann.token, "unauthorized", Some(3500)).await;
    app.stop().await;
}
