//! Exceptions that are the same fault.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{key, send};
use crate::support::{ADMIN, Actor, TestApp, Ws};

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

/// The state of an error, and whether it came back.
async fn state(admin: &Actor, id: &str) -> (String, bool) {
    let error = admin.get(&format!("/api/errors/{id}")).await.expect(200);
    (error["state"].as_str().unwrap().to_owned(), error["regressed"].as_bool().unwrap())
}

#[tokio::test]
async fn a_resolved_error_that_is_seen_again_is_open_and_an_ignored_one_stays() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    send(&app, &key, &exception("1.0", "a", "gone", "open")).await;
    send(&app, &key, &exception("1.0", "a", "lost", "close")).await;
    let page = admin.get("/api/errors").await.expect(200);
    assert_eq!((&page["open"], &page["items"][0]["state_at"]), (&json!(2), &Value::Null));
    let id = |n: usize| page["items"][n]["id"].as_str().unwrap().to_owned();
    let (lost, gone) = (id(0), id(1));
    let set = async |id: &str, state: &str| {
        let changed = admin.patch(&format!("/api/errors/{id}"), &json!({"state": state})).await.expect(200);
        assert_eq!((&changed["state"], &changed["regressed"]), (&json!(state), &json!(false)));
        assert!(changed["state_at"].is_string());
        changed
    };
    let resolved = set(&gone, "resolved").await;
    assert_eq!(resolved["trend"].as_array().unwrap().len(), 24);
    set(&lost, "ignored").await;
    for (query, wanted) in [("open", vec![]), ("resolved", vec!["gone"]), ("ignored", vec!["lost"])] {
        let page = admin.get(&format!("/api/errors?state={query}")).await.expect(200);
        let found: Vec<_> =
            page["items"].as_array().unwrap().iter().map(|i| i["message"].as_str().unwrap()).collect();
        assert_eq!((found, &page["open"]), (wanted, &json!(0)));
    }
    send(&app, &key, &exception("1.1", "a", "gone", "open")).await;
    send(&app, &key, &exception("1.1", "a", "lost", "close")).await;
    assert_eq!(state(&admin, &gone).await, ("open".to_owned(), true));
    assert_eq!(state(&admin, &lost).await, ("ignored".to_owned(), false));
    let page = admin.get("/api/errors?state=open").await.expect(200);
    assert_eq!((&page["open"], &page["items"][0]["count"]), (&json!(1), &json!(2)));
    set(&gone, "open").await;
    send(&app, &key, &exception("1.1", "a", "gone", "open")).await;
    assert_eq!(state(&admin, &gone).await, ("open".to_owned(), false), "nobody said that it was mended");
    app.stop().await;
}

#[tokio::test]
async fn only_an_admin_who_logged_in_says_what_becomes_of_an_error() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    send(&app, &key, &exception("1.0", "a", "gone", "open")).await;
    let id = admin.get("/api/errors").await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/errors/{id}");
    let change = json!({"state": "resolved"});
    app.member("ann").await.patch(&path, &change).await.expect_problem(403, "forbidden");
    app.anon().patch(&path, &change).await.expect_problem(401, "unauthorized");
    let wanted = json!({"name": "t", "scopes": ["signals:read", "signals:write"]});
    let token =
        admin.post("/api/auth/tokens", &wanted).await.expect(201)["token"].as_str().unwrap().to_owned();
    admin.with_token(&token).patch(&path, &change).await.expect_problem(403, "forbidden");
    for wrong in [json!({"state": "mended"}), json!({}), json!({"state": "open", "count": 0})] {
        admin.patch(&path, &wrong).await.expect(400);
    }
    let unknown = "/api/errors/019aa9ec-3f00-7000-8000-000000000001";
    admin.patch(unknown, &change).await.expect_problem(404, "not_found");
    admin.get("/api/errors?state=mended").await.expect(400);
    assert_eq!(state(&admin, &id).await, ("open".to_owned(), false));
    app.stop().await;
}

#[tokio::test]
async fn an_error_shows_its_trend_its_last_exceptions_and_who_had_them() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    for (hours, times) in [(24 * 20, 1), (30, 2), (2, 3)] {
        for n in 0..times {
            let installation = ["a", "b"][n % 2];
            send(&app, &key, &exception("1.0", installation, &format!("room {hours} is gone"), "open")).await;
        }
        app.clock.advance(TimeDelta::hours(hours));
    }
    let admin = admin.with_token(&app.admin().await.token);
    let error = admin.get("/api/errors").await.expect(200)["items"][0].take();
    let numbers =
        |list: &Value| list.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect::<Vec<_>>();
    let (trend, id) = (numbers(&error["trend"]), error["id"].as_str().unwrap());
    assert_eq!((trend.len(), trend[21], trend.iter().sum::<u64>()), (24, 3, 3));
    let detail = admin.get(&format!("/api/errors/{id}")).await.expect(200);
    let days = numbers(&detail["days"]);
    assert_eq!((days.len(), days[29], days[28], days.iter().sum::<u64>()), (30, 3, 2, 6));
    let occurrences = detail["occurrences"].as_array().unwrap();
    assert_eq!((occurrences.len(), &occurrences[0]["message"]), (6, &json!("TypeError: room 2 is gone")));
    let line =
        admin.get(&format!("/api/logs/{}", occurrences[0]["line_id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&line["time"], &line["client"]), (&occurrences[0]["time"], &occurrences[0]["client"]));
    let affected = detail["affected"].as_array().unwrap();
    let counts: Vec<_> = affected.iter().map(|client| client["count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [4, 2]);
    assert_eq!(affected[0]["client"], occurrences[0]["client"]);
    app.clock.advance(TimeDelta::days(31));
    send(&app, &key, &exception("1.0", "a", "room 1 is gone", "open")).await;
    let kept: i64 = super::value(&app, "SELECT COUNT(*) FROM error_group_hours").await;
    assert_eq!(kept, 1, "hours that no trend shows are gone");
    app.stop().await;
}

#[tokio::test]
async fn several_errors_change_at_once_and_every_admin_is_told() {
    let app = TestApp::spawn().await;
    let (admin, other, ann) = (app.admin().await, app.login(ADMIN.0, ADMIN.1).await, app.member("ann").await);
    let key = key(&app, "desk").await;
    for function in ["open", "close", "save"] {
        send(&app, &key, &exception("1.0", "a", "gone", function)).await;
    }
    let page = admin.get("/api/errors").await.expect(200);
    let ids: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
    let mut ws = Ws::connect(&app, &other).await;
    ws.ok("subscribe", &json!({"channel": "monitor:errors"})).await;
    let mut of_ann = Ws::connect(&app, &ann).await;
    assert_eq!(of_ann.err("subscribe", &json!({"channel": "monitor:errors"})).await, 103);
    let change =
        json!({"ids": [ids[0], ids[1], "019a8e3a-0000-7000-8000-000000000000"], "state": "resolved"});
    ann.patch("/api/errors", &change).await.expect_problem(403, "forbidden");
    admin.patch("/api/errors", &json!({"ids": [], "state": "resolved"})).await.expect(400);
    admin.patch("/api/errors", &json!({"ids": [ids[0]], "state": "gone"})).await.expect(400);
    assert_eq!(admin.get("/api/errors?state=open").await.expect(200)["open"], 3);
    let changed = admin.patch("/api/errors", &change).await.expect(200);
    assert_eq!(changed["ids"], json!([ids[0], ids[1]]));
    let told = ws.publication("monitor:errors").await["data"].clone();
    assert_eq!(told, json!({"ids": [ids[0], ids[1]], "state": "resolved", "by": ADMIN.0}));
    let left = admin.get("/api/errors?state=open").await.expect(200);
    assert_eq!((&left["open"], &left["items"][0]["id"]), (&json!(1), ids[2]));
    let path = format!("/api/errors/{}", ids[2].as_str().unwrap());
    admin.patch(&path, &json!({"state": "ignored"})).await.expect(200);
    let told = ws.publication("monitor:errors").await["data"].clone();
    assert_eq!((&told["ids"], &told["state"]), (&json!([ids[2]]), &json!("ignored")));
    let row = admin.get("/api/audit?action=update_errors&outcome=ok").await.expect(200)["items"][0].clone();
    assert_eq!(row["target"]["error_ids"], json!([ids[0], ids[1]]));
    app.stop().await;
}
