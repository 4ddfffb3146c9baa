//! Exceptions that are the same fault.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{key, send};
use crate::support::TestApp;

fn exception(version: &str, installation: &str, value: &str, function: &str) -> Value {
    let frame =
        json!({"function": function, "filename": "https://x.test/app-3f9c2b1a.js", "lineno": 3, "colno": 7});
    json!({
        "meta": {"app": {"name": "desk", "version": version, "installationId": installation}},
        "exceptions": [{"type": "TypeError", "value": value, "stacktrace": {"frames": [frame]}}],
    })
}

#[tokio::test]
async fn the_same_fault_is_one_error_with_its_versions_and_clients() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    for (version, installation, value) in
        [("1.0", "a", "room 5 is gone"), ("1.0", "a", "room 6 is gone"), ("1.1", "b", "room 7 is gone")]
    {
        send(&app, &key, &exception(version, installation, value, "open")).await;
        app.clock.advance(TimeDelta::seconds(10));
    }
    send(&app, &key, &exception("1.1", "b", "room 7 is gone", "close")).await;
    let page = admin.get("/api/errors?sort=count").await.expect(200);
    let (often, once) = (&page["items"][0], &page["items"][1]);
    assert_eq!(
        (&often["count"], &often["clients"], &once["count"], &page["next"]),
        (&json!(3), &json!(2), &json!(1), &Value::Null)
    );
    assert_eq!((&often["message"], &often["culprit"]), (&json!("room 5 is gone"), &json!("open (app.js)")));
    assert!(often["first_seen"].as_str() < often["last_seen"].as_str());
    let detail = admin.get(&format!("/api/errors/{}", often["id"].as_str().unwrap())).await.expect(200);
    let versions: Vec<_> = detail["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| (v["version"].as_str().unwrap(), v["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(versions, [("1.1", 1), ("1.0", 2)]);
    assert_eq!(detail["latest"]["message"], "room 7 is gone");
    assert_eq!(
        detail["latest"]["stack"][0],
        json!({"function": "open", "module": "", "filename": "https://x.test/app-3f9c2b1a.js", "lineno": 3, "colno": 7, "original": null})
    );
    let line =
        admin.get(&format!("/api/logs/{}", detail["latest"]["line_id"].as_str().unwrap())).await.expect(200);
    assert_eq!(line["message"], "TypeError: room 7 is gone");
    app.stop().await;
}

#[tokio::test]
async fn errors_are_found_by_condition_and_in_pages() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    for n in 0..5 {
        let name = ["alpha", "beta", "gamma", "delta", "epsilon"][n];
        send(&app, &key, &exception(&format!("1.{n}"), "a", name, "f")).await;
        app.clock.advance(TimeDelta::seconds(1));
    }
    let names = |page: &Value| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["message"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/errors?limit=2{cursor}")).await.expect(200);
        seen.extend(names(&page));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["epsilon", "delta", "gamma", "beta", "alpha"]);
    for (query, wanted) in [
        ("search=GAMMA", vec!["gamma"]),
        ("version=1.3", vec!["delta"]),
        ("app=phone", vec![]),
        ("since=2100-01-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(names(&admin.get(&format!("/api/errors?{query}")).await.expect(200)), wanted, "{query}");
    }
    let ann = app.member("ann").await;
    ann.get("/api/errors").await.expect_problem(403, "forbidden");
    ann.get("/api/errors/019aa9ec-3f00-7000-8000-000000000001").await.expect_problem(403, "forbidden");
    admin.get("/api/errors/019aa9ec-3f00-7000-8000-000000000001").await.expect_problem(404, "not_found");
    admin.get("/api/errors?cursor=x").await.expect_problem(400, "validation_failed");
    app.stop().await;
}
