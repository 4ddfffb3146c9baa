//! Accounts.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::{PASSWORD, TestApp, Ws};

#[tokio::test]
async fn an_admin_makes_an_account_that_can_log_in() {
    let app = TestApp::spawn().await;
    let root = app.admin().await;
    let body = json!({"username": "Ann.B", "name": " Ann <b>\"; DROP TABLE users; -- ", "password": PASSWORD, "role": "viewer"});
    let ann = root.post("/api/users", &body).await.expect(201);
    assert_eq!(ann["name"], "Ann <b>\"; DROP TABLE users; --");
    assert_eq!(
        (ann["username"].as_str(), ann["role"].as_str(), ann["disabled"].as_bool()),
        (Some("Ann.B"), Some("viewer"), Some(false))
    );
    assert!(ann["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(root.get(&format!("/api/users/{}", ann["id"].as_str().unwrap())).await.expect(200), ann);
    let app = app.restart_after(TimeDelta::seconds(1)).await;
    assert_eq!(app.login("ann.b", PASSWORD).await.login["user"], ann);
    app.stop().await;
}

#[tokio::test]
async fn user_names_are_unique_without_case() {
    let app = TestApp::spawn().await;
    let (root, ann) = (app.admin().await, app.member("ann").await);
    let ben = app.member("ben").await;
    let body = json!({"username": "ANN", "password": PASSWORD, "role": "member"});
    root.post("/api/users", &body).await.expect_problem(409, "username_taken");
    let path = format!("/api/users/{}", ben.id);
    root.patch(&path, &json!({"username": "Ann", "role": "viewer"}))
        .await
        .expect_problem(409, "username_taken");
    let unchanged = root.get(&path).await.expect(200);
    assert_eq!((unchanged["username"].as_str(), unchanged["role"].as_str()), (Some("ben"), Some("member")));
    // Only its case: that is its own name.
    root.patch(&format!("/api/users/{}", ann.id), &json!({"username": "Ann"})).await.expect(200);
    assert_eq!(app.services.auth.accounts().len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn wrong_accounts_are_not_made() {
    let app = TestApp::spawn().await;
    let root = app.admin().await;
    let good = json!({"username": "ann", "password": PASSWORD, "role": "member"});
    for (field, value) in [
        ("username", json!("an")),
        ("username", json!("ann ")),
        ("username", json!("Änn")),
        ("username", json!("<script>")),
        ("username", json!("a".repeat(33))),
        ("username", json!(null)),
        ("username", json!(7)),
        ("password", json!("too short")),
        ("password", json!("x".repeat(129))),
        ("role", json!("owner")),
        ("role", json!(null)),
        ("name", json!("")),
        ("name", json!("  ")),
        ("name", json!("two\nlines")),
        ("name", json!("x".repeat(65))),
        ("disabled", json!(true)),
        ("id", json!("019a8e3a-0000-7000-8000-000000000000")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = root.post("/api/users", &body).await;
        assert_eq!(answer.status, 400, "{body} answered {}", answer.text);
    }
    let same = json!({"username": "a.long.name", "password": "A.Long.Name", "role": "member"});
    let problem = root.post("/api/users", &same).await.expect_problem(400, "validation_failed");
    assert_eq!(problem["errors"], json!([{"field": "password", "message": "must not be the user name"}]));
    assert_eq!(app.services.auth.accounts().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn only_admins_change_accounts_and_everybody_reads_them() {
    let app = TestApp::spawn().await;
    let (ann, vic, anon) = (app.member("ann").await, app.viewer("vic").await, app.anon());
    let new = json!({"username": "eve", "password": PASSWORD, "role": "admin"});
    let path = format!("/api/users/{}", ann.id);
    for actor in [&ann, &vic] {
        actor.post("/api/users", &new).await.expect_problem(403, "forbidden");
        actor.patch(&path, &json!({"role": "admin"})).await.expect_problem(403, "forbidden");
        actor
            .post(&format!("{path}/password"), &json!({"new_password": "another password"}))
            .await
            .expect_problem(403, "forbidden");
        assert_eq!(actor.get("/api/users").await.expect(200)["items"].as_array().unwrap().len(), 3);
        actor.get(&path).await.expect(200);
    }
    anon.post("/api/users", &new).await.expect_problem(401, "unauthorized");
    anon.patch(&path, &json!({"role": "admin"})).await.expect_problem(401, "unauthorized");
    anon.get("/api/users").await.expect_problem(401, "unauthorized");
    anon.get(&path).await.expect_problem(401, "unauthorized");
    assert_eq!(app.login("ann", PASSWORD).await.login["user"]["role"], "member");
    assert!(app.services.auth.account_named("eve").is_none());
    app.stop().await;
}

#[tokio::test]
async fn unknown_ids_are_not_found() {
    let app = TestApp::spawn().await;
    let root = app.admin().await;
    let path = "/api/users/019a8e3a-0000-7000-8000-000000000000";
    root.get(path).await.expect_problem(404, "not_found");
    root.patch(path, &json!({"name": "Ann"})).await.expect_problem(404, "not_found");
    root.post(&format!("{path}/password"), &json!({"new_password": PASSWORD}))
        .await
        .expect_problem(404, "not_found");
    root.get("/api/users/1%27%20OR%201=1").await.expect(400);
    app.stop().await;
}

#[tokio::test]
async fn a_list_is_searched_and_paged() {
    let app = TestApp::spawn().await;
    let root = app.admin().await;
    for (username, name) in [("cid", "Cid"), ("ann", "Ann Özil"), ("Ben", "Ben"), ("dora", "Annabel")] {
        let body = json!({"username": username, "name": name, "password": PASSWORD, "role": "member"});
        root.post("/api/users", &body).await.expect(201);
    }
    let names = |list: &serde_json::Value| -> Vec<String> {
        list["items"].as_array().unwrap().iter().map(|u| u["username"].as_str().unwrap().to_owned()).collect()
    };
    let mut seen = Vec::new();
    let mut path = "/api/users?limit=2".to_owned();
    loop {
        let page = root.get(&path).await.expect(200);
        seen.extend(names(&page));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/users?limit=2&cursor={next}");
    }
    assert_eq!(seen, ["ann", "Ben", "cid", "dora", "root"]);
    assert_eq!(names(&root.get("/api/users?search=ANN").await.expect(200)), ["ann", "dora"]);
    assert_eq!(names(&root.get("/api/users?search=%C3%B6zi").await.expect(200)), ["ann"]);
    assert_eq!(names(&root.get("/api/users?search=%25").await.expect(200)), Vec::<String>::new());
    for bad in ["limit=0", "limit=201", "limit=x", "cursor=%21", "cursor=e30"] {
        root.get(&format!("/api/users?{bad}")).await.expect(400);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_new_role_counts_at_once_even_with_an_old_token() {
    let app = TestApp::spawn().await;
    let (root, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = Ws::connect(&app, &ann).await;
    let path = format!("/api/users/{}", ann.id);
    assert_eq!(root.patch(&path, &json!({"role": "admin"})).await.expect(200)["role"], "admin");
    assert_eq!(ws.closed().await, 3011, "come back with the rights of the new role");
    let new = json!({"username": "eve", "password": PASSWORD, "role": "viewer"});
    ann.post("/api/users", &new).await.expect(201);
    root.patch(&path, &json!({"role": "viewer"})).await.expect(200);
    ann.patch(&path, &json!({"role": "admin"})).await.expect_problem(403, "forbidden");
    assert_eq!(root.get(&path).await.expect(200)["role"], "viewer");
    app.stop().await;
}

#[tokio::test]
async fn disabling_ends_sessions_and_sockets_at_once() {
    let app = TestApp::spawn().await;
    let (root, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = Ws::connect(&app, &ann).await;
    let path = format!("/api/users/{}", ann.id);
    assert_eq!(root.patch(&path, &json!({"disabled": true})).await.expect(200)["disabled"], true);
    assert!(matches!(ws.closed().await, 3500 | 3503));
    ann.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    let refresh = json!({"refresh_token": ann.login["refresh_token"]});
    app.anon().post("/api/auth/refresh", &refresh).await.expect_problem(401, "unauthorized");
    root.patch(&path, &json!({"disabled": false})).await.expect(200);
    ann.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    app.login("ann", PASSWORD).await;
    app.stop().await;
}

#[tokio::test]
async fn the_last_active_admin_stays() {
    let app = TestApp::spawn().await;
    let (root, ann) = (app.admin().await, app.member("ann").await);
    let (own, other) = (format!("/api/users/{}", root.id), format!("/api/users/{}", ann.id));
    for change in
        [json!({"role": "member"}), json!({"disabled": true}), json!({"role": "viewer", "name": "X"})]
    {
        root.patch(&own, &change).await.expect_problem(409, "last_admin");
    }
    assert_eq!(root.get(&own).await.expect(200), root.login["user"]);
    root.patch(&other, &json!({"role": "admin"})).await.expect(200);
    root.patch(&other, &json!({"disabled": true})).await.expect(200);
    root.patch(&own, &json!({"role": "member"})).await.expect_problem(409, "last_admin");
    root.patch(&other, &json!({"disabled": false})).await.expect(200);
    root.patch(&own, &json!({"role": "member"})).await.expect(200);
    root.patch(&own, &json!({"role": "admin"})).await.expect_problem(403, "forbidden");
    app.stop().await;
}

#[tokio::test]
async fn of_two_admins_who_demote_each_other_one_stays() {
    let app = TestApp::spawn().await;
    let (root, ann) = (app.admin().await, app.member("ann").await);
    root.patch(&format!("/api/users/{}", ann.id), &json!({"role": "admin"})).await.expect(200);
    let (of_root, of_ann) = (format!("/api/users/{}", root.id), format!("/api/users/{}", ann.id));
    let demote = json!({"role": "member"});
    let (a, b) = tokio::join!(ann.patch(&of_root, &demote), root.patch(&of_ann, &demote));
    assert!([a.status, b.status].contains(&200), "{} {}", a.text, b.text);
    assert_eq!(app.services.auth.accounts().iter().filter(|a| a.role.as_str() == "admin").count(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_reset_password_replaces_the_old_one_and_ends_every_session() {
    let app = TestApp::spawn().await;
    let (root, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = Ws::connect(&app, &ann).await;
    let path = format!("/api/users/{}/password", ann.id);
    for bad in [json!({"new_password": "short"}), json!({}), json!({"new_password": PASSWORD, "force": true})]
    {
        root.post(&path, &bad).await.expect(400);
    }
    ann.get("/api/auth/me").await.expect(200);
    root.post(&path, &json!({"new_password": "another password"})).await.expect(204);
    assert!(matches!(ws.closed().await, 3500 | 3503));
    ann.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    let old = json!({"username": "ann", "password": PASSWORD});
    app.anon().post("/api/auth/login", &old).await.expect_problem(401, "invalid_credentials");
    app.login("ann", "another password").await;
    app.stop().await;
}

#[tokio::test]
async fn everyone_changes_their_own_name_and_nothing_else() {
    let app = TestApp::spawn().await;
    let vic = app.viewer("vic").await;
    let changed = vic.patch("/api/me", &json!({"name": " Vic <b>Lee</b> "})).await.expect(200);
    assert_eq!((&changed["name"], &changed["username"]), (&json!("Vic <b>Lee</b>"), &json!("vic")));
    for wrong in [json!({"name": ""}), json!({"name": " "}), json!({}), json!({"name": "x", "role": "admin"})]
    {
        vic.patch("/api/me", &wrong).await.expect(400);
    }
    app.anon().patch("/api/me", &json!({"name": "nobody"})).await.expect_problem(401, "unauthorized");
    let new = json!({"name": "script", "scopes": ["users:read"]});
    let token = vic.post("/api/auth/tokens", &new).await.expect(201)["token"].as_str().unwrap().to_owned();
    vic.with_token(&token).patch("/api/me", &json!({"name": "x"})).await.expect_problem(403, "forbidden");
    let me = vic.get("/api/auth/me").await.expect(200)["user"].clone();
    assert_eq!((&me["name"], &me["role"]), (&json!("Vic <b>Lee</b>"), &json!("viewer")));
    app.stop().await;
}
