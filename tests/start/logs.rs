//! What the program says while it runs, and what it must never say.

use serde_json::{Value, json};

use crate::support::binary::Place;
use crate::support::{PASSWORD, Ws};

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

#[tokio::test]
async fn a_fault_is_found_in_the_log_by_the_id_of_its_request() {
    let place = Place::new();
    let settings = [
        ("PORT", "0"),
        ("SERVER_HOST", "127.0.0.1"),
        ("METRICS_ADDR", "off"),
        ("LOG_FORMAT", "json"),
        ("ADMIN_USERNAME", "root"),
        ("ADMIN_PASSWORD", PASSWORD),
        ("DATABASE_PATH", "workspace.sqlite"),
    ];
    let running = place.serve(&[], &settings).await;
    let client = reqwest::Client::new();
    let credentials = json!({"username": "root", "password": PASSWORD});
    let login = client.post(format!("{}/api/auth/login", running.base)).json(&credentials);
    let login: Value = login.send().await.unwrap().json().await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    let url = format!("sqlite:{}", place.path().join("workspace.sqlite").display());
    let db = sea_orm::Database::connect(url).await.unwrap();
    let damage = "PRAGMA ignore_check_constraints = ON; UPDATE chat_members SET role = 'king'";
    sea_orm::ConnectionTrait::execute_unprepared(&db, damage).await.unwrap();
    db.close().await.unwrap();

    let request = client.get(format!("{}/api/chat/rooms", running.base)).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 500);
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let mut ws = Ws::open_at(&format!("{}/chat", running.base.replace("http", "ws")), &[]).await.unwrap();
    let welcome = ws.call("connect", &json!({"token": token})).await;
    let client_id = welcome["connect"]["client"].clone();
    assert_eq!(ws.err("subscribe", &json!({"channel": "chat:general"})).await, 100);
    let (_, printed) = running.finish().await;
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let faults: Vec<&Value> = lines.iter().filter(|line| line["level"] == "ERROR").collect();
    assert_eq!(faults.len(), 2, "{printed}");
    assert_eq!(faults[0]["request.id"], id.as_str());
    let message = faults[0]["message"].as_str().unwrap();
    assert!(message.contains(&id) && message.contains("king"), "people see it, too: {message}");
    assert_eq!(faults[1]["client.id"], client_id);
}
