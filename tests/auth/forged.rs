//! Tokens that nobody issued.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use workspace_server::config::Secret;

use crate::support::{TestApp, Ws};

/// The secret that the server of these tests signs with.
const SECRET: &str = "k9J2mX7qL4vB8nR3tW6yZ1cF5hD0sG!e";

fn sign(kid: &str, algorithm: Algorithm, claims: &Value, secret: &str) -> String {
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// The claims of a token, and the id of its key.
fn parts(token: &str) -> (Value, String) {
    let part = |n: usize| -> Value {
        serde_json::from_slice(&B64.decode(token.split('.').nth(n).unwrap()).unwrap()).unwrap()
    };
    (part(1), part(0)["kid"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn forged_and_altered_tokens_are_refused() {
    let app = TestApp::spawn_with(|c| c.jwt_secret = Some(Secret::new(SECRET))).await;
    let ann = app.member("ann").await;
    let root = app.admin().await;
    let (good, kid) = parts(&ann.token);
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        claims[key] = value;
        claims
    };
    let hs256 = |claims: &Value| sign(&kid, Algorithm::HS256, claims, SECRET);
    assert_eq!(
        ann.with_token(&hs256(&good)).get("/api/auth/me").await.status,
        200,
        "the test signs as the server does"
    );

    let none = |alg: &str| {
        let header = B64.encode(json!({"typ": "JWT", "alg": alg, "kid": kid}).to_string());
        format!("{header}.{}.", B64.encode(good.to_string()))
    };
    let (header, rest) = ann.token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let swapped = format!("{header}.{}.{signature}", B64.encode(with("sub", json!(root.id)).to_string()));
    let forged = [
        ("no algorithm", none("none")),
        ("no algorithm, in other case", none("None")),
        ("another key", sign(&kid, Algorithm::HS256, &good, "another secret of some thirty-two chars")),
        ("another algorithm", sign(&kid, Algorithm::HS512, &good, SECRET)),
        ("an unknown key id", sign("00000000", Algorithm::HS256, &good, SECRET)),
        ("another audience", hs256(&with("aud", json!("another-program")))),
        ("another issuer", hs256(&with("iss", json!("another-program")))),
        ("another account for the session", hs256(&with("sub", json!(root.id)))),
        ("an unknown session", hs256(&with("sid", json!(uuid::Uuid::now_v7())))),
        ("no expiry", hs256(&with("exp", Value::Null))),
        ("an altered payload", swapped),
        ("a cut signature", ann.token[..ann.token.len() - 4].to_owned()),
        ("a refresh token", ann.login["refresh_token"].as_str().unwrap().to_owned()),
        ("an invented API token", "wst_sFwqsZcEbb_hSsMzKAeDSdfzLW9Y1JqzRdyUPGIHPkk".to_owned()),
        ("nothing", "x".to_owned()),
    ];
    for (what, token) in &forged {
        let forger = app.anon().with_token(token);
        let answer = forger.get("/api/auth/me").await;
        assert_eq!(
            (answer.status, answer.json["code"].as_str()),
            (401, Some("unauthorized")),
            "{what}: {}",
            answer.text
        );
        let body = json!({"username": "eve", "password": "a quite good password", "role": "admin"});
        forger.post("/api/users", &body).await.expect_problem(401, "unauthorized");
        let mut ws = Ws::open(&app, &[]).await.unwrap();
        ws.send(json!({"id": 1, "connect": {"token": token}}).to_string()).await;
        assert_eq!(ws.closed().await, 3500, "{what}");
    }
    let old = hs256(&with("exp", json!(good["iat"].as_i64().unwrap() - 1)));
    ann.with_token(&old).get("/api/auth/me").await.expect_problem(401, "token_expired");
    assert!(app.services.auth.account_named("eve").is_none());
    app.stop().await;
}

#[tokio::test]
async fn a_scheme_other_than_bearer_is_refused() {
    let app = TestApp::spawn().await;
    let anon = app.anon();
    for value in ["Basic cm9vdDpyb290", "Bearer", "bearer ", "Token x"] {
        let request = anon.request(reqwest::Method::GET, "/api/auth/me").header("Authorization", value);
        anon.send(request).await.expect_problem(401, "unauthorized");
    }
    anon.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    app.stop().await;
}

#[tokio::test]
async fn a_new_secret_signs_while_the_old_one_still_verifies() {
    let new = "Zt4!pQ8wLr2yXn6vKj0mHs5dBg9cFa3e";
    let app = TestApp::spawn_with(|c| c.jwt_secret = Some(Secret::new(SECRET))).await;
    let before = app.member("ann").await;
    let app = app
        .restart_with(TimeDelta::seconds(1), |c| {
            c.jwt_secret = Some(Secret::new(new));
            c.jwt_secret_previous = vec![Secret::new(SECRET)];
        })
        .await;
    let again = app.anon().with_token(&before.token);
    again.get("/api/auth/me").await.expect(200);
    let refreshed = super::refresh(&app, &before.login["refresh_token"], None).await.expect(200);
    let after = refreshed["access_token"].as_str().unwrap().to_owned();
    assert_ne!(parts(&before.token).1, parts(&after).1, "the key ids differ");

    let app = app.restart_with(TimeDelta::seconds(1), |c| c.jwt_secret_previous.clear()).await;
    app.anon().with_token(&before.token).get("/api/auth/me").await.expect_problem(401, "unauthorized");
    app.anon().with_token(&after).get("/api/auth/me").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn without_a_secret_one_is_made_and_kept_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let file = app.data_dir().join("workspace.jwt-secret");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let first = std::fs::read_to_string(&file).unwrap();
    let app = app.restart_after(TimeDelta::seconds(1)).await;
    app.anon().with_token(&ann.token).get("/api/auth/me").await.expect(200);
    // Rotation by hand: a new first line signs, the old one verifies.
    std::fs::write(&file, format!("{SECRET}\n{first}")).unwrap();
    let app = app.restart_after(TimeDelta::seconds(1)).await;
    app.anon().with_token(&ann.token).get("/api/auth/me").await.expect(200);
    let fresh = app.login("ann", crate::support::PASSWORD).await;
    assert_ne!(parts(&fresh.token).1, parts(&ann.token).1);
    app.stop().await;
}
