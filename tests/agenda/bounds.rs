//! What one account may put into everybody's agenda, edits of whatever is there, and events that cannot be read.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::{create, daily, list, patch, path, stand_up, with};
use crate::support::database::{self, Held, number, queued};
use crate::support::{Actor, Answer, TestApp, Ws};

/// Imports `count` events of an hour, from tomorrow on, an hour apart.
async fn import(app: &TestApp, actor: &Actor, visibility: &str, uid: &str, count: usize) -> Value {
    let from = app.clock.now() + TimeDelta::days(1);
    let events: String = (0..count)
        .map(|n| {
            let start = (from + TimeDelta::hours(i64::try_from(n % 1000).unwrap())).format("%Y%m%dT%H%M%SZ");
            format!(
                "BEGIN:VEVENT\r\nUID:{uid}{n}@x\r\nSUMMARY:{uid}\r\nDTSTART:{start}\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"
            )
        })
        .collect();
    let file = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{events}END:VCALENDAR\r\n");
    let request = actor.request(Method::POST, &format!("/api/agenda/import?visibility={visibility}"));
    actor.send(request.header("content-type", "text/calendar").body(file)).await.expect(200)
}

async fn patch_any(actor: &Actor, event: &Value, body: Value) -> Answer {
    actor.send(actor.request(Method::PATCH, &path(event)).header("If-Match", "*").json(&body)).await
}

#[tokio::test]
async fn an_account_shares_a_thousand_events_and_no_more() {
    let app = TestApp::spawn().await;
    let (ann, bob, admin) = (app.member("ann").await, app.member("bob").await, app.admin().await);
    let own = create(&ann, daily()).await;
    let shared = create(&ann, with(stand_up(), json!({"visibility": "team"}))).await;
    let report = import(&app, &ann, "team", "a", 1001).await;
    assert_eq!((&report["created"], report["problems"].as_array().unwrap().len()), (&json!(999), 2));
    assert!(report["problems"][0]["message"].as_str().unwrap().contains("1000"), "{report}");

    let before = number(&app, "SELECT COUNT(*) + SUM(version) FROM agenda_events").await;
    let team = json!({"visibility": "team"});
    let invited = json!({"attendees": [{"user_id": bob.id}]});
    let endless = with(stand_up(), json!({"visibility": "team", "recurrence": {"rule": "FREQ=DAILY"}}));
    for body in [with(stand_up(), team.clone()), with(stand_up(), invited.clone()), endless] {
        let problem = ann.post("/api/agenda", &body).await.expect_problem(409, "limit_reached");
        assert!(problem["detail"].as_str().unwrap().contains("1000"), "{problem}");
    }
    patch(&ann, &own, "", team.clone()).await.expect_problem(409, "limit_reached");
    patch(&ann, &own, "", invited).await.expect_problem(409, "limit_reached");
    let replaced = with(stand_up(), team.clone());
    super::edit(&ann, Method::PUT, &own, "", Some(replaced)).await.expect_problem(409, "limit_reached");
    assert_eq!(number(&app, "SELECT COUNT(*) + SUM(version) FROM agenda_events").await, before);

    // What others do not see, what was long ago, and what is shared already.
    create(&ann, stand_up()).await;
    create(&ann, with(stand_up(), json!({"attendees": [{"email": "cat@example.org"}]}))).await;
    let past = json!({"title": "Past", "start": "2019-01-07T09:00:00Z", "visibility": "team"});
    let past = create(&ann, past).await;
    patch(&ann, &past, "", json!({"start": "2030-01-07T09:00:00Z"}))
        .await
        .expect_problem(409, "limit_reached");
    let shared = patch(&ann, &shared, "", json!({"title": "Renamed"})).await.expect(200);
    // One place is free again.
    patch(&ann, &shared, "", json!({"visibility": "private"})).await.expect(200);
    create(&ann, with(stand_up(), team.clone())).await;
    ann.post("/api/agenda", &with(stand_up(), team.clone())).await.expect_problem(409, "limit_reached");

    create(&bob, with(stand_up(), team.clone())).await;
    assert_eq!(import(&app, &admin, "team", "b", 1001).await["created"], 1001);
    create(&admin, with(stand_up(), team)).await;
    app.stop().await;
}

#[tokio::test]
async fn splitting_a_shared_series_counts_as_a_new_event() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let series = create(&ann, with(daily(), json!({"visibility": "team"}))).await;
    import(&app, &ann, "team", "a", 999).await;
    let query = "scope=following&occurrence=2026-11-25T09:00:00";
    patch(&ann, &series, query, json!({"title": "After"})).await.expect_problem(409, "limit_reached");
    assert_eq!(ann.get(&path(&series)).await.expect(200), series);
    patch(&ann, &series, query, json!({"title": "After", "visibility": "private"})).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_series_is_not_split_beyond_what_an_account_owns() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let series = create(&ann, daily()).await;
    // Ten thousand in all, as if they had been made over the years.
    let copies = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 9999) \
                  INSERT INTO agenda_events SELECT CAST(printf('%016d', n) AS BLOB), owner_id, printf('%d', n), title, \
                  start_local, length_seconds, all_day, time_zone, place, notes, color, visibility, attendees, \
                  reminders, rule, last_local, exceptions, span_start, span_end, next_reminder, version, created_at, \
                  updated_at FROM agenda_events, n";
    assert_eq!(database::write(&app, copies, []).await, 9999);
    let query = "scope=following&occurrence=2026-11-25T09:00:00";
    let problem =
        patch(&ann, &series, query, json!({"title": "After"})).await.expect_problem(409, "limit_reached");
    assert!(problem["detail"].as_str().unwrap().contains("10000"), "{problem}");
    assert_eq!(ann.get(&path(&series)).await.expect(200), series, "its first half is whole again");
    assert_eq!(number(&app, "SELECT COUNT(*) FROM agenda_events").await, 10_000);
    ann.post("/api/agenda", &stand_up()).await.expect_problem(409, "limit_reached");
    patch(&ann, &series, "", json!({"title": "Whole"})).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn any_version_is_whichever_is_there() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let event = create(&ann, stand_up()).await;
    let held = Held::writer(&app).await;
    let tasks: Vec<_> = ["*", "\"1\"", "*"]
        .into_iter()
        .enumerate()
        .map(|(n, tag)| {
            let field = ["place", "title", "notes"][n];
            let request = ann.request(Method::PATCH, &path(&event)).header("If-Match", tag);
            let (ann, request) = (ann.clone(), request.json(&json!({ field: tag })));
            tokio::spawn(async move { ann.send(request).await })
        })
        .collect();
    queued(&app, 3).await;
    held.release().await;
    let mut versions = Vec::new();
    for (task, any) in tasks.into_iter().zip([true, false, true]) {
        let answer = task.await.unwrap();
        if any {
            versions.push(answer.expect(200)["version"].as_i64().unwrap());
        } else if answer.status != 200 {
            answer.expect_problem(412, "precondition_failed");
        }
    }
    let now = ann.get(&path(&event)).await.expect(200);
    assert_eq!((&now["place"], &now["notes"]), (&json!("*"), &json!("*")), "neither edit was lost");
    assert_eq!(versions.iter().max(), now["version"].as_i64().as_ref());

    let held = Held::writer(&app).await;
    let edit = tokio::spawn({
        let (ann, event) = (ann.clone(), event.clone());
        async move { patch_any(&ann, &event, json!({"title": "Last"})).await }
    });
    queued(&app, 1).await;
    let gone = ann.request(Method::DELETE, &path(&event)).header("If-Match", "*");
    let gone = tokio::spawn({
        let ann = ann.clone();
        async move { ann.send(gone).await }
    });
    queued(&app, 2).await;
    held.release().await;
    assert_eq!((edit.await.unwrap().status, gone.await.unwrap().status), (200, 204));
    patch_any(&ann, &event, json!({"title": "x"})).await.expect_problem(404, "not_found");
    app.stop().await;
}

#[tokio::test]
async fn a_damaged_event_is_as_if_it_were_not_there_and_can_be_deleted() {
    let app = TestApp::spawn().await;
    let (ann, bob, admin) = (app.member("ann").await, app.member("bob").await, app.admin().await);
    let team = with(stand_up(), json!({"visibility": "team"}));
    let (first, second) = (create(&ann, team.clone()).await, create(&ann, team).await);
    let private = create(&ann, stand_up()).await;
    import(&app, &ann, "private", "a", 1).await;
    assert_eq!(database::write(&app, "UPDATE agenda_events SET time_zone = 'Europe/Atlantis'", []).await, 4);
    for actor in [&ann, &bob, &admin] {
        for event in [&first, &second, &private] {
            actor.get(&path(event)).await.expect_problem(404, "not_found");
        }
    }
    patch_any(&ann, &first, json!({"title": "x"})).await.expect_problem(404, "not_found");
    let report = import(&app, &ann, "private", "a", 2).await;
    assert_eq!((&report["created"], &report["problems"][0]["skipped"]), (&json!(1), &json!(true)));

    let delete = |actor: &Actor, event: &Value, tag: &'static str| {
        let actor = actor.clone();
        let request = actor.request(Method::DELETE, &path(event));
        let request = if tag.is_empty() { request } else { request.header("If-Match", tag) };
        async move { actor.send(request).await }
    };
    delete(&bob, &first, "*").await.expect_problem(403, "forbidden");
    delete(&admin, &private, "*").await.expect_problem(404, "not_found");
    delete(&ann, &first, "").await.expect_problem(428, "precondition_required");
    delete(&ann, &first, "\"7\"").await.expect_problem(412, "precondition_failed");
    assert_eq!(number(&app, "SELECT COUNT(*) FROM agenda_events").await, 5);
    let mut ws = Ws::connect(&app, &bob).await;
    assert_eq!(delete(&ann, &first, "*").await.status, 204);
    let told = ws.publication(&format!("user:{}", bob.id)).await["data"].clone();
    assert_eq!((&told["action"], &told["event_id"]), (&json!("deleted"), &first["id"]));
    assert_eq!(delete(&admin, &second, "\"1\"").await.status, 204);
    assert_eq!(delete(&ann, &private, "*").await.status, 204);
    assert_eq!(number(&app, "SELECT COUNT(*) FROM agenda_events").await, 2);
    assert_eq!(list(&ann, "2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z").await.len(), 1);
    app.stop().await;
}
