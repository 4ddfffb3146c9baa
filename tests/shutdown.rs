//! What a stopping server still does for who was there before: what was begun is finished, stored and answered.

use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures_util::StreamExt;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::first_frame::{first_frame, publish};
use crate::support::binary::Place;
use crate::support::database::{Held, number, queued};
use crate::support::{PASSWORD, TestApp, Ws, eventually};
use crate::telemetry;

const MESSAGES: &str = "/api/chat/rooms/general/messages";

/// Stops the server and starts it again on the same data; `meanwhile` runs once it is stopping.
async fn restart(app: TestApp, meanwhile: impl Future<Output = ()>) -> TestApp {
    let stopping: CancellationToken = app.services.stop.clone();
    let meanwhile = async {
        stopping.cancelled().await;
        meanwhile.await;
    };
    let (app, ()) = tokio::join!(app.restart_after(TimeDelta::zero()), meanwhile);
    app
}

#[tokio::test]
async fn a_request_under_way_is_stored_and_answered() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let held = Held::writer(&app).await;
    let event = json!({"title": "Last minute", "start": "2026-12-01T10:00:00", "time_zone": "Europe/Paris"});
    let creating = tokio::spawn(async move { ann.post("/api/agenda", &event).await });
    queued(&app, 1).await;
    let app = restart(app, held.release()).await;
    let created = creating.await.unwrap().expect(201);
    let ann = app.login("ann", PASSWORD).await;
    let path = format!("/api/agenda/{}", created["id"].as_str().unwrap());
    assert_eq!(ann.get(&path).await.expect(200)["title"], "Last minute");
    app.stop().await;
}

#[tokio::test]
async fn a_message_under_way_is_stored_and_answered_before_the_end() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let held = Held::writer(&app).await;
    // The commands of one frame are one piece of work: the second has not even begun when the server stops.
    let publish = |id: u32, body: &str| {
        json!({"id": id, "publish": {"channel": "chat:general", "data": {"body": body}}}).to_string()
    };
    ws.send(format!("{}\n{}", publish(71, "first"), publish(72, "second"))).await;
    queued(&app, 1).await;
    let app = restart(app, held.release()).await;
    for id in [71, 72] {
        let reply = ws.reply(id).await;
        assert!(reply["publish"].is_object(), "{reply}");
    }
    assert_eq!(ws.frame().await, Err((3001, "shutdown".to_owned())));
    let ann = app.login("ann", PASSWORD).await;
    let kept = ann.get(MESSAGES).await.expect(200);
    let bodies: Vec<_> = kept["items"].as_array().unwrap().iter().map(|m| m["body"].clone()).collect();
    assert_eq!(bodies, ["first", "second"]);
    app.stop().await;
}

#[tokio::test]
async fn commands_beside_the_connect_command_are_finished_too() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let held = Held::writer(&app).await;
    let mut ws = first_frame(&app, &ann, &[publish(71, "first"), publish(72, "second")]).await;
    queued(&app, 1).await;
    let app = restart(app, held.release()).await;
    assert!(ws.reply(1).await["connect"]["client"].is_string());
    for id in [71, 72] {
        let reply = ws.reply(id).await;
        assert!(reply["publish"].is_object(), "{reply}");
    }
    assert_eq!(ws.frame().await, Err((3001, "shutdown".to_owned())));
    assert_eq!(number(&app, "SELECT COUNT(*) FROM chat_messages").await, 2);
    app.stop().await;
}

/// Senders of telemetry may be slow: what they have begun to send is stored and answered.
#[tokio::test]
async fn a_batch_whose_body_is_still_arriving_is_stored() {
    let app = TestApp::spawn().await;
    let (anon, key) = (app.anon(), telemetry::key(&app, "desk").await);
    let body = telemetry::line("the last line").to_string();
    let (head, tail) = body.split_at(body.len() / 2);
    let (go, wait) = tokio::sync::oneshot::channel::<String>();
    let chunks = futures_util::stream::once(std::future::ready(Ok::<_, std::io::Error>(head.to_owned())))
        .chain(futures_util::stream::once(async move { Ok(wait.await.unwrap()) }));
    let request = telemetry::collect(&anon, &key).header("content-type", "application/json");
    let sending = tokio::spawn(request.body(reqwest::Body::wrap_stream(chunks)).send());
    eventually("it is being received", async || {
        let page =
            reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap().text().await.unwrap();
        let line = page.lines().find(|line| line.starts_with("faro_receiver_inflight_requests"));
        line.filter(|line| !line.ends_with(" 0")).map(drop)
    })
    .await;
    let tail = tail.to_owned();
    let app = restart(app, async { go.send(tail).unwrap() }).await;
    let answer = sending.await.unwrap().unwrap();
    assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
    assert_eq!(number(&app, "SELECT COUNT(*) FROM signals").await, 1);
    app.stop().await;
}

/// As an operator ends it: the process is gone in time, however little of it can be finished.
#[tokio::test]
async fn the_process_ends_in_time_when_its_database_does_not_answer() {
    let place = Place::new();
    let settings = [
        ("PORT", "0"),
        ("SERVER_HOST", "127.0.0.1"),
        ("METRICS_ADDR", "off"),
        ("ADMIN_USERNAME", "root"),
        ("ADMIN_PASSWORD", PASSWORD),
    ];
    let running = place.serve(&[], &settings).await;
    let client = reqwest::Client::new();
    let login = json!({"username": "root", "password": PASSWORD});
    let login = client.post(format!("{}/api/auth/login", running.base)).json(&login).send().await.unwrap();
    let login: serde_json::Value = login.json().await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    let url = running.base.replace("http://", "ws://") + "/chat";
    let mut ws = Ws::open_at(&url, &[]).await.unwrap();
    ws.ok("connect", &json!({"token": token})).await;
    // Another program has the database and does not let go.
    let mut other = Command::new("sqlite3")
        .arg(place.path().join("data/workspace.sqlite"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(other.stdout.take().unwrap()).lines();
    other.stdin.as_mut().unwrap().write_all(b"BEGIN IMMEDIATE;\nSELECT 'held';\n").await.unwrap();
    assert_eq!(said.next_line().await.unwrap().as_deref(), Some("held"));
    let body = json!({"body": "never stored"});
    ws.send(json!({"id": 71, "publish": {"channel": "chat:general", "data": body}}).to_string()).await;
    let post = client.post(format!("{}{MESSAGES}", running.base)).bearer_auth(token).json(&body);
    let posting = tokio::spawn(post.send());
    // One whose body never comes, either.
    let never = futures_util::stream::pending::<Result<String, std::io::Error>>();
    let post = client.post(format!("{}{MESSAGES}", running.base)).bearer_auth(token);
    let hanging = tokio::spawn(post.body(reqwest::Body::wrap_stream(never)).send());
    ws.ping().await;
    let start = Instant::now();
    let (code, printed) = running.finish().await;
    assert_eq!(code, Some(0), "{printed}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop((posting, hanging, other));
}

/// A disk that does not answer any more.
#[tokio::test]
async fn the_end_comes_in_time_when_nothing_can_be_finished() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let held = Held::writer(&app).await;
    let body = json!({"body": "never stored"});
    ws.send(json!({"id": 71, "publish": {"channel": "chat:general", "data": body}}).to_string()).await;
    queued(&app, 1).await;
    let posting = tokio::spawn(ann.request(reqwest::Method::POST, MESSAGES).json(&body).send());
    queued(&app, 2).await;
    let start = Instant::now();
    let (last, ()) = tokio::join!(ws.frame(), app.stop());
    assert_eq!(last, Err((3001, "shutdown".to_owned())), "without a reply");
    assert!(posting.await.unwrap().is_err(), "and without an answer");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop(held);
}
