//! Creating, reading, replacing, changing and deleting events, and who may.

use reqwest::Method;
use serde_json::{Value, json};

use super::{create, daily, delete, edit, list, patch, path, stand_up, starts, with};
use crate::support::TestApp;

#[tokio::test]
async fn an_event_is_created_read_changed_and_deleted() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let full = json!({
        "title": "  Review ",
        "start": "2026-11-23T09:00:00",
        "end": "2026-11-23T10:30:00",
        "all_day": false,
        "time_zone": "Europe/Paris",
        "place": "Room 1",
        "notes": "one\r\ntwo <b>'; DROP TABLE users; --",
        "color": "#2F6FED",
        "attendees": [{"email": "Bob@Example.org", "name": "Bob"}],
        "reminders": [10, 60, 10],
        "recurrence": {"rule": "rrule:freq=weekly;byday=mo", "excluded": ["2026-11-30T09:00:00"]},
        "visibility": "team",
    });
    let answer = ann.post("/api/agenda", &full).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let event = answer.expect(201);
    let expected = json!({
        "title": "Review",
        "start": "2026-11-23T09:00:00",
        "end": "2026-11-23T10:30:00",
        "starts_at": "2026-11-23T08:00:00.000Z",
        "ends_at": "2026-11-23T09:30:00.000Z",
        "all_day": false,
        "time_zone": "Europe/Paris",
        "place": "Room 1",
        "notes": "one\ntwo <b>'; DROP TABLE users; --",
        "color": "#2f6fed",
        "attendees": [{"user_id": null, "email": "bob@example.org", "name": "Bob", "response": "needs_action"}],
        "reminders": [60, 10],
        "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=MO", "excluded": ["2026-11-30T09:00:00"], "changed": []},
        "visibility": "team",
        "version": 1,
        "uid": event["id"],
        "owner": {"id": ann.id, "username": "ann", "name": "ann"},
    });
    assert_eq!(with(event.clone(), expected), event);

    let read = ann.get(&path(&event)).await;
    assert_eq!(read.header("etag"), "\"1\"");
    assert_eq!(read.expect(200), event);

    let changed = patch(&ann, &event, "", json!({"title": "Retro", "place": null, "notes": ""})).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.expect(200);
    assert_eq!(
        (&changed["title"], &changed["place"], &changed["notes"]),
        (&json!("Retro"), &Value::Null, &Value::Null)
    );
    assert_eq!(changed["color"], "#2f6fed");

    let replaced = edit(&ann, Method::PUT, &changed, "", Some(stand_up())).await.expect(200);
    assert_eq!((&replaced["recurrence"], &replaced["reminders"]), (&Value::Null, &json!([])));
    assert_eq!((&replaced["id"], &replaced["version"]), (&event["id"], &json!(3)));
    assert_eq!(replaced["visibility"], "private");

    assert_eq!(delete(&ann, &replaced, "").await.status, 204);
    ann.get(&path(&event)).await.expect_problem(404, "not_found");
    assert!(starts(&ann).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_change_names_the_version_that_it_is_about() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let event = create(&ann, stand_up()).await;
    let change = json!({"title": "Other"});
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let request = ann.request(method.clone(), &path(&event)).json(&stand_up());
        ann.send(request).await.expect_problem(428, "precondition_required");
        for tag in ["\"2\"", "\"0\"", "1", "W/\"1\"", "\"x\"", ""] {
            let request =
                ann.request(method.clone(), &path(&event)).header("If-Match", tag).json(&stand_up());
            ann.send(request).await.expect_problem(412, "precondition_failed");
        }
    }
    assert_eq!(ann.get(&path(&event)).await.expect(200), event);
    let both = ann.request(Method::PATCH, &path(&event)).header("If-Match", "\"9\", \"1\"").json(&change);
    ann.send(both).await.expect(200);
    let any = ann.request(Method::PATCH, &path(&event)).header("If-Match", "*").json(&change);
    assert_eq!(ann.send(any).await.expect(200)["version"], 3);
    patch(&ann, &event, "", change).await.expect_problem(412, "precondition_failed");
    app.stop().await;
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let event = create(&ann, stand_up()).await;
    let change = |title: &str| patch(&ann, &event, "", json!({"title": title}));
    let (a, b, c) = tokio::join!(change("a"), change("b"), change("c"));
    let mut statuses = [a.status, b.status, c.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412]);
    assert_eq!(ann.get(&path(&event)).await.expect(200)["version"], 2);
    app.stop().await;
}

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_stored() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let somebody = "019ab000-0000-7000-8000-00000000dead";
    for (change, field) in [
        (json!({"title": "   "}), "title"),
        (json!({"title": "x".repeat(201)}), "title"),
        (json!({"title": "a\nb"}), "title"),
        (json!({"start": "tomorrow"}), "start"),
        (json!({"start": "2026-02-30T09:00:00"}), "start"),
        (json!({"start": "1899-12-31T09:00:00"}), "start"),
        (json!({"start": "2026-11-23"}), "start"),
        (json!({"end": "2026-11-23T08:59:59"}), "end"),
        (json!({"end": "2029-11-23T08:59:59"}), "end"),
        (json!({"end": "2026-11-24"}), "end"),
        (json!({"all_day": true}), "start"),
        (json!({"time_zone": "Paris"}), "time_zone"),
        (json!({"time_zone": "../../etc/passwd"}), "time_zone"),
        (json!({"place": "x".repeat(501)}), "place"),
        (json!({"notes": "x".repeat(20_001)}), "notes"),
        (json!({"notes": "a\u{0}b"}), "notes"),
        (json!({"color": "red"}), "color"),
        (json!({"reminders": [1, 2, 3, 4, 5, 6]}), "reminders"),
        (json!({"reminders": [40_321]}), "reminders"),
        (json!({"attendees": [{}]}), "attendees[0].user_id"),
        (json!({"attendees": [{"email": "nobody"}]}), "attendees[0].email"),
        (json!({"attendees": [{"user_id": somebody}]}), "attendees[0].user_id"),
        (json!({"attendees": [{"email": "a@b"}, {"email": "A@b"}]}), "attendees[1].user_id"),
        (json!({"attendees": vec![json!({"email": "a@b"}); 101]}), "attendees"),
        (json!({"recurrence": {"rule": "FREQ=SECONDLY"}}), "recurrence.rule"),
        (json!({"recurrence": {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}}), "recurrence.rule"),
        (json!({"recurrence": {"rule": "FREQ=DAILY", "excluded": ["first"]}}), "recurrence.excluded"),
        (
            json!({"recurrence": {"rule": "FREQ=DAILY;COUNT=1", "excluded": ["2026-11-23T09:00:00"]}}),
            "recurrence.excluded",
        ),
    ] {
        let problem = ann
            .post("/api/agenda", &with(stand_up(), change.clone()))
            .await
            .expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field, "{change}: {problem}");
    }
    let several = with(stand_up(), json!({"title": "", "color": "x", "time_zone": "x"}));
    let problem = ann.post("/api/agenda", &several).await.expect_problem(400, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 3, "{problem}");
    for body in [
        with(stand_up(), json!({"titel": "x"})),
        with(stand_up(), json!({"title": 5})),
        with(stand_up(), json!({"title": null})),
        with(stand_up(), json!({"visibility": "public"})),
        with(stand_up(), json!({"recurrence": "FREQ=DAILY"})),
        with(stand_up(), json!({"attendees": [{"email": "a@b", "role": "chair"}]})),
        with(stand_up(), json!({"reminders": [-1]})),
        json!([]),
        json!({}),
    ] {
        let problem = ann.post("/api/agenda", &body).await.expect(400);
        let text = problem["detail"].as_str().unwrap();
        assert!(!text.contains("occurred while") && !text.contains("failed to parse"), "{body}: {text}");
    }
    let without = with(stand_up(), json!({"recurrence": {"until": "x"}}));
    let problem = ann.post("/api/agenda", &without).await.expect_problem(400, "validation_failed");
    let fields: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"recurrence.rule"), "{problem}");
    assert!(starts(&ann).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn private_events_are_seen_by_owner_and_attendees_alone() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let admin = app.admin().await;
    let event = create(&ann, with(stand_up(), json!({"attendees": [{"user_id": bob.id}]}))).await;
    assert_eq!(event["attendees"][0]["name"], "bob");
    for other in [&eve, &admin] {
        other.get(&path(&event)).await.expect_problem(404, "not_found");
        patch(other, &event, "", json!({"title": "x"})).await.expect_problem(404, "not_found");
        delete(other, &event, "").await.expect_problem(404, "not_found");
        assert!(starts(other).await.is_empty());
    }
    assert_eq!(bob.get(&path(&event)).await.expect(200), event);
    assert_eq!(starts(&bob).await.len(), 1);
    patch(&bob, &event, "", json!({"title": "x"})).await.expect_problem(403, "forbidden");
    delete(&bob, &event, "").await.expect_problem(403, "forbidden");
    assert_eq!(ann.get(&path(&event)).await.expect(200), event);
    let alone = patch(&ann, &event, "", json!({"attendees": []})).await.expect(200);
    bob.get(&path(&alone)).await.expect_problem(404, "not_found");
    assert!(starts(&bob).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn team_events_are_read_by_all_and_changed_by_owner_and_admin() {
    let app = TestApp::spawn().await;
    let (ann, eve, vic) = (app.member("ann").await, app.member("eve").await, app.viewer("vic").await);
    let admin = app.admin().await;
    let event = create(&ann, with(stand_up(), json!({"visibility": "team"}))).await;
    for other in [&eve, &vic, &admin] {
        assert_eq!(other.get(&path(&event)).await.expect(200), event);
        assert_eq!(starts(other).await.len(), 1);
    }
    for other in [&eve, &vic] {
        patch(other, &event, "", json!({"title": "x"})).await.expect_problem(403, "forbidden");
        edit(other, Method::PUT, &event, "", Some(stand_up())).await.expect_problem(403, "forbidden");
        delete(other, &event, "").await.expect_problem(403, "forbidden");
    }
    assert_eq!(ann.get(&path(&event)).await.expect(200), event);
    let changed = patch(&admin, &event, "", json!({"title": "Moved"})).await.expect(200);
    assert_eq!((&changed["title"], &changed["owner"]["username"]), (&json!("Moved"), &json!("ann")));
    assert_eq!(delete(&admin, &changed, "").await.status, 204);
    app.stop().await;
}

#[tokio::test]
async fn viewers_and_strangers_write_nothing() {
    let app = TestApp::spawn().await;
    let (vic, anon) = (app.viewer("vic").await, app.anon());
    vic.post("/api/agenda", &stand_up()).await.expect_problem(403, "forbidden");
    anon.post("/api/agenda", &stand_up()).await.expect_problem(401, "unauthorized");
    anon.get("/api/agenda?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z")
        .await
        .expect_problem(401, "unauthorized");
    let import = |actor: &crate::support::Actor| {
        actor
            .request(Method::POST, "/api/agenda/import")
            .header("content-type", "text/calendar")
            .body("BEGIN:VCALENDAR")
    };
    vic.send(import(&vic)).await.expect_problem(403, "forbidden");
    anon.send(import(&anon)).await.expect_problem(401, "unauthorized");
    assert!(starts(&vic).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_key_makes_creating_repeatable_also_after_a_restart() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let send = |actor: &crate::support::Actor, key: &str, body: Value| {
        let request = actor.request(Method::POST, "/api/agenda").header("Idempotency-Key", key).json(&body);
        let actor = actor.clone();
        async move { actor.send(request).await }
    };
    let (first, second) = tokio::join!(send(&ann, "k1", daily()), send(&ann, "k1", daily()));
    let (first, second) = (first.expect(201), second.expect(201));
    assert_eq!(first["id"], second["id"]);
    send(&ann, "k1", stand_up()).await.expect_problem(409, "idempotency_conflict");
    assert_ne!(send(&bob, "k1", daily()).await.expect(201)["id"], first["id"]);
    send(&ann, &"x".repeat(201), daily()).await.expect_problem(400, "validation_failed");

    let app = app.restart_after(chrono::TimeDelta::minutes(1)).await;
    let ann = app.login("ann", crate::support::PASSWORD).await;
    let again = send(&ann, "k1", daily()).await.expect(201);
    assert_eq!(again["id"], first["id"]);
    assert_eq!(starts(&ann).await.len(), 5);
    assert_eq!(delete(&ann, &again, "").await.status, 204);
    send(&ann, "k1", daily()).await.expect_problem(409, "idempotency_spent");
    assert!(starts(&ann).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn api_tokens_need_the_agendas_scopes() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let token = |scope: &str| {
        let (ann, body) = (ann.clone(), json!({"name": scope, "scopes": [scope]}));
        async move {
            let made = ann.post("/api/auth/tokens", &body).await.expect(201);
            ann.with_token(made["token"].as_str().unwrap())
        }
    };
    let (reader, writer, chatter) =
        (token("agenda:read").await, token("agenda:write").await, token("chat:read").await);
    let event = create(&writer, stand_up()).await;
    assert_eq!(list(&reader, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z").await.len(), 1);
    reader.post("/api/agenda", &stand_up()).await.expect_problem(403, "forbidden");
    chatter.get(&path(&event)).await.expect_problem(403, "forbidden");
    // A feed outlives its maker's token, so that only a person makes one.
    writer.post("/api/agenda/feed", &json!({})).await.expect_problem(403, "forbidden");
    assert_eq!(starts(&ann).await.len(), 1);
    app.stop().await;
}
