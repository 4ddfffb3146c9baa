//! Limits of failed logins.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use super::try_login;
use crate::support::{Answer, PASSWORD, TestApp};

async fn login_from(app: &TestApp, address: &str, username: &str, password: &str) -> Answer {
    let anon = app.anon();
    let request = anon.request(Method::POST, "/api/auth/login").header("X-Forwarded-For", address);
    anon.send(request.json(&json!({"username": username, "password": password}))).await
}

#[tokio::test]
async fn an_account_is_limited_from_everywhere_exactly_as_a_name_that_nobody_has() {
    let app = TestApp::spawn_with(|c| c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    app.member("ann").await;
    for name in ["ann", "nobody"] {
        for n in 0..10 {
            let answer = login_from(&app, &format!("203.0.113.{n}"), name, "not the password").await;
            answer.expect_problem(401, "invalid_credentials");
        }
    }
    let checks = app.services.auth.password_checks();
    let known = login_from(&app, "198.51.100.1", "ANN", PASSWORD).await;
    let unknown = login_from(&app, "198.51.100.1", "Nobody", PASSWORD).await;
    assert_eq!(app.services.auth.password_checks(), checks, "a limited login costs no hash");
    assert_eq!(known.text, unknown.text);
    for answer in [known, unknown] {
        let seconds: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        answer.expect_problem(429, "too_many_requests");
    }
    app.clock.advance(TimeDelta::seconds(60));
    login_from(&app, "198.51.100.1", "ann", PASSWORD).await.expect(200);
    for _ in 0..9 {
        // Success made the budget whole.
        login_from(&app, "198.51.100.1", "ann", "not the password").await.expect(401);
    }
    app.stop().await;
}

#[tokio::test]
async fn an_address_is_limited_over_all_names_and_headers_do_not_help() {
    let app = TestApp::spawn().await;
    app.member("ann").await;
    // Budgets come back with time, and this test may take some: try until the limit is felt.
    let mut tries = 0;
    let refused = loop {
        let from = format!("203.0.113.{tries}");
        let answer = login_from(&app, &from, &format!("name{tries}"), "not the password").await;
        if answer.status == 429 {
            break answer;
        }
        answer.expect_problem(401, "invalid_credentials");
        tries += 1;
        assert!(tries < 200, "no limit");
    };
    assert!(tries >= 50, "{tries}");
    refused.expect_problem(429, "too_many_requests");
    let answer = login_from(&app, "198.51.100.1", "ann", PASSWORD).await;
    let seconds: i64 = answer.header("retry-after").parse().unwrap();
    answer.expect_problem(429, "too_many_requests");
    app.clock.advance(TimeDelta::seconds(seconds));
    try_login(&app, "ann", PASSWORD).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_limit_holds_for_guesses_sent_at_once_and_for_every_door() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let guesses = (0..30).map(|_| try_login(&app, "ann", "not the password"));
    let answers = futures_util::future::join_all(guesses).await;
    assert_eq!(answers.iter().filter(|a| a.status == 401).count(), 10);
    assert_eq!(answers.iter().filter(|a| a.status == 429).count(), 20);
    let body = json!({"username": "ann", "password": PASSWORD});
    app.anon().post("/api/auth/cookie", &body).await.expect_problem(429, "too_many_requests");
    let body = json!({"current_password": "not the password", "new_password": "another password"});
    ann.post("/api/auth/password", &body).await.expect_problem(429, "too_many_requests");
    ann.get("/api/auth/me").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn failures_are_counted_by_reason() {
    let app = TestApp::spawn().await;
    app.member("ann").await;
    for _ in 0..11 {
        try_login(&app, "ann", "not the password").await;
    }
    let page = reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap().text().await.unwrap();
    let count = |reason: &str| -> u64 {
        let line = format!("workspace_login_failures_total{{reason=\"{reason}\"}} ");
        page.lines().find_map(|l| l.strip_prefix(&line)).unwrap().parse().unwrap()
    };
    // Other tests may share the process, and its metrics.
    assert!(count("credentials") >= 10 && count("account_limit") >= 1, "{page}");
    app.stop().await;
}
