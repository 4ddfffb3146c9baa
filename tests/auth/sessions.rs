//! The list of one's sessions, and their end.

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;

use super::{refresh, session_count};
use crate::support::{PASSWORD, TestApp, Ws, eventually};

#[tokio::test]
async fn sessions_are_listed_with_device_address_and_last_use() {
    let app = TestApp::spawn().await;
    let old = app.member("ann").await;
    app.clock.advance(TimeDelta::minutes(5));
    let body = json!({"username": "ann", "password": PASSWORD, "device": "Ann's\u{7} phone"});
    app.anon().post("/api/auth/login", &body).await.expect(200);
    app.clock.advance(TimeDelta::minutes(5));
    let list = old.get("/api/auth/sessions").await.expect(200);
    assert!(list["next"].is_null());
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["current"], true, "the one that asks was used last");
    assert_eq!(
        (items[1]["device"].as_str(), items[1]["kind"].as_str()),
        (Some("Ann's phone"), Some("token"))
    );
    assert!(items[0]["last_used_at"].as_str() > items[1]["last_used_at"].as_str());
    assert!(items[0]["created_at"].as_str() < items[1]["created_at"].as_str());
    assert!(items[0]["expires_at"].as_str() > items[0]["last_used_at"].as_str());
    app.stop().await;
}

#[tokio::test]
async fn a_revoked_session_ends_at_once_with_its_sockets() {
    let app = TestApp::spawn().await;
    let (here, there) = (app.member("ann").await, app.login("ann", PASSWORD).await);
    let mut ws = Ws::connect(&app, &there).await;
    let id = there.get("/api/auth/me").await.expect(200)["session_id"].as_str().unwrap().to_owned();
    here.delete(&format!("/api/auth/sessions/{id}")).await.expect(204);
    assert_eq!(ws.closed().await, 3500);
    there.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    refresh(&app, &there.login["refresh_token"], None).await.expect_problem(401, "unauthorized");
    here.delete(&format!("/api/auth/sessions/{id}")).await.expect_problem(404, "not_found");
    assert_eq!(session_count(&here).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn anothers_session_is_not_found() {
    let app = TestApp::spawn().await;
    let (ann, ben, root) = (app.member("ann").await, app.member("ben").await, app.admin().await);
    let id = ann.get("/api/auth/me").await.expect(200)["session_id"].as_str().unwrap().to_owned();
    for other in [&ben, &root] {
        other.delete(&format!("/api/auth/sessions/{id}")).await.expect_problem(404, "not_found");
    }
    ben.delete("/api/auth/sessions/not-an-id").await.expect(400);
    app.anon().delete(&format!("/api/auth/sessions/{id}")).await.expect_problem(401, "unauthorized");
    ann.get("/api/auth/me").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn logging_out_ends_the_session_and_its_sockets() {
    let app = TestApp::spawn().await;
    let (here, there) = (app.member("ann").await, app.login("ann", PASSWORD).await);
    let mut ws = Ws::connect(&app, &here).await;
    here.post("/api/auth/logout", &json!({})).await.expect(204);
    assert_eq!(ws.closed().await, 3500);
    here.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    refresh(&app, &here.login["refresh_token"], None).await.expect_problem(401, "unauthorized");
    here.post("/api/auth/logout", &json!({})).await.expect_problem(401, "unauthorized");
    there.get("/api/auth/me").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn ended_sessions_stay_ended_after_a_restart() {
    let app = TestApp::spawn().await;
    let (here, there) = (app.member("ann").await, app.login("ann", PASSWORD).await);
    here.post("/api/auth/logout", &json!({})).await.expect(204);
    let app = app.restart_after(TimeDelta::seconds(1)).await;
    app.anon().with_token(&here.token).get("/api/auth/me").await.expect_problem(401, "unauthorized");
    app.anon().with_token(&there.token).get("/api/auth/me").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_least_recently_used_session_makes_room() {
    let app = TestApp::spawn().await;
    let first = app.member("ann").await;
    app.clock.advance(TimeDelta::seconds(5));
    let mut last = first.clone();
    for _ in 0..100 {
        last = app.login("ann", PASSWORD).await;
    }
    first.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    assert_eq!(session_count(&last).await, 100);
    app.stop().await;
}

#[tokio::test]
async fn sessions_that_are_over_are_removed_and_uses_are_noted() {
    let app = TestApp::spawn().await;
    let idle = app.member("ann").await;
    let mut ws = Ws::connect(&app, &idle).await;
    app.clock.advance(TimeDelta::days(31));
    assert_eq!(ws.closed().await, 3500, "its socket ends, too");
    let rows = || async {
        let sql = "SELECT count(*) AS n FROM sessions";
        let statement = Statement::from_string(sea_orm::DatabaseBackend::Sqlite, sql);
        let row = app.services.db.read().query_one_raw(statement).await.unwrap().unwrap();
        (row.try_get::<i64>("", "n").unwrap() == 0).then_some(())
    };
    eventually("no rows are left", rows).await;
    app.stop().await;
}

#[tokio::test]
async fn all_other_sessions_end_at_once_and_nobody_elses() {
    let app = TestApp::spawn().await;
    let (here, there, ben) =
        (app.member("ann").await, app.login("ann", PASSWORD).await, app.member("ben").await);
    let new = json!({"name": "script", "scopes": ["agenda:read"]});
    let token = here.post("/api/auth/tokens", &new).await.expect(201)["token"].as_str().unwrap().to_owned();
    let mut ws = Ws::connect(&app, &there).await;
    // A token is no person: it may not, and nothing ends.
    here.with_token(&token).delete("/api/auth/sessions").await.expect_problem(403, "forbidden");
    app.anon().delete("/api/auth/sessions").await.expect_problem(401, "unauthorized");
    there.get("/api/auth/me").await.expect(200);
    assert_eq!(here.delete("/api/auth/sessions").await.expect(200), json!({"ended": 1}));
    assert_eq!(ws.closed().await, 3500);
    there.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    for who in [&here, &ben, &here.with_token(&token)] {
        who.get("/api/auth/me").await.expect(200);
    }
    assert_eq!(here.delete("/api/auth/sessions").await.expect(200), json!({"ended": 0}));
    assert_eq!(session_count(&here).await, 1);
    app.stop().await;
}
