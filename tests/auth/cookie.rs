//! The dashboard's session: a cookie and a CSRF token.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::session_count;
use crate::support::database::number;
use crate::support::{ADMIN, Actor, Answer, PASSWORD, TestApp, Ws, eventually};

/// A browser with a session cookie.
struct Browser {
    actor: Actor,
    cookie: String,
    csrf: String,
}

impl Browser {
    async fn log_in(app: &TestApp, username: &str, password: &str) -> Self {
        let answer = log_in(app, username, password, &[]).await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let csrf = answer.expect(200)["csrf_token"].as_str().unwrap().to_owned();
        Self { actor: app.anon(), cookie, csrf }
    }

    async fn send(&self, method: Method, path: &str, csrf: Option<&str>, body: Option<&Value>) -> Answer {
        let mut request = self.actor.request(method, path).header("Cookie", &self.cookie);
        if let Some(csrf) = csrf {
            request = request.header("X-CSRF-Token", csrf);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.actor.send(request).await
    }
}

async fn log_in(app: &TestApp, username: &str, password: &str, headers: &[(&str, &str)]) -> Answer {
    let anon = app.anon();
    let mut request = anon.request(Method::POST, "/api/auth/cookie");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    anon.send(request.json(&json!({"username": username, "password": password}))).await
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let app = TestApp::spawn().await;
    let answer = log_in(&app, ADMIN.0, ADMIN.1, &[("X-Forwarded-Proto", "https")]).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("workspace_session="), "{cookie}");
    for attribute in ["; HttpOnly", "; SameSite=Strict", "; Path=/;", "; Max-Age=2592000"] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    assert!(!cookie.contains("Secure"), "nobody is trusted to say that this was TLS");
    assert_eq!(answer.expect(200)["user"]["username"], ADMIN.0);
    log_in(&app, ADMIN.0, "not the password", &[]).await.expect_problem(401, "invalid_credentials");
    app.stop().await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_with_tls_the_cookie_is_secure_and_under_the_base_path() {
    let app = TestApp::spawn_with(|c| {
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        c.base_path = "/workspace".into();
    })
    .await;
    let anon = app.anon();
    let request = anon
        .request(Method::POST, "/workspace/api/auth/cookie")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-For", "203.0.113.7")
        .json(&json!({"username": ADMIN.0, "password": ADMIN.1}));
    let answer = anon.send(request).await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "for no other host");
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.ends_with("; Secure") && cookie.contains("; Path=/workspace;"), "{cookie}");
    let request = anon.request(Method::GET, "/workspace/api/auth/sessions").header("Cookie", cookie);
    let sessions = anon.send(request).await.expect(200);
    assert_eq!(
        (sessions["items"][0]["address"].as_str(), sessions["items"][0]["kind"].as_str()),
        (Some("203.0.113.7"), Some("cookie"))
    );
    app.stop().await;
}

#[tokio::test]
async fn changes_need_the_sessions_own_csrf_token() {
    let app = TestApp::spawn().await;
    app.member("ann").await;
    let (root, ann) =
        (Browser::log_in(&app, ADMIN.0, ADMIN.1).await, Browser::log_in(&app, "ann", PASSWORD).await);
    let me = root.send(Method::GET, "/api/auth/me", None, None).await;
    assert!(me.header("set-cookie").starts_with(&root.cookie), "the cookie's term is renewed");
    assert_eq!(me.expect(200)["csrf_token"], json!(root.csrf));

    let eve = json!({"username": "eve", "password": PASSWORD, "role": "admin"});
    for csrf in [None, Some(""), Some("x"), Some(ann.csrf.as_str())] {
        root.send(Method::POST, "/api/users", csrf, Some(&eve)).await.expect_problem(403, "csrf");
        root.send(Method::POST, "/api/auth/logout", csrf, None).await.expect_problem(403, "csrf");
    }
    assert!(app.services.auth.account_named("eve").is_none());
    root.send(Method::POST, "/api/users", Some(&root.csrf), Some(&eve)).await.expect(201);
    assert_ne!(root.csrf, ann.csrf);
    app.stop().await;
}

#[tokio::test]
async fn logging_out_ends_the_cookie_and_its_sockets() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let browser = Browser::log_in(&app, "ann", PASSWORD).await;
    let origin = format!("http://{}", app.address);
    let mut ws = Ws::open(&app, &[("cookie", &browser.cookie), ("origin", &origin)]).await.unwrap();
    ws.ok("connect", &json!({})).await;
    let answer = browser.send(Method::POST, "/api/auth/logout", Some(&browser.csrf), None).await;
    assert!(
        answer.header("set-cookie").starts_with("workspace_session=; ")
            && answer.header("set-cookie").contains("Max-Age=0")
    );
    answer.expect(204);
    assert_eq!(ws.closed().await, 3500);
    browser.send(Method::GET, "/api/auth/me", None, None).await.expect_problem(401, "unauthorized");
    assert_eq!(session_count(&ann).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn a_cookie_session_ends_when_it_is_not_used() {
    let app = TestApp::spawn().await;
    let browser = Browser::log_in(&app, ADMIN.0, ADMIN.1).await;
    for _ in 0..3 {
        app.clock.advance(TimeDelta::days(20));
        browser.send(Method::GET, "/api/auth/me", None, None).await.expect(200);
    }
    let app = app.restart_after(TimeDelta::days(29)).await;
    let browser = Browser { actor: app.anon(), ..browser };
    browser.send(Method::GET, "/api/auth/me", None, None).await.expect(200);
    app.clock.advance(TimeDelta::days(30));
    browser.send(Method::GET, "/api/auth/me", None, None).await.expect_problem(401, "unauthorized");
    app.stop().await;
}

/// An open page is a use, also when it asks for nothing but what comes over its socket.
#[tokio::test]
async fn a_cookie_session_lasts_as_long_as_its_socket() {
    let app = TestApp::spawn().await;
    let browser = Browser::log_in(&app, ADMIN.0, ADMIN.1).await;
    let origin = format!("http://{}", app.address);
    let mut ws = Ws::open(&app, &[("cookie", &browser.cookie), ("origin", &origin)]).await.unwrap();
    ws.ok("connect", &json!({})).await;
    for days in [20, 40, 60] {
        app.clock.advance(TimeDelta::days(20));
        let since = (app.clock.now() - TimeDelta::minutes(1)).timestamp_millis();
        let sql = format!("SELECT COUNT(*) FROM sessions WHERE last_used_at >= {since}");
        eventually(&format!("day {days} is noted"), async || (number(&app, &sql).await == 1).then_some(()))
            .await;
    }
    assert_eq!(ws.err("rpc", &json!({"method": "no.such"})).await, 104, "it is still connected");
    drop(ws);
    eventually("the page is closed", async || (app.services.hub.stats().connections == 0).then_some(()))
        .await;
    app.clock.advance(TimeDelta::days(31));
    browser.send(Method::GET, "/api/auth/me", None, None).await.expect_problem(401, "unauthorized");
    app.stop().await;
}

#[tokio::test]
async fn a_refresh_token_is_no_cookie_and_a_cookie_no_bearer_token() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let browser = Browser::log_in(&app, "ann", PASSWORD).await;
    let cookie = browser.cookie.split_once('=').unwrap().1;
    app.anon().with_token(cookie).get("/api/auth/me").await.expect_problem(401, "unauthorized");
    super::refresh(&app, &json!(cookie), None).await.expect_problem(401, "unauthorized");
    let swapped = Browser {
        cookie: format!("workspace_session={}", ann.login["refresh_token"].as_str().unwrap()),
        ..browser
    };
    swapped.send(Method::GET, "/api/auth/me", None, None).await.expect_problem(401, "unauthorized");
    app.stop().await;
}
