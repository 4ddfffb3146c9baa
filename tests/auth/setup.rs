//! The first admin.

use serde_json::json;
use workspace_server::config::{FirstAdmin, Secret};

use crate::support::{ADMIN, PASSWORD, TestApp};

#[tokio::test]
async fn the_link_makes_the_first_admin_once() {
    let app = TestApp::spawn_with(|c| c.first_admin = None).await;
    let anon = app.anon();
    assert_eq!(anon.get("/api/setup").await.expect(200), json!({"needed": true}));
    let token = app.services.auth.setup_token().unwrap();
    let body = |token: &str| json!({"token": token, "username": "ann", "password": PASSWORD, "name": "Ann"});

    for wrong in ["", "x", &token[1..], &format!("{token}x")] {
        anon.post("/api/setup", &body(wrong)).await.expect_problem(403, "forbidden");
    }
    let weak = json!({"token": token, "username": "ann", "password": "short"});
    anon.post("/api/setup", &weak).await.expect_problem(400, "validation_failed");
    assert!(app.services.auth.accounts().is_empty());
    assert_eq!(app.services.auth.setup_token().as_ref(), Some(&token));

    let answer = anon.post("/api/setup", &body(&token)).await;
    let cookie = answer.header("set-cookie").to_owned();
    let user = answer.expect(201);
    assert_eq!((user["role"].as_str(), user["name"].as_str()), (Some("admin"), Some("Ann")));
    let request = anon.request(reqwest::Method::GET, "/api/auth/me").header("Cookie", cookie);
    assert_eq!(anon.send(request).await.expect(200)["user"], user, "the browser is logged in");

    assert_eq!(anon.get("/api/setup").await.expect(200), json!({"needed": false}));
    assert_eq!(app.services.auth.setup_token(), None);
    let again = json!({"token": token, "username": "eve", "password": PASSWORD});
    anon.post("/api/setup", &again).await.expect_problem(403, "forbidden");
    assert_eq!(app.services.auth.accounts().len(), 1);
    app.login("ann", PASSWORD).await;
    app.stop().await;
}

#[tokio::test]
async fn of_two_who_hold_the_link_one_becomes_admin() {
    let app = TestApp::spawn_with(|c| c.first_admin = None).await;
    let token = app.services.auth.setup_token().unwrap();
    let anon = app.anon();
    let set_up = |name: &str| {
        let body = json!({"token": token, "username": name, "password": PASSWORD});
        let anon = anon.clone();
        async move { anon.post("/api/setup", &body).await.status }
    };
    let (a, b) = tokio::join!(set_up("ann"), set_up("ben"));
    assert_eq!([a.min(b), a.max(b)], [201, 403]);
    assert_eq!(app.services.auth.accounts().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_configured_admin_is_made_on_an_empty_database_only() {
    let app = TestApp::spawn().await;
    assert_eq!(app.anon().get("/api/setup").await.expect(200), json!({"needed": false}));
    app.admin().await;
    let app = app
        .restart_with(chrono::TimeDelta::seconds(1), |c| {
            c.first_admin = Some(FirstAdmin { username: "other".into(), password: Secret::new(PASSWORD) });
        })
        .await;
    assert!(app.services.auth.account_named("other").is_none());
    app.login(ADMIN.0, ADMIN.1).await;
    app.stop().await;
}
