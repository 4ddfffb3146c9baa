//! The audit log: who did what with an administrator's rights.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ADMIN, Actor, PASSWORD, TestApp, eventually};

async fn rows(admin: &Actor, query: &str) -> Vec<Value> {
    admin.get(&format!("/api/audit?{query}")).await.expect(200)["items"].as_array().unwrap().clone()
}

fn actions(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_change_leaves_a_row_before_it_is_answered() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let new = json!({"username": "ann", "password": PASSWORD, "role": "member"});
    let request = admin.request(Method::POST, "/api/users").header("X-Request-Id", "request-one").json(&new);
    let ann = admin.send(request).await.expect(201)["id"].as_str().unwrap().to_owned();
    let path = format!("/api/users/{ann}");
    admin.patch(&path, &json!({"role": "viewer"})).await.expect(200);
    admin.patch(&path, &json!({"username": "root"})).await.expect_problem(409, "username_taken");
    admin.patch(&path, &json!({"role": "owner"})).await.expect(400);
    let found = rows(&admin, "").await;
    assert_eq!(actions(&found), ["update_user", "update_user", "update_user", "create_user"]);
    let told: Vec<_> = found.iter().map(|row| (row["outcome"].as_str().unwrap(), &row["status"])).collect();
    assert_eq!(
        told,
        [("refused", &json!(400)), ("refused", &json!(409)), ("ok", &json!(200)), ("ok", &json!(201))]
    );
    for row in &found {
        assert_eq!(row["target"], json!({"user_id": ann.as_str()}), "{row}");
        assert_eq!((&row["user_id"], &row["username"]), (&json!(admin.id), &json!(ADMIN.0)));
        assert_eq!(row["address"], "127.0.0.1");
    }
    assert_eq!(found[3]["request_id"], "request-one");
    // Reading leaves none, and neither does what needs no administrator.
    admin.get("/api/clients").await.expect(200);
    admin.post("/api/chat/rooms/general/messages", &json!({"body": "hello"})).await.expect(201);
    assert_eq!(rows(&admin, "").await.len(), 4);
    app.stop().await;
}

/// Each operation that a member is refused for want of the role, found in the document and tried.
#[tokio::test]
async fn every_operation_of_an_admin_leaves_a_row() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let (mut name, mut member) = ("ann0".to_owned(), app.member("ann0").await);
    let document = admin.get("/api/openapi.json").await.expect(200);
    let mut tried = BTreeSet::new();
    let paths = document["paths"].as_object().unwrap().iter();
    // Those of one's own account would end the very sessions that try.
    for (path, operations) in paths.filter(|(path, _)| !path.starts_with("/auth") && !path.starts_with("/me"))
    {
        for (method, operation) in operations.as_object().unwrap().iter().filter(|(m, _)| *m != "get") {
            let parts = path.split('/').map(|part| match part.starts_with('{') {
                true => "019a8e3a-0000-7000-8000-000000000000",
                false => part,
            });
            let path = format!("/api{}", parts.collect::<Vec<_>>().join("/"));
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            // Of one person's tries only so many are kept in a row.
            let turn = format!("ann{}", tried.len() / 15);
            if turn != name {
                name = turn;
                member = app.member(&name).await;
            }
            let refused = member.send(member.request(method.clone(), &path).json(&json!({}))).await;
            if !refused.text.contains("This needs the role admin") {
                continue;
            }
            let id = operation["operationId"].as_str().unwrap();
            admin.send(admin.request(method, &path).json(&json!({}))).await;
            let found = rows(&admin, &format!("action={id}")).await;
            let who: Vec<_> = found.iter().map(|row| row["username"].as_str().unwrap()).collect();
            assert!(who.len() > 1 && who[0] == ADMIN.0, "{id}: {found:?}");
            assert_eq!((who[1], &found[1]["status"]), (name.as_str(), &json!(403)), "{id}: {found:?}");
            tried.insert(id.to_owned());
        }
    }
    assert!(tried.len() >= 15, "{tried:?}");
    app.stop().await;
}

#[tokio::test]
async fn tries_of_others_do_not_push_the_rest_out() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    for _ in 0..40 {
        ann.post("/api/users", &json!({})).await.expect_problem(403, "forbidden");
    }
    app.anon().post("/api/users", &json!({})).await.expect_problem(401, "unauthorized");
    assert_eq!(rows(&admin, "user=ann&limit=200").await.len(), 20);
    app.clock.advance(TimeDelta::seconds(60));
    let admin = app.admin().await;
    let ann = app.login("ann", PASSWORD).await;
    ann.post("/api/users", &json!({})).await.expect_problem(403, "forbidden");
    assert_eq!(rows(&admin, "user=ann&limit=200").await.len(), 21);
    app.stop().await;
}

#[tokio::test]
async fn rows_are_found_by_user_action_and_time_and_paged() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let path = format!("/api/users/{}", ann.id);
    admin.patch(&path, &json!({"role": "admin"})).await.expect(200);
    app.clock.advance(TimeDelta::minutes(1));
    let edge = app.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let ann = app.login("ann", PASSWORD).await;
    for name in ["One", "Two", "Three"] {
        ann.patch(&path, &json!({"name": name})).await.expect(200);
    }
    assert_eq!(rows(&ann, "").await.len(), 5);
    for (query, count) in [
        ("user=ann", 3),
        ("user=ANN", 3),
        (&format!("user={}", ann.id), 3),
        (&format!("user={}", admin.id), 2),
        ("user=nobody", 0),
        ("action=create_user", 1),
        ("action=create", 0),
        ("action=update_user&user=root", 1),
        (&format!("from={edge}"), 3),
        (&format!("to={edge}"), 2),
        (&format!("from={edge}&to={edge}"), 0),
    ] {
        assert_eq!(rows(&ann, query).await.len(), count, "{query}");
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ann.get(&format!("/api/audit?limit=2{cursor}")).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let all: Vec<Value> = rows(&ann, "").await.iter().map(|row| row["id"].clone()).collect();
    assert_eq!(seen, all);
    for query in ["limit=0", "limit=201", "cursor=x", "from=yesterday"] {
        ann.get(&format!("/api/audit?{query}")).await.expect(400);
    }
    app.stop().await;
}

#[tokio::test]
async fn only_admins_read_it() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let token = async |scope: &str| {
        let made = admin.post("/api/auth/tokens", &json!({"name": "t", "scopes": [scope]})).await.expect(201);
        admin.with_token(made["token"].as_str().unwrap())
    };
    for actor in [app.member("ann").await, app.viewer("vic").await, token("users:write").await] {
        actor.get("/api/audit").await.expect_problem(403, "forbidden");
    }
    app.anon().get("/api/audit").await.expect_problem(401, "unauthorized");
    token("monitoring:read").await.get("/api/audit").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn no_secret_of_a_body_is_ever_in_it() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let secret = "a password of seven words that nobody knows";
    let new = json!({"username": "ann", "password": secret, "role": "member"});
    let ann = admin.post("/api/users", &new).await.expect(201)["id"].as_str().unwrap().to_owned();
    admin.post(&format!("/api/users/{ann}/password"), &json!({"new_password": secret})).await.expect(204);
    admin.post("/api/users", &json!({"username": "no", "password": secret})).await.expect(400);
    let text = admin.get("/api/audit").await;
    assert_eq!(text.json["items"].as_array().unwrap().len(), 3, "{}", text.text);
    assert!(!text.text.contains("nobody knows"), "{}", text.text);
    app.stop().await;
}

#[tokio::test]
async fn rows_are_found_by_how_they_ended() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    ann.post("/api/users", &json!({})).await.expect_problem(403, "forbidden");
    for (outcome, expected) in [("ok", "root"), ("refused", "ann")] {
        let found = rows(&admin, &format!("outcome={outcome}")).await;
        let who: Vec<_> = found.iter().map(|row| row["username"].as_str().unwrap()).collect();
        assert_eq!(who, [expected], "{outcome}");
    }
    assert_eq!(rows(&admin, "outcome=failed").await.len(), 0);
    admin.get("/api/audit?outcome=lost").await.expect(400);
    app.stop().await;
}

#[tokio::test]
async fn rows_survive_a_restart_for_400_days() {
    let app = TestApp::spawn().await;
    app.member("ann").await;
    let app = app.restart_after(TimeDelta::days(399)).await;
    let admin = app.admin().await;
    assert_eq!(actions(&rows(&admin, "").await), ["create_user"]);
    app.member("ben").await;
    app.clock.advance(TimeDelta::days(2));
    let admin = app.admin().await;
    eventually("the old row goes and the new one stays", async || {
        let left = rows(&admin, "").await;
        (left.len() == 1 && left[0]["action"] == "create_user").then_some(())
    })
    .await;
    app.stop().await;
}
