//! A disk without room: nothing is lost, nothing is said to be a fault, and it passes.

use serde_json::json;

use crate::support::database::{self, Held, number, queued};
use crate::support::{Answer, TestApp};
use crate::telemetry;

fn put_off(answer: Answer) {
    let retry = answer.header("retry-after").to_owned();
    answer.expect_problem(503, "unavailable");
    assert!(retry.parse::<u32>().unwrap() > 0);
}

#[tokio::test]
async fn every_write_of_a_commit_that_finds_no_room_is_put_off() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let body = json!({"title": "Plan", "start": "2026-12-01T09:00:00Z", "notes": "x".repeat(8000)});
    ann.post("/api/agenda", &body).await.expect(201);
    let pages = number(&app, "PRAGMA page_count").await;
    database::write(&app, format!("PRAGMA max_page_count = {pages}"), []).await;

    let held = Held::writer(&app).await;
    let small = tokio::spawn({
        let ann = ann.clone();
        async move { ann.put("/api/agenda/settings", &json!({"time_zone": "Europe/Paris"})).await }
    });
    queued(&app, 1).await;
    let large: Vec<_> = (0..5)
        .map(|_| {
            let (ann, body) = (ann.clone(), body.clone());
            tokio::spawn(async move { ann.post("/api/agenda", &body).await })
        })
        .collect();
    queued(&app, 6).await;
    held.release().await;
    put_off(small.await.unwrap());
    for answer in large {
        put_off(answer.await.unwrap());
    }
    assert_eq!(number(&app, "SELECT COUNT(*) FROM agenda_events").await, 1);
    assert_eq!(ann.get("/api/agenda/settings").await.expect(200), json!({"time_zone": "UTC"}));

    database::write(&app, "PRAGMA max_page_count = 1000000", []).await;
    ann.put("/api/agenda/settings", &json!({"time_zone": "Europe/Paris"})).await.expect(200);
    ann.post("/api/agenda", &body).await.expect(201);
    assert_eq!(number(&app, "SELECT COUNT(*) FROM agenda_events").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn a_batch_that_finds_no_room_is_put_off_and_stored_once_when_it_comes_again() {
    let app = TestApp::spawn().await;
    let (anon, key) = (app.anon(), telemetry::key(&app, "desk").await);
    let logs: Vec<_> = (0..50).map(|n| json!({"message": format!("{n} {}", "x".repeat(4_000))})).collect();
    let body = json!({"meta": {"app": {"name": "desk"}}, "logs": logs});
    let send = || anon.send(telemetry::collect(&anon, &key).header("Idempotency-Key", "batch-1").json(&body));
    let pages = number(&app, "PRAGMA page_count").await;
    database::write(&app, format!("PRAGMA max_page_count = {pages}"), []).await;
    put_off(send().await);
    put_off(send().await);
    let stored = "SELECT (SELECT COUNT(*) FROM signals) + (SELECT COUNT(*) FROM signal_contexts) \
                  + (SELECT COUNT(*) FROM signal_batches)";
    assert_eq!(number(&app, stored).await, 0);
    database::write(&app, "PRAGMA max_page_count = 1000000", []).await;
    assert_eq!(send().await.status, 202);
    assert_eq!(send().await.status, 202);
    assert_eq!(number(&app, "SELECT COUNT(*) FROM signals").await, 50);
    app.stop().await;
}
