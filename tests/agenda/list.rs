//! Windows, pages and bounds of the list.

use serde_json::{Value, json};

use super::{create, list, stand_up, with};
use crate::support::TestApp;

#[tokio::test]
async fn a_window_shows_what_overlaps_it() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for (title, start, end) in [
        ("before", "2026-11-23T07:00:00Z", "2026-11-23T08:00:00Z"),
        ("into", "2026-11-23T07:30:00Z", "2026-11-23T08:30:00Z"),
        ("moment", "2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z"),
        ("inside", "2026-11-23T08:15:00Z", "2026-11-23T08:30:00Z"),
        ("around", "2026-11-20T00:00:00Z", "2026-11-30T00:00:00Z"),
        ("out of", "2026-11-23T08:45:00Z", "2026-11-23T12:00:00Z"),
        ("after", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"),
    ] {
        create(&ann, json!({"title": title, "start": start, "end": end})).await;
    }
    let items = list(&ann, "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z").await;
    let titles: Vec<_> = items.iter().map(|item| item["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["around", "into", "moment", "inside", "out of"]);
    app.stop().await;
}

#[tokio::test]
async fn pages_give_every_occurrence_once_and_in_order() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for (title, rule) in
        [("a", "FREQ=HOURLY;INTERVAL=6"), ("b", "FREQ=DAILY"), ("c", "FREQ=WEEKLY;BYDAY=MO,WE")]
    {
        create(&ann, with(stand_up(), json!({"title": title, "recurrence": {"rule": rule}}))).await;
    }
    let window = "from=2026-11-23T00:00:00Z&to=2026-12-14T00:00:00Z";
    let whole = ann.get(&format!("/api/agenda?{window}&limit=200")).await.expect(200);
    let whole = whole["items"].as_array().unwrap().clone();
    assert_eq!(whole.len(), 83 + 21 + 6);
    for limit in [1, 7, 50] {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = ann.get(&format!("/api/agenda?{window}&limit={limit}{cursor}")).await.expect(200);
            let items = page["items"].as_array().unwrap();
            assert!(!items.is_empty() && items.len() <= limit);
            all.extend(items.iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(all, whole, "limit {limit}");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_endless_series_from_long_ago_is_listed_as_fast_as_a_new_one() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for zone in ["Europe/Paris", "America/New_York"] {
        for rule in ["FREQ=HOURLY", "FREQ=DAILY", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY;BYWEEKNO=20"] {
            let event = json!({"title": rule, "start": "1950-01-02T09:00:00", "time_zone": zone, "recurrence": {"rule": rule}});
            create(&ann, event).await;
        }
    }
    let started = std::time::Instant::now();
    let items = list(&ann, "2150-05-14T00:00:00Z", "2150-05-16T00:00:00Z").await;
    assert!(items.len() > 90, "{}", items.len());
    // Two hundred years of hours would take minutes; this is a bound with a margin for slow machines.
    assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
    app.stop().await;
}

#[tokio::test]
async fn windows_are_bounded_and_parameters_checked() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    create(&ann, stand_up()).await;
    for (query, field) in [
        ("from=2026-01-01T00:00:00Z&to=2027-02-06T00:00:00Z", "to"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
        ("from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
        ("from=0001-01-01T00:00:00Z&to=0001-02-01T00:00:00Z", "from"),
        ("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&limit=0", "limit"),
        ("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&limit=201", "limit"),
        ("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&cursor=x", "cursor"),
        ("from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&time_zone=x", "time_zone"),
    ] {
        let problem = ann.get(&format!("/api/agenda?{query}")).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field, "{query}");
    }
    for query in
        ["", "from=2026-01-01T00:00:00Z", "from=yesterday&to=tomorrow", "from=2026-01-01&to=2026-01-02"]
    {
        ann.get(&format!("/api/agenda?{query}")).await.expect_problem(400, "invalid_request");
    }
    ann.get("/api/agenda/nonsense").await.expect_problem(400, "invalid_request");
    let unknown = "/api/agenda/019ab000-0000-7000-8000-00000000dead";
    ann.get(unknown).await.expect_problem(404, "not_found");
    let page = ann.get("/api/agenda?from=2026-01-01T00:00:00Z&to=2027-02-05T00:00:00Z").await.expect(200);
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &Value::Null));
    app.stop().await;
}
