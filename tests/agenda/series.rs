//! Changing a whole series, one occurrence, or one and all after it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{create, daily, delete, edit, list, patch, path, stand_up, starts, with};
use crate::support::TestApp;

#[tokio::test]
async fn one_occurrence_changes_and_keeps_its_name() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let event = create(&ann, daily()).await;
    let this = "scope=this&occurrence=2026-11-24T09:00:00";
    let moved = json!({"title": "Late", "start": "2026-11-24T15:00:00", "color": "#ff0000"});
    let event = patch(&ann, &event, this, moved).await.expect(200);
    assert_eq!(event["title"], "Stand-up");
    let changed = &event["recurrence"]["changed"];
    assert_eq!(changed.as_array().unwrap().len(), 1);
    assert_eq!(
        (&changed[0]["occurrence"], &changed[0]["title"]),
        (&json!("2026-11-24T09:00:00"), &json!("Late"))
    );
    assert_eq!(
        (&changed[0]["start"], &changed[0]["end"]),
        (&json!("2026-11-24T15:00:00"), &json!("2026-11-24T15:15:00"))
    );

    let items = list(&ann, "2026-11-23T00:00:00Z", "2026-11-26T00:00:00Z").await;
    let shown: Vec<_> = items.iter().map(|i| (&i["occurrence"], &i["title"], &i["changed"])).collect();
    assert_eq!(
        json!(shown),
        json!([
            ["2026-11-23T09:00:00", "Stand-up", false],
            ["2026-11-24T09:00:00", "Late", true],
            ["2026-11-25T09:00:00", "Stand-up", false],
        ])
    );
    // The series changes around it, and it keeps what is its own.
    let event = patch(&ann, &event, "", json!({"title": "Daily", "place": "Room 2"})).await.expect(200);
    let items = list(&ann, "2026-11-24T00:00:00Z", "2026-11-26T00:00:00Z").await;
    assert_eq!(
        json!([items[0]["title"], items[0]["place"], items[1]["title"]]),
        json!(["Late", "Room 2", "Daily"])
    );
    // So does a replacement.
    let event = edit(&ann, Method::PUT, &event, "", Some(daily())).await.expect(200);
    assert_eq!(event["recurrence"]["changed"][0]["title"], "Late");
    // The day itself may be taken out afterwards, by its name.
    assert_eq!(delete(&ann, &event, this).await.status, 204);
    assert_eq!(starts(&ann).await, ["11-23T09:00:00", "11-25T09:00:00", "11-26T09:00:00", "11-27T09:00:00"]);
    app.stop().await;
}

#[tokio::test]
async fn this_and_following_becomes_a_series_of_its_own() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let event = create(&ann, daily()).await;
    let following = "scope=following&occurrence=2026-11-25T09:00:00";
    let answer =
        patch(&ann, &event, following, json!({"title": "Later", "start": "2026-11-25T11:00:00"})).await;
    assert_eq!(answer.header("etag"), "\"1\"");
    let later = answer.expect(200);
    assert_ne!(later["id"], event["id"]);
    assert_ne!(later["uid"], event["uid"]);
    assert_eq!(later["recurrence"]["rule"], "FREQ=DAILY;COUNT=3");
    assert_eq!(
        starts(&ann).await,
        ["11-23T09:00:00", "11-24T09:00:00", "11-25T11:00:00", "11-26T11:00:00", "11-27T11:00:00"]
    );
    let former = ann.get(&path(&event)).await.expect(200);
    assert_eq!((&former["version"], &former["title"]), (&json!(2), &json!("Stand-up")));
    assert_eq!(former["recurrence"]["rule"], "FREQ=DAILY;UNTIL=20261125T075959Z");

    assert_eq!(delete(&ann, &later, "scope=following&occurrence=2026-11-26T11:00:00").await.status, 204);
    assert_eq!(starts(&ann).await, ["11-23T09:00:00", "11-24T09:00:00", "11-25T11:00:00"]);
    app.stop().await;
}

#[tokio::test]
async fn deleting_the_last_occurrence_deletes_the_event() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let event = create(&ann, with(stand_up(), json!({"recurrence": {"rule": "FREQ=DAILY;COUNT=2"}}))).await;
    assert_eq!(delete(&ann, &event, "scope=this&occurrence=2026-11-23T09:00:00").await.status, 204);
    let event = ann.get(&path(&event)).await.expect(200);
    assert_eq!(event["recurrence"]["excluded"], json!(["2026-11-23T09:00:00"]));
    assert_eq!(delete(&ann, &event, "scope=following&occurrence=2026-11-24T09:00:00").await.status, 204);
    ann.get(&path(&event)).await.expect_problem(404, "not_found");
    app.stop().await;
}

#[tokio::test]
async fn a_scope_needs_an_occurrence_that_exists() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let event = create(&ann, daily()).await;
    for query in [
        "scope=this",
        "scope=following",
        "occurrence=2026-11-24T09:00:00",
        "scope=this&occurrence=2026-11-24T10:00:00",
        "scope=this&occurrence=2026-12-24T09:00:00",
        "scope=following&occurrence=2026-11-24",
        "scope=this&occurrence=nonsense",
    ] {
        let problem =
            patch(&ann, &event, query, json!({"title": "x"})).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], "occurrence", "{query}");
        delete(&ann, &event, query).await.expect_problem(400, "validation_failed");
    }
    patch(&ann, &event, "scope=all", json!({"title": "x"})).await.expect_problem(400, "invalid_request");
    let series_wide = json!({"visibility": "team", "recurrence": null});
    let query = "scope=this&occurrence=2026-11-24T09:00:00";
    let problem = patch(&ann, &event, query, series_wide).await.expect_problem(400, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
    assert_eq!(ann.get(&path(&event)).await.expect(200), event);
    // An instant names an occurrence too.
    patch(&ann, &event, "scope=this&occurrence=2026-11-24T08:00:00Z", json!({"title": "x"}))
        .await
        .expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_wall_clock_stays_across_daylight_saving_changes() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for (zone, start, from, expected) in [
        ("Europe/Paris", "2026-10-24T09:00:00", "2026-10-24", ["07:00", "08:00", "08:00"]),
        ("Europe/Paris", "2027-03-27T02:30:00", "2027-03-27", ["01:30", "01:30", "00:30"]),
        ("America/New_York", "2026-10-31T01:30:00", "2026-10-31", ["05:30", "05:30", "06:30"]),
        ("Australia/Lord_Howe", "2026-10-03T09:00:00", "2026-10-02", ["22:30", "22:00", "22:00"]),
    ] {
        let event = json!({"title": zone, "start": start, "time_zone": zone, "recurrence": {"rule": "FREQ=DAILY;COUNT=3"}});
        let event = create(&ann, event).await;
        let items = list(&ann, &format!("{from}T00:00:00Z"), "2027-05-01T00:00:00Z").await;
        let found: Vec<_> = items.iter().map(|item| &item["starts_at"].as_str().unwrap()[11..16]).collect();
        assert_eq!(found, expected, "{zone}");
        let local: Vec<_> = items.iter().map(|item| &item["start"].as_str().unwrap()[11..16]).collect();
        assert!(local.iter().all(|time| *time == &start[11..16]), "{zone}: {local:?}");
        assert_eq!(delete(&ann, &event, "").await.status, 204);
    }
    app.stop().await;
}

#[tokio::test]
async fn floating_and_all_day_events_happen_on_the_readers_clock() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    create(&ann, json!({"title": "day", "start": "2026-11-23", "all_day": true})).await;
    let floating = create(&ann, json!({"title": "floating", "start": "2026-11-23T09:00:00"})).await;
    assert_eq!((&floating["time_zone"], &floating["starts_at"]), (&Value::Null, &Value::Null));
    let window = "from=2026-11-22T00:00:00Z&to=2026-11-25T00:00:00Z";
    let on = |query: String| {
        let ann = ann.clone();
        async move {
            let page = ann.get(&format!("/api/agenda?{window}{query}")).await.expect(200);
            let items = page["items"].as_array().unwrap().clone();
            items.iter().map(|item| item["starts_at"].as_str().unwrap()[5..16].to_owned()).collect::<Vec<_>>()
        }
    };
    assert_eq!(on(String::new()).await, ["11-23T00:00", "11-23T09:00"]);
    assert_eq!(on("&time_zone=Pacific/Auckland".into()).await, ["11-22T11:00", "11-22T20:00"]);
    assert_eq!(ann.get("/api/agenda/settings").await.expect(200), json!({"time_zone": "UTC"}));
    ann.put("/api/agenda/settings", &json!({"time_zone": "Mars"}))
        .await
        .expect_problem(400, "validation_failed");
    ann.put("/api/agenda/settings", &json!({"time_zone": "America/New_York"})).await.expect(200);
    assert_eq!(on(String::new()).await, ["11-23T05:00", "11-23T14:00"]);
    // Patching keeps the kind of time, until told otherwise.
    let zoned = patch(&ann, &floating, "", json!({"time_zone": "Europe/Paris"})).await.expect(200);
    assert_eq!(zoned["starts_at"], "2026-11-23T08:00:00.000Z");
    let floating = patch(&ann, &zoned, "", json!({"time_zone": null})).await.expect(200);
    assert_eq!((&floating["start"], &floating["starts_at"]), (&json!("2026-11-23T09:00:00"), &Value::Null));
    let day = patch(&ann, &floating, "", json!({"all_day": true})).await.expect(200);
    assert_eq!((&day["start"], &day["end"]), (&json!("2026-11-23"), &json!("2026-11-24")));
    app.stop().await;
}
