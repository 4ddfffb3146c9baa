//! The fleet: who is connected, and what an admin can do to a client.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Actor, TestApp, Ws, eventually};

/// Connects as `actor` with an application.
async fn connect(app: &TestApp, actor: &Actor, name: &str, os: &str) -> Ws {
    let data = json!({
        "installation_id": "i-1", "app": name, "app_version": "1.4.0", "os": os, "os_version": "11",
        "hostname": format!("{name}-pc"), "locale": "fr-FR",
    });
    Ws::connect_with(app, &json!({"token": actor.token, "name": "raw", "version": "0.9", "data": data})).await
}

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_client_is_listed_as_it_describes_itself() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = connect(&app, &ann, "desk", "Windows").await;
    let user = format!("user:{}", ann.id);
    // The first round trip is known once the client has answered the server's first ping.
    let round_trip = async {
        loop {
            ws.err("subscribe", &json!({"channel": "monitor:overview"})).await;
            let client = admin.get("/api/clients").await.expect(200)["items"][0].clone();
            if client["rtt_ms"].is_object() {
                return client;
            }
        }
    };
    let client =
        tokio::time::timeout(Duration::from_secs(10), round_trip).await.expect("a round trip in time");
    assert_eq!(client["id"], ws.client());
    assert_eq!(client["user"], json!({"id": ann.id, "username": "ann", "name": "ann"}));
    let described = json!({
        "app": "desk", "app_version": "1.4.0", "os": "Windows", "os_version": "11", "hostname": "desk-pc",
        "locale": "fr-FR", "installation_id": "i-1", "sdk": "raw 0.9", "address": "127.0.0.1", "transport": "websocket",
    });
    for (key, value) in described.as_object().unwrap() {
        assert_eq!(&client[key], value, "{key}");
    }
    assert!(client["channels"].as_array().unwrap().contains(&json!(user)), "{client}");
    for count in ["messages_in", "messages_out", "bytes_in", "bytes_out"] {
        assert!(client[count].as_u64().unwrap() > 0, "{count} of {client}");
    }
    // There has been one.
    let [last, p50, p95] = ["last", "p50", "p95"].map(|figure| client["rtt_ms"][figure].as_f64().unwrap());
    assert!(last > 0.0 && last < 10_000.0 && (p50, p95) == (last, last), "{client}");
    let one = admin.get(&format!("/api/clients/{}", ws.client())).await.expect(200);
    assert_eq!(one["id"], client["id"]);
    app.stop().await;
}

#[tokio::test]
async fn clients_are_found_by_user_app_system_and_text() {
    let app = TestApp::spawn().await;
    let (admin, ann, bob) = (app.admin().await, app.member("ann").await, app.member("bob").await);
    let a = connect(&app, &ann, "desk", "Windows").await;
    let b = connect(&app, &bob, "desk", "Linux").await;
    let c = connect(&app, &bob, "pocket", "Android").await;
    let found = async |query: &str| {
        let page = admin.get(&format!("/api/clients{query}")).await.expect(200);
        ids(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, [c.client(), b.client(), a.client()], "newest first");
    assert_eq!(found("?user=bob").await, [c.client(), b.client()]);
    assert_eq!(found(&format!("?user={}", ann.id)).await, [a.client()]);
    assert_eq!(found("?app=DESK&os=linux").await, [b.client()]);
    assert_eq!(found("?search=pocket-p").await, [c.client()]);
    assert!(found("?search=%25%27%3B--").await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn the_list_is_paged() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(Ws::connect(&app, &admin).await);
    }
    let (mut seen, mut path) = (Vec::new(), "/api/clients?limit=2".to_owned());
    loop {
        let page = admin.get(&path).await.expect(200);
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/clients?limit=2&cursor={next}");
    }
    let expected: Vec<&str> = sockets.iter().rev().map(Ws::client).collect();
    assert_eq!(seen, expected);
    for query in ["?limit=0", "?limit=201", "?limit=x", "?cursor=nonsense"] {
        admin.get(&format!("/api/clients{query}")).await.expect(400);
    }
    app.stop().await;
}

#[tokio::test]
async fn only_admins_see_or_touch_clients() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = connect(&app, &ann, "desk", "Linux").await;
    let one = format!("/api/clients/{}", ws.client());
    let notice = json!({"title": "t", "body": "b", "level": "info"});
    for actor in [&ann, &app.viewer("vic").await] {
        actor.get("/api/clients").await.expect_problem(403, "forbidden");
        actor.get(&one).await.expect_problem(403, "forbidden");
        actor.post(&format!("{one}/disconnect"), &json!({})).await.expect_problem(403, "forbidden");
        actor.post(&format!("{one}/notice"), &notice).await.expect_problem(403, "forbidden");
    }
    app.anon().get("/api/clients").await.expect_problem(401, "unauthorized");
    // A token that may read may not act.
    let made =
        admin.post("/api/auth/tokens", &json!({"name": "r", "scopes": ["clients:read"]})).await.expect(201);
    let reader = admin.with_token(made["token"].as_str().unwrap());
    reader.get(&one).await.expect(200);
    reader.post(&format!("{one}/disconnect"), &json!({})).await.expect_problem(403, "forbidden");
    // Nothing happened to the client: it still answers.
    assert_eq!(ws.err("subscribe", &json!({"channel": "monitor:overview"})).await, 103);
    admin.get(&one).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_disconnected_client_is_told_not_to_come_back() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = connect(&app, &ann, "desk", "Linux").await;
    let mut other = connect(&app, &ann, "pocket", "Android").await;
    let one = format!("/api/clients/{}", ws.client());
    let answer = admin.post(&format!("{one}/disconnect?reason=left%20open"), &Value::Null).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(ws.closed().await, 3503);
    eventually("the client is gone", async || (admin.get(&one).await.status == 404).then_some(())).await;
    admin.get(&one).await.expect_problem(404, "not_found");
    admin.post(&format!("{one}/disconnect"), &Value::Null).await.expect_problem(404, "not_found");
    // The account's other client, and its login, are untouched.
    assert_eq!(other.err("subscribe", &json!({"channel": "monitor:overview"})).await, 103);
    ann.get("/api/auth/me").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_notice_reaches_one_client_alone() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = connect(&app, &ann, "desk", "Linux").await;
    let mut other = connect(&app, &ann, "pocket", "Android").await;
    let path = |ws: &Ws| format!("/api/clients/{}/notice", ws.client());
    let text = json!({"title": "Héllo <b>", "body": "'; DROP TABLE users; --", "level": "warning"});
    admin.post(&path(&ws), &text).await.expect(204);
    admin.post(&path(&other), &json!({"title": "second", "body": "", "level": "info"})).await.expect(204);
    let channel = format!("user:{}", ann.id);
    let publication = ws.publication(&channel).await;
    assert!(publication.get("offset").is_none(), "{publication}");
    let notice = &publication["data"];
    assert_eq!(notice["type"], "notice");
    for key in ["title", "body", "level"] {
        assert_eq!(notice[key], text[key]);
    }
    assert!(notice["id"].is_string() && notice["time"].is_string());
    // The other one's first publication is its own notice.
    assert_eq!(other.publication(&channel).await["data"]["title"], "second");
    app.stop().await;
}

#[tokio::test]
async fn a_bad_notice_is_refused_and_not_sent() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = connect(&app, &ann, "desk", "Linux").await;
    let path = format!("/api/clients/{}/notice", ws.client());
    let long = "x".repeat(2_001);
    for bad in [
        json!({"title": "", "body": "b", "level": "info"}),
        json!({"title": "t", "body": long, "level": "info"}),
        json!({"title": "t", "body": "b", "level": "panic"}),
        json!({"title": "t", "body": "b", "level": "info", "html": true}),
        json!({"title": 1, "body": "b", "level": "info"}),
        json!([]),
    ] {
        let answer = admin.post(&path, &bad).await;
        assert_eq!(answer.status, 400, "{bad} gave {}", answer.text);
    }
    let unknown = format!("/api/clients/{}/notice", ann.id);
    let good = json!({"title": "good", "body": "b", "level": "info"});
    admin.post(&unknown, &good).await.expect_problem(404, "not_found");
    admin.post("/api/clients/nonsense/notice", &good).await.expect(400);
    admin.post(&path, &good).await.expect(204);
    assert_eq!(ws.publication(&format!("user:{}", ann.id)).await["data"]["title"], "good");
    app.stop().await;
}

#[tokio::test]
async fn admins_see_clients_come_and_go() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut watcher = Ws::connect(&app, &admin).await;
    let state = watcher.ok("subscribe", &json!({"channel": "monitor:clients"})).await["data"].clone();
    assert_eq!(ids(&state), [watcher.client()]);
    let mut ws = connect(&app, &ann, "desk", "Linux").await;
    let id = json!(ws.client());
    let connected = loop {
        let change = watcher.publication("monitor:clients").await["data"].clone();
        let list = change["connected"].as_array().unwrap();
        if let Some(client) = list.iter().find(|c| c["id"] == id) {
            break client.clone();
        }
    };
    assert_eq!((&connected["app"], &connected["user"]["username"]), (&json!("desk"), &json!("ann")));
    ws.err("subscribe", &json!({"channel": "monitor:overview"})).await;
    loop {
        let change = watcher.publication("monitor:clients").await["data"].clone();
        let list = change["updated"].as_array().unwrap();
        if list.iter().any(|c| c["id"] == id && c["messages_in"] != connected["messages_in"]) {
            break;
        }
    }
    drop(ws);
    loop {
        let change = watcher.publication("monitor:clients").await["data"].clone();
        if change["disconnected"].as_array().unwrap().contains(&id) {
            break;
        }
    }
    app.stop().await;
}
