//! What there is no room for is put off, and takes none from others.

use futures_util::StreamExt;
use futures_util::stream;
use reqwest::Body;
use serde_json::json;
use tokio::task::JoinHandle;

use super::{collect, key, line, send, stored};
use crate::support::database::{Held, queued};
use crate::support::{Actor, Answer, TestApp, eventually};

fn put_off(answer: Answer) {
    let retry = answer.header("retry-after").to_owned();
    answer.expect_problem(503, "unavailable");
    assert!(retry.parse::<u32>().unwrap() > 0);
}

/// Begins to send a body of so many bytes, and never ends it.
fn begin(anon: &Actor, key: &str, bytes: usize) -> JoinHandle<()> {
    let begun = stream::once(async move { Ok::<_, std::io::Error>(" ".repeat(bytes)) });
    let body = Body::wrap_stream(begun.chain(stream::pending()));
    let (anon, request) = (anon.clone(), collect(anon, key).body(body));
    tokio::spawn(async move {
        anon.send(request).await;
    })
}

/// What a metric says now, the first of its series.
async fn metric(app: &TestApp, name: &str) -> usize {
    let text = reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap().text().await.unwrap();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_default()
}

/// An application key that may send often.
async fn busy_key(app: &TestApp) -> String {
    let wanted = json!({"app": "desk", "rate": 1000});
    let made = app.admin().await.post("/api/app-keys", &wanted).await.expect(201);
    made["key"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn bodies_that_do_not_come_take_no_room() {
    let app = TestApp::spawn().await;
    let (anon, key) = (app.anon(), key(&app, "desk").await);
    let begun: Vec<_> = (0..60).map(|_| begin(&anon, &key, 1)).collect();
    eventually("all have begun", async || {
        (metric(&app, "faro_receiver_inflight_requests").await == 60).then_some(())
    })
    .await;
    let large = json!({"logs": [{"message": "x".repeat(200_000)}, {"message": "y".repeat(200_000)}]});
    assert_eq!(send(&app, &key, &large).await.status, 202);
    assert_eq!(stored(&app).await, 2);
    begun.iter().for_each(JoinHandle::abort);
    app.stop().await;
}

#[tokio::test]
async fn one_sender_cannot_take_all_the_room() {
    let app = TestApp::spawn().await;
    let (anon, greedy, other) = (app.anon(), key(&app, "desk").await, key(&app, "phone").await);
    // Each holds a mebibyte for what may still come: 64 of them have the whole share.
    let begun: Vec<_> = (0..80).map(|_| begin(&anon, &greedy, 700_000)).collect();
    let large = || json!({"logs": vec![json!({"message": "x".repeat(250_000)}); 12]});
    let refused = eventually("its share is taken", async || {
        let answer = send(&app, &greedy, &large()).await;
        (answer.status != 202).then_some(answer)
    })
    .await;
    put_off(refused);
    let before = stored(&app).await;
    put_off(send(&app, &greedy, &large()).await);
    assert_eq!(stored(&app).await, before);
    assert_eq!(send(&app, &other, &large()).await.status, 202, "there is room for others");
    assert_eq!(stored(&app).await, before + 12);
    begun.iter().for_each(JoinHandle::abort);
    eventually("it is given back", async || {
        (send(&app, &greedy, &large()).await.status == 202).then_some(())
    })
    .await;
    app.stop().await;
}

#[tokio::test]
async fn what_the_queue_cannot_hold_is_put_off() {
    let app = TestApp::spawn_with(|config| config.max_connections_per_address = 5_000).await;
    let (anon, key) = (app.anon(), busy_key(&app).await);
    let held = Held::writer(&app).await;
    // The first is on its way to the disk, and the others wait behind it.
    let message = |n: usize| line(&n.to_string());
    let first = tokio::spawn({
        let (anon, request) = (anon.clone(), collect(&anon, &key).json(&message(0)));
        async move { anon.send(request).await.status }
    });
    queued(&app, 1).await;
    let mut waiting = Vec::new();
    for part in 1..=4 {
        waiting.extend((0..256).map(|n| {
            let (anon, request) = (anon.clone(), collect(&anon, &key).json(&message(256 * part + n)));
            tokio::spawn(async move { anon.send(request).await.status })
        }));
        let all = format!("{} wait", 256 * part);
        eventually(&all, async || {
            (metric(&app, "workspace_signals_queue_batches").await == 256 * part).then_some(())
        })
        .await;
    }
    put_off(send(&app, &key, &line("late")).await);
    assert_eq!(stored(&app).await, 0);
    held.release().await;
    assert_eq!(first.await.unwrap(), 202);
    for answer in waiting {
        assert_eq!(answer.await.unwrap(), 202);
    }
    assert_eq!(stored(&app).await, 1_025, "and nothing of what was put off");
    assert_eq!(send(&app, &key, &line("late")).await.status, 202);
    assert_eq!(stored(&app).await, 1_026);
    app.stop().await;
}
