//! What happened to one installation, in order.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{connect, described, installation_of, token, visit};
use crate::support::{Actor, TestApp, eventually};

fn kinds(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect()
}

async fn timeline(admin: &Actor, id: &str, query: &str) -> Value {
    admin.get(&format!("/api/installations/{id}/timeline?{query}")).await.expect(200)
}

#[tokio::test]
async fn a_timeline_tells_what_a_client_did_and_what_was_done_to_it() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = connect(&app, &ann, &described("desk", "i-1", "1.4.0", "Linux")).await;
    let id = installation_of(&admin, &ws).await;
    // Requests of the same login are those of the installation.
    ann.get("/api/auth/me").await.expect(200);
    ann.get("/api/agenda?from=2026-12-01T00:00:00Z&to=2026-12-02T00:00:00Z").await.expect(200);
    ann.get("/api/agenda/nonsense").await.expect(400);
    ann.post("/api/chat/rooms/general/messages", &json!({"body": "over HTTP"})).await.expect(201);
    ws.ok("publish", &json!({"channel": "chat:general", "data": {"body": "live"}})).await;
    let notice = json!({"title": "t", "body": "b", "level": "info"});
    admin.post(&format!("/api/clients/{}/notice", ws.client()), &notice).await.expect(204);
    // Signals that it sends stand between its events.
    let batch = json!({
        "meta": {"app": {"name": "desk", "version": "1.4.0", "installationId": "i-1"}},
        "exceptions": [{"type": "TypeError", "value": "x is undefined"}],
    });
    ws.ok("rpc", &json!({"method": "signals", "data": batch})).await;
    admin
        .post(&format!("/api/clients/{}/disconnect?reason=test", ws.client()), &Value::Null)
        .await
        .expect(204);
    assert_eq!(ws.closed().await, 3503);
    let page = eventually("the end is noted", async || {
        let page = timeline(&admin, &id, "").await;
        (kinds(&page)[0] == "disconnected").then_some(page)
    })
    .await;
    assert_eq!(
        kinds(&page),
        [
            "disconnected",
            "admin",
            "exception",
            "admin",
            "chat",
            "chat",
            "agenda",
            "agenda",
            "request",
            "connected"
        ]
    );
    let items = page["items"].as_array().unwrap();
    assert_eq!(
        (&items[0]["detail"]["code"], &items[0]["detail"]["reason"]),
        (&json!(3503), &json!("force disconnect"))
    );
    assert!(items[0]["detail"]["bytes_out"].as_u64().unwrap() > 0);
    assert_eq!(items[1]["detail"]["by"]["username"], crate::support::ADMIN.0);
    assert_eq!(
        (&items[1]["detail"]["action"], &items[1]["detail"]["reason"]),
        (&json!("disconnect"), &json!("test"))
    );
    assert_eq!(items[2]["summary"], "TypeError: x is undefined");
    assert_eq!(items[2]["detail"]["level"], "error");
    assert_eq!(items[6]["summary"], "GET /api/agenda/{event_id} 400");
    assert_eq!(items[8]["detail"]["route"], "/api/auth/me");
    assert!(items.windows(2).all(|pair| pair[0]["time"].as_str() >= pair[1]["time"].as_str()));
    // By kind.
    assert_eq!(kinds(&timeline(&admin, &id, "kind=agenda").await), ["agenda", "agenda"]);
    assert_eq!(kinds(&timeline(&admin, &id, "kind=exception").await), ["exception"]);
    assert!(kinds(&timeline(&admin, &id, "kind=log").await).is_empty());
    // In steps, to what is older and back to what is newer.
    let (mut older, mut path, mut pages) = (Vec::new(), "limit=3".to_owned(), Vec::new());
    loop {
        let page = timeline(&admin, &id, &path).await;
        older.extend(page["items"].as_array().unwrap().clone());
        pages.push(page.clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("limit=3&before={next}");
    }
    assert_eq!(older, *items);
    let oldest = items[9]["position"].as_str().unwrap();
    let (mut newer, mut from) = (vec![items[9].clone()], oldest.to_owned());
    loop {
        let page = timeline(&admin, &id, &format!("limit=4&after={from}")).await;
        let found = page["items"].as_array().unwrap();
        from = page["previous"].as_str().unwrap().to_owned();
        if found.is_empty() {
            break;
        }
        newer.splice(0..0, found.clone());
    }
    assert_eq!(newer, *items);
    let unknown = format!("/api/installations/{}/timeline", ann.id);
    admin.get(&unknown).await.expect_problem(404, "not_found");
    for query in
        ["before=x", "after=x", "kind=nonsense", "limit=0", &format!("before={oldest}&after={oldest}")]
    {
        admin.get(&format!("/api/installations/{id}/timeline?{query}")).await.expect(400);
    }
    for actor in [&ann, &app.viewer("vic").await, &token(&admin, &["signals:read"]).await] {
        actor.get(&format!("/api/installations/{id}/timeline")).await.expect_problem(403, "forbidden");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_timeline_outlives_the_server_and_ends_after_a_month() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let data = described("desk", "i-1", "1.4.0", "Linux");
    let id = visit(&app, &ann, &data).await;
    // A connection that the stop of the server ends.
    let _open = connect(&app, &ann, &data).await;
    let app = app.restart_after(TimeDelta::days(20)).await;
    let page = timeline(&app.admin().await, &id, "").await;
    assert_eq!(kinds(&page), ["disconnected", "connected", "disconnected", "connected"]);
    assert_eq!(page["items"][0]["detail"]["code"], 3001);
    app.clock.advance(TimeDelta::days(11));
    let admin = app.admin().await;
    eventually("old events are gone", async || {
        kinds(&timeline(&admin, &id, "").await).is_empty().then_some(())
    })
    .await;
    // The installation itself stays.
    admin.get(&format!("/api/installations/{id}")).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_events_of_one_installation_are_bounded() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let ws = connect(&app, &ann, &described("desk", "i-1", "1.4.0", "Linux")).await;
    let id = installation_of(&admin, &ws).await;
    let most = 2_000;
    for _ in 0..25 {
        let hundred = (0..100).map(|_| ann.get("/api/auth/me"));
        futures_util::future::join_all(hundred).await;
    }
    let (mut count, mut path) = (0, "limit=200".to_owned());
    loop {
        let page = timeline(&admin, &id, &path).await;
        count += kinds(&page).len();
        let Some(next) = page["next"].as_str() else { break };
        path = format!("limit=200&before={next}");
    }
    assert!((most..most + 100).contains(&count), "{count} events");
    app.stop().await;
}
