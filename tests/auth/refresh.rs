//! Refresh tokens.

use chrono::TimeDelta;
use serde_json::json;

use super::{refresh, session_count};
use crate::support::{PASSWORD, TestApp, Ws};

#[tokio::test]
async fn a_refresh_gives_new_tokens_of_the_same_session() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let second = refresh(&app, &ann.login["refresh_token"], None).await.expect(200);
    assert_ne!(second["refresh_token"], ann.login["refresh_token"]);
    assert_eq!((second["token_type"].as_str(), &second["user"]), (Some("Bearer"), &ann.login["user"]));
    let third = refresh(&app, &second["refresh_token"], None).await.expect(200);
    let later = ann.with_token(third["access_token"].as_str().unwrap());
    assert_eq!(
        later.get("/api/auth/me").await.expect(200)["session_id"],
        ann.get("/api/auth/me").await.expect(200)["session_id"],
    );
    assert_eq!(session_count(&later).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn reuse_of_the_last_token_ends_the_session_for_both() {
    let app = TestApp::spawn().await;
    let (ann, other) = (app.member("ann").await, app.login("ann", PASSWORD).await);
    let mut ws = Ws::connect(&app, &ann).await;
    let second = refresh(&app, &ann.login["refresh_token"], None).await.expect(200);
    refresh(&app, &ann.login["refresh_token"], None).await.expect_problem(401, "unauthorized");
    assert_eq!(ws.closed().await, 3500);
    refresh(&app, &second["refresh_token"], None).await.expect_problem(401, "unauthorized");
    ann.with_token(second["access_token"].as_str().unwrap()).get("/api/auth/me").await.expect(401);
    other.get("/api/auth/me").await.expect(200);
    assert_eq!(session_count(&other).await, 1, "the account's other session goes on");
    app.stop().await;
}

#[tokio::test]
async fn reuse_of_a_token_long_replaced_ends_the_session() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut last = ann.login.clone();
    for _ in 0..3 {
        last = refresh(&app, &last["refresh_token"], None).await.expect(200);
    }
    refresh(&app, &ann.login["refresh_token"], None).await.expect_problem(401, "unauthorized");
    refresh(&app, &last["refresh_token"], None).await.expect_problem(401, "unauthorized");
    app.stop().await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_given_again_for_the_same_key() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let first = refresh(&app, &ann.login["refresh_token"], Some("try-1")).await.expect(200);
    app.clock.advance(TimeDelta::hours(5));
    let again = refresh(&app, &ann.login["refresh_token"], Some("try-1")).await.expect(200);
    assert_eq!(again["refresh_token"], first["refresh_token"]);
    let later = ann.with_token(again["access_token"].as_str().unwrap());
    later.get("/api/auth/me").await.expect(200);

    let next = refresh(&app, &first["refresh_token"], Some("try-2")).await.expect(200);
    refresh(&app, &ann.login["refresh_token"], Some("try-1")).await.expect_problem(401, "unauthorized");
    refresh(&app, &next["refresh_token"], None).await.expect_problem(401, "unauthorized");
    app.stop().await;
}

#[tokio::test]
async fn another_key_is_no_excuse() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    refresh(&app, &ann.login["refresh_token"], Some("try-1")).await.expect(200);
    refresh(&app, &ann.login["refresh_token"], Some("try-2")).await.expect_problem(401, "unauthorized");
    ann.get("/api/auth/me").await.expect_problem(401, "unauthorized");
    app.stop().await;
}

#[tokio::test]
async fn of_two_refreshes_at_once_without_a_key_one_is_reuse() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let token = &ann.login["refresh_token"];
    let (a, b) = tokio::join!(refresh(&app, token, None), refresh(&app, token, None));
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401]);
    app.stop().await;
}

#[tokio::test]
async fn invented_and_altered_tokens_end_nobodys_session() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let good = ann.login["refresh_token"].as_str().unwrap();
    let (body, signature) = good.rsplit_once('.').unwrap();
    let mut parts: Vec<&str> = good.split('.').collect();
    parts[2] = "sFwqsZcEbb_hSsMzKAeDSdfzLW9Y1JqzRdyUPGIHPkk";
    let half = &signature[..20];
    for bad in
        [parts.join("."), format!("{body}.{half}"), format!("{body}."), "wsr.x.y.z".into(), "'; --".into()]
    {
        refresh(&app, &json!(bad), None).await.expect_problem(401, "unauthorized");
    }
    refresh(&app, &json!(""), None).await.expect(400);
    refresh(&app, &json!(null), None).await.expect(400);
    ann.get("/api/auth/me").await.expect(200);
    refresh(&app, &json!(good), None).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn an_unused_session_ends_and_a_used_one_goes_on_over_restarts() {
    let app = TestApp::spawn().await;
    let (idle, busy) = (app.member("ann").await, app.member("ben").await);
    app.clock.advance(TimeDelta::days(20));
    let busy = refresh(&app, &busy.login["refresh_token"], None).await.expect(200);
    let app = app.restart_after(TimeDelta::days(11)).await;
    refresh(&app, &idle.login["refresh_token"], None).await.expect_problem(401, "unauthorized");
    refresh(&app, &busy["refresh_token"], None).await.expect(200);
    app.stop().await;
}
