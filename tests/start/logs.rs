//! What the program says while it runs, and what it must never say.

use serde_json::{Value, json};

use crate::support::PASSWORD;
use crate::support::binary::Place;

const SECRET: &str = "k9J2mX7qL4vB8nR3tW6yZ1cF5hD0sGq7PzA";

#[tokio::test]
async fn failed_logins_are_logged_with_name_and_address_and_secrets_never() {
    let place = Place::new();
    let settings = [
        ("PORT", "0"),
        ("SERVER_HOST", "127.0.0.1"),
        ("METRICS_ADDR", "off"),
        ("LOG_FORMAT", "json"),
        ("LOG_LEVEL", "trace"),
        ("JWT_SECRET", SECRET),
        ("ADMIN_USERNAME", "root"),
        ("ADMIN_PASSWORD", PASSWORD),
    ];
    let running = place.serve(&[], &settings).await;
    let client = reqwest::Client::new();
    let post = async |path: &str, token: &str, body: &Value| -> (reqwest::header::HeaderMap, Value) {
        let request = client.post(format!("{}{path}", running.base)).json(body);
        let answer = request.bearer_auth(token).send().await.unwrap();
        (answer.headers().clone(), answer.json().await.unwrap_or_default())
    };
    let credentials = json!({"username": "root", "password": PASSWORD});
    let (_, login) = post("/api/auth/login", "x", &credentials).await;
    let access = login["access_token"].as_str().unwrap();
    let (headers, _) = post("/api/auth/cookie", "x", &credentials).await;
    let cookie = headers["set-cookie"].to_str().unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
    let token = json!({"name": "export", "scopes": ["users:read"]});
    let (_, token) = post("/api/auth/tokens", access, &token).await;
    let (_, refreshed) =
        post("/api/auth/refresh", "x", &json!({"refresh_token": login["refresh_token"]})).await;
    let wrong = json!({"username": "eve\n{\"level\":\"ERROR\"}", "password": "a guess of eve's"});
    post("/api/auth/login", "x", &wrong).await;
    // A value that is refused must not be repeated in the log, either.
    post("/api/auth/login", "x", &json!({"username": "root", "password": ["a list of eve's"]})).await;
    let (code, printed) = running.finish().await;
    assert_eq!(code, Some(0));

    let secrets = [
        SECRET,
        PASSWORD,
        access,
        &cookie,
        token["token"].as_str().unwrap(),
        login["refresh_token"].as_str().unwrap(),
        refreshed["refresh_token"].as_str().unwrap(),
        "a guess of eve's",
        "a list of eve's",
    ];
    for secret in secrets {
        assert!(!printed.contains(secret), "{secret} was logged");
    }
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed: Vec<&Value> = lines.iter().filter(|line| line["user.name"] == wrong["username"]).collect();
    assert_eq!(failed.len(), 1, "{printed}");
    assert_eq!(failed[0]["level"], "WARN");
    assert_eq!(failed[0]["peer.address"], "127.0.0.1");
    assert_eq!(failed[0]["reason"], "credentials");
    assert!(!lines.iter().any(|line| line["level"] == "ERROR"), "{printed}");
}
