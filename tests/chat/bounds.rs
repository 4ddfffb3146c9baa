//! What one account can cost everybody else.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::Method;
use sea_orm::TransactionTrait;
use serde_json::json;
use tokio::task::JoinSet;

use super::{items, make, member, message, messages, room, say, text};
use crate::support::database::{self, Held, number, queued};
use crate::support::{Actor, TestApp, Ws, eventually};

#[tokio::test]
async fn an_account_makes_two_hundred_rooms_and_no_more() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let body = json!({"name": "Design", "kind": "public"});
    let mut ids = Vec::new();
    for _ in 0..200 {
        ids.push(text(&ann.post("/api/chat/rooms", &body).await.expect(201)["id"]));
    }
    let full = async || {
        let problem = ann.post("/api/chat/rooms", &body).await.expect_problem(409, "limit_reached");
        assert!(problem["detail"].as_str().unwrap().contains("200"), "{problem}");
        assert_eq!(
            number(&app, "SELECT COUNT(*) FROM chat_rooms WHERE kind = 'public' AND deleted_at IS NULL")
                .await,
            201
        );
    };
    full().await;
    // A room that its maker left is still there.
    ann.delete(&member(&ids[0], &ann)).await.expect(204);
    full().await;
    ann.post("/api/chat/direct", &json!({"user_id": bob.id})).await.expect(200);
    make(&bob, "private", &[&ann]).await;
    ann.delete(&format!("/api/chat/rooms/{}", ids[1])).await.expect(204);
    make(&ann, "private", &[]).await;
    ann.post("/api/chat/rooms", &body).await.expect_problem(409, "limit_reached");
    app.stop().await;
}

#[tokio::test]
async fn typing_is_told_once_a_second() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let other = make(&ann, "public", &[&bob]).await;
    let (first, second) = ("chat:general".to_owned(), format!("chat:{other}"));
    let mut ws = Ws::connect(&app, &ann).await;
    for channel in [&first, &second] {
        ws.ok("subscribe", &json!({"channel": channel})).await;
    }
    let mut of_bob = Ws::connect(&app, &bob).await;
    for _ in 0..5 {
        for room in ["general", &other] {
            of_bob.ok("rpc", &json!({"method": "chat.typing", "data": {"room_id": room}})).await;
        }
    }
    app.clock.advance(TimeDelta::milliseconds(1100));
    of_bob.ok("rpc", &json!({"method": "chat.typing", "data": {"room_id": "general"}})).await;
    say(&bob, "general", "done").await;
    say(&bob, &other, "done").await;
    let mut told: Vec<(String, String)> = Vec::new();
    while told.iter().filter(|(_, kind)| kind == "message").count() < 2 {
        let push = ws.push().await;
        if push["pub"].is_object() {
            told.push((text(&push["channel"]), text(&push["pub"]["data"]["type"])));
        }
    }
    let in_channel = |channel: &str| {
        told.iter().filter(|(c, _)| c == channel).map(|(_, kind)| kind.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(in_channel(&first), ["typing", "typing", "message"]);
    assert_eq!(in_channel(&second), ["typing", "message"]);
    app.stop().await;
}

#[tokio::test]
async fn few_searches_run_at_once_and_others_are_put_off() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    say(&ann, "general", "needle").await;
    // All readers are busy: whoever searches waits.
    let mut busy = Vec::new();
    for _ in 0..4 {
        busy.push(app.services.db.read().begin().await.unwrap());
    }
    let mut searches = JoinSet::new();
    for _ in 0..4 {
        let ann = ann.clone();
        searches.spawn(async move { ann.get("/api/chat/search?q=needle").await });
    }
    for _ in 0..2 {
        let put_off = tokio::time::timeout(Duration::from_secs(6), searches.join_next()).await;
        let answer = put_off.expect("an answer while the others search").unwrap().unwrap();
        let retry = answer.header("retry-after").parse::<u32>().unwrap();
        assert!((1..=10).contains(&retry), "{retry}");
        answer.expect_problem(503, "unavailable");
    }
    for transaction in busy {
        transaction.rollback().await.unwrap();
    }
    while let Some(found) = searches.join_next().await {
        assert_eq!(items(&found.unwrap().expect(200)).len(), 1);
    }
    assert_eq!(items(&ann.get("/api/chat/search?q=needle").await.expect(200)).len(), 1);
    app.stop().await;
}

fn mark(actor: &Actor, id: &str, offset: u64) -> reqwest::RequestBuilder {
    actor.request(Method::PUT, &format!("/api/chat/rooms/{id}/read")).json(&json!({ "offset": offset }))
}

#[tokio::test]
async fn a_mark_that_does_not_move_needs_no_write() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let id = make(&ann, "private", &[&bob]).await;
    for n in 0..3 {
        say(&ann, &id, &format!("number {n}")).await;
    }
    bob.send(mark(&bob, &id, 2)).await.expect(204);
    let held = Held::writer(&app).await;
    for offset in [0, 1, 2] {
        let answer = tokio::time::timeout(Duration::from_secs(5), bob.send(mark(&bob, &id, offset))).await;
        answer.expect("an answer without the writer").expect(204);
    }
    held.release().await;
    assert_eq!(room(&bob, &id).await["read_offset"], 2);
    app.stop().await;
}

#[tokio::test]
async fn what_is_deleted_while_a_mark_moves_is_counted_once() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let id = make(&ann, "private", &[&bob]).await;
    let mut said = Vec::new();
    for n in 0..8 {
        said.push(say(&ann, &id, &format!("number {n}")).await);
    }
    ann.delete(&message(&id, &said[0])).await.expect(204);
    let held = Held::writer(&app).await;
    // Two that the mark passes over, one beyond it; then the mark, and another move of it.
    let mut tasks = JoinSet::new();
    for (place, n) in [1, 3, 6].into_iter().enumerate() {
        let (ann, path) = (ann.clone(), message(&id, &said[n]));
        tasks.spawn(async move { ann.delete(&path).await.status });
        queued(&app, place + 1).await;
    }
    for (place, offset) in [(4, 4), (5, 5)] {
        let request = mark(&bob, &id, offset);
        let bob = bob.clone();
        tasks.spawn(async move { bob.send(request).await.status });
        queued(&app, place).await;
    }
    held.release().await;
    while let Some(status) = tasks.join_next().await {
        assert_eq!(status.unwrap(), 204);
    }
    let seen = room(&bob, &id).await;
    // Six, seven and eight, without the one that is gone.
    assert_eq!((&seen["read_offset"], &seen["unread"]), (&json!(5), &json!(2)));
    app.stop().await;
}

/// What the events of the room's replies quote.
async fn quotes(app: &TestApp, excerpt: &str) -> i64 {
    let sql = format!(
        "SELECT COUNT(*) FROM chat_events WHERE json_extract(payload, '$.message.reply_to.excerpt') = '{excerpt}'"
    );
    number(app, &sql).await
}

#[tokio::test]
async fn an_edit_that_no_quote_shows_leaves_the_replies_alone() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let beginning = "x".repeat(140);
    let said = say(&ann, "general", &format!("{beginning} and more")).await;
    ann.post(&messages("general"), &json!({"body": "Yes", "reply_to": said["id"]})).await.expect(201);
    let marked = "UPDATE chat_events SET payload = json_set(payload, '$.message.reply_to.excerpt', 'marked') \
                  WHERE json_extract(payload, '$.message.reply_to.excerpt') IS NOT NULL";
    assert_eq!(database::write(&app, marked, []).await, 1);
    let edit = async |body: &str| {
        ann.patch(&message("general", &said), &json!({ "body": body })).await.expect(200);
    };
    edit(&format!("{beginning} and much more")).await;
    assert_eq!(quotes(&app, "marked").await, 1, "its row was not written");
    edit("short").await;
    assert_eq!(quotes(&app, "short").await, 1);
    app.stop().await;
}

/// Every edit makes all earlier ones say what the message says now.
#[tokio::test]
async fn a_message_is_edited_a_hundred_times_and_no_more() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let said = say(&ann, "general", "draft 0").await;
    for number in 1..=100 {
        let body = json!({"body": format!("draft {number}")});
        ann.patch(&message("general", &said), &body).await.expect(200);
    }
    let again = ann.patch(&message("general", &said), &json!({"body": "draft 101"})).await;
    again.expect_problem(409, "too_many_edits");
    let kept = ann.get(&messages("general")).await.expect(200);
    assert_eq!(kept["items"][0]["body"], "draft 100");
    // What it says already is no edit, and it can be taken back.
    ann.patch(&message("general", &said), &json!({"body": "draft 100"})).await.expect(200);
    ann.delete(&message("general", &said)).await.expect(204);
    app.stop().await;
}

#[tokio::test]
async fn replies_without_number_are_rewritten_in_steps_also_after_a_restart() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let said = say(&ann, "general", "first").await;
    ann.post(&messages("general"), &json!({"body": "Yes", "reply_to": said["id"]})).await.expect(201);
    let numbers = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 999)";
    let replies = format!(
        "{numbers} INSERT INTO chat_messages (id, room_id, offset, user_id, body, reply_to, mentions, reactions, created_at) \
         SELECT CAST(printf('%016d', n) AS BLOB), room_id, offset + n, user_id, body, reply_to, mentions, reactions, \
         created_at FROM chat_messages, n WHERE reply_to IS NOT NULL"
    );
    assert_eq!(database::write(&app, replies, []).await, 999);
    let events = format!(
        "{numbers} INSERT INTO chat_events (room_id, offset, message_id, kind, payload) \
         SELECT room_id, offset + n, CAST(printf('%016d', n) AS BLOB), kind, payload FROM chat_events, n WHERE offset = 2"
    );
    assert_eq!(database::write(&app, events, []).await, 999);
    database::write(&app, "UPDATE chat_rooms SET last_offset = 1001, messages = 1001", []).await;

    // The writer stops right after the commit of the edit.
    let before = Held::writer(&app).await;
    let edit = tokio::spawn({
        let (ann, path) = (ann.clone(), message("general", &said));
        async move { ann.patch(&path, &json!({"body": "second"})).await.status }
    });
    queued(&app, 1).await;
    let mut along = Held::queue(&app);
    queued(&app, 2).await;
    before.release().await;
    along.entered().await;
    let mut after = Held::queue(&app);
    queued(&app, 1).await;
    along.release().await;
    assert_eq!(edit.await.unwrap(), 200);
    after.entered().await;
    assert_eq!(
        (quotes(&app, "second").await, quotes(&app, "first").await),
        (200, 800),
        "a step, the newest first"
    );
    after.release().await;
    let all = |app: &TestApp, excerpt: &'static str| {
        let db = app.services.db.clone();
        eventually("all are rewritten", move || {
            let db = db.clone();
            async move { (quotes_in(&db, excerpt).await == 1000).then_some(()) }
        })
    };
    all(&app, "second").await;
    assert_eq!(number(&app, "SELECT COUNT(*) FROM chat_requotes").await, 0);

    // As if the server had stopped in between; what is deleted meanwhile is quoted by nobody.
    ann.patch(&message("general", &said), &json!({"body": "third"})).await.expect(200);
    all(&app, "third").await;
    database::write(&app, "UPDATE chat_events SET payload = replace(payload, '\"third\"', '\"stale\"')", [])
        .await;
    database::write(&app, "INSERT INTO chat_requotes SELECT id, 500 FROM chat_messages WHERE offset = 1", [])
        .await;
    let app = app.restart_after(TimeDelta::zero()).await;
    eventually("the rest is done", || async { (quotes(&app, "third").await == 498).then_some(()) }).await;
    let ann = app.login("ann", crate::support::PASSWORD).await;
    ann.delete(&message("general", &said)).await.expect(204);
    all(&app, "").await;
    app.stop().await;
}

async fn quotes_in(db: &workspace_server::db::Db, excerpt: &str) -> i64 {
    use sea_orm::ConnectionTrait;
    let sql = format!(
        "SELECT COUNT(*) AS n FROM chat_events WHERE json_extract(payload, '$.message.reply_to.excerpt') = '{excerpt}'"
    );
    let row = db.read().query_one_raw(workspace_server::db::statement(db.read(), &sql, [])).await.unwrap();
    row.unwrap().try_get("", "n").unwrap()
}
