//! What there is no room for is put off, and takes none from others.

use futures_util::StreamExt;
use futures_util::stream;
use reqwest::{Body, Method, RequestBuilder};
use serde_json::json;
use tokio::task::JoinHandle;

use super::{collect, gzip, key, line, send, stored};
use crate::support::database::{Held, queued};
use crate::support::{Actor, Answer, TestApp, Ws, eventually};

fn put_off(answer: Answer) {
    let retry = answer.header("retry-after").to_owned();
    answer.expect_problem(503, "unavailable");
    assert!(retry.parse::<u32>().unwrap() > 0);
}

/// Begins to send a body of so many bytes, and never ends it.
fn begin(anon: &Actor, key: &str, bytes: usize) -> JoinHandle<()> {
    begin_as(anon, collect(anon, key), bytes)
}

fn begin_as(actor: &Actor, request: RequestBuilder, bytes: usize) -> JoinHandle<()> {
    let begun = stream::once(async move { Ok::<_, std::io::Error>(" ".repeat(bytes)) });
    let body = Body::wrap_stream(begun.chain(stream::pending()));
    let (actor, request) = (actor.clone(), request.body(body));
    tokio::spawn(async move {
        actor.send(request).await;
    })
}

/// A server behind a proxy that tells the addresses of visitors.
async fn behind_a_proxy() -> TestApp {
    TestApp::spawn_with(|config| config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await
}

/// A request to the collector by the visitor with this number.
fn visitor(anon: &Actor, key: &str, number: usize) -> RequestBuilder {
    collect(anon, key).header("x-forwarded-for", format!("203.0.113.{number}"))
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

#[tokio::test]
async fn one_visitor_cannot_silence_the_others_of_a_page() {
    let app = behind_a_proxy().await;
    let made = app.admin().await.post("/api/app-keys", &json!({"app": "desk", "rate": 1})).await.expect(201);
    let (anon, key) = (app.anon(), made["key"].as_str().unwrap());
    let mut sent = 0;
    let mut send = async |number: usize| {
        sent += 1;
        anon.send(visitor(&anon, key, number).json(&line(&sent.to_string()))).await
    };
    // As much as it can, and again when it could send once more.
    for _ in 0..3 {
        let refused = loop {
            let answer = send(1).await;
            if answer.status != 202 {
                break answer;
            }
        };
        assert_eq!(refused.header("retry-after"), "1");
        let before = stored(&app).await;
        refused.expect_problem(429, "too_many_requests");
        assert_eq!(stored(&app).await, before);
        app.clock.advance(chrono::TimeDelta::seconds(1));
    }
    for number in 2..4 {
        for n in 0..2 {
            assert_eq!(send(number).await.status, 202, "{n} of visitor {number}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn one_visitor_leaves_room_for_the_others_and_a_compressed_body_takes_what_it_is() {
    let app = behind_a_proxy().await;
    let (anon, key) = (app.anon(), key(&app, "desk").await);
    let send = async |number: usize, plain: &str| {
        let request = visitor(&anon, &key, number).header("content-encoding", "gzip");
        anon.send(request.body(gzip(plain.as_bytes()))).await
    };
    // What does not compress well: more than five kilobytes, which might be anything.
    let ids: String = (0..1_000).map(|_| uuid::Uuid::now_v7().to_string()).collect();
    let small = json!({"logs": [{"message": ids}]}).to_string();
    assert!(gzip(small.as_bytes()).len() > 5_100);
    let large = json!({"logs": vec![json!({"message": "x".repeat(250_000)}); 16]}).to_string();
    // Each holds a mebibyte for what may still come: 63 of the 64 that the key has.
    let mut begun = Vec::new();
    for (number, bodies, wanted) in [(1, 32, &small), (2, 16, &small), (3, 15, &large)] {
        begun.extend((0..bodies).map(|_| begin_as(&anon, visitor(&anon, &key, number), 700_000)));
        eventually("they have come", async || {
            (metric(&app, "workspace_collect_room_bytes").await == begun.len() << 20).then_some(())
        })
        .await;
        put_off(send(number, wanted).await);
        assert_eq!(stored(&app).await, 0);
    }
    put_off(send(4, &large).await);
    assert_eq!(stored(&app).await, 0);
    assert_eq!(send(4, &small).await.status, 202, "little finds room");
    begun.iter().for_each(JoinHandle::abort);
    app.stop().await;
}

/// The same bounds whichever way a batch comes, and an answer that lets a client come again.
#[tokio::test]
async fn what_there_is_no_room_for_is_put_off_over_the_socket_too() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let rpc = |message: &str| json!({"method": "signals", "data": line(message)});
    assert_eq!(ws.ok("rpc", &rpc("before")).await["data"], json!({"stored": 1, "repeated": false}));
    let of_account = || ann.request(Method::POST, "/collect");
    let begun: Vec<_> = (0..64).map(|_| begin_as(&ann, of_account(), 700_000)).collect();
    let mut sent = 0;
    let refused = loop {
        sent += 1;
        let reply = ws.call("rpc", &rpc(&format!("meanwhile {sent}"))).await;
        if reply.get("error").is_some() {
            break reply["error"].clone();
        }
        assert!(sent < 2_000, "there is always room");
    };
    assert_eq!(refused, json!({"code": 4003, "message": "unavailable", "temporary": true}));
    assert_eq!(stored(&app).await, sent, "all before it, and nothing of it");
    begun.iter().for_each(JoinHandle::abort);
    eventually("it is given back", || {
        let taken = metric(&app, "faro_receiver_inflight_requests");
        async move { (taken.await == 0).then_some(()) }
    })
    .await;
    assert_eq!(ws.ok("rpc", &rpc("after")).await["data"]["stored"], 1);
    assert_eq!(stored(&app).await, sent + 1);
    app.stop().await;
}
