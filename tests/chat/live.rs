//! Rooms live: subscribing, posting through the channel, and what listeners hear.

use serde_json::{Value, json};

use super::{heard, make, message, messages, room, say};
use crate::support::{TestApp, Ws};

#[tokio::test]
async fn every_change_is_published_with_the_next_offset() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let mut ws = Ws::connect(&app, &bob).await;
    let opened = ws.ok("subscribe", &json!({"channel": "chat:general"})).await;
    assert_eq!(opened["recoverable"], true);
    assert!(!opened["epoch"].as_str().unwrap().is_empty());

    let said = say(&ann, "general", "helo").await;
    let expected = json!({"offset": 1, "data": {"type": "message", "message": said}});
    assert_eq!(ws.publication("chat:general").await, expected);
    let path = message("general", &said);
    let edited = ann.patch(&path, &json!({"body": "hello"})).await.expect(200);
    let expected = json!({"offset": 2, "data": {"type": "edit", "message": edited}});
    assert_eq!(ws.publication("chat:general").await, expected);
    for (n, added) in [(3, true), (4, false)] {
        let path = format!("{path}/reactions/👍");
        if added { bob.put(&path, &json!({})).await } else { bob.delete(&path).await }.expect(204);
        let data =
            json!({"type": "reaction", "id": said["id"], "emoji": "👍", "user_id": bob.id, "added": added});
        assert_eq!(ws.publication("chat:general").await, json!({"offset": n, "data": data}));
    }
    ann.delete(&path).await.expect(204);
    let deleted_at = heard(&bob, "general").await[0]["deleted_at"].clone();
    let data = json!({"type": "delete", "id": said["id"], "deleted_at": deleted_at});
    assert_eq!(ws.publication("chat:general").await, json!({"offset": 5, "data": data}));
    app.stop().await;
}

#[tokio::test]
async fn a_client_posts_through_the_channel_and_once_per_nonce() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let (mut of_ann, mut of_bob) = (Ws::connect(&app, &ann).await, Ws::connect(&app, &bob).await);
    of_bob.ok("subscribe", &json!({"channel": "chat:general"})).await;
    let publish = json!({"channel": "chat:general", "data": {"body": "hi", "nonce": "n1"}});
    of_ann.ok("publish", &publish).await;
    let stored = heard(&bob, "general").await;
    assert_eq!(stored.len(), 1, "the reply comes after the commit");
    of_ann.ok("publish", &publish).await;
    let answer = json!({"body": "yes", "reply_to": stored[0]["id"]});
    of_ann.ok("publish", &json!({"channel": "chat:general", "data": answer})).await;
    let first = of_bob.publication("chat:general").await;
    assert_eq!(first, json!({"offset": 1, "data": {"type": "message", "message": stored[0], "nonce": "n1"}}));
    let second = of_bob.publication("chat:general").await;
    assert_eq!((&second["offset"], &second["data"]["message"]["body"]), (&json!(2), &json!("yes")));
    assert_eq!(second["data"]["message"]["reply_to"]["id"], stored[0]["id"]);

    for data in [
        json!({}),
        json!({"body": ""}),
        json!({"body": "a\u{0}"}),
        json!({"body": "x".repeat(8001)}),
        json!({"body": "x", "nonce": ""}),
        json!({"body": "x", "extra": 1}),
        json!({"body": "x", "reply_to": uuid::Uuid::from_u128(3)}),
        json!("x"),
    ] {
        let code = of_ann.err("publish", &json!({"channel": "chat:general", "data": data})).await;
        assert_eq!(code, 107, "{data}");
    }
    assert_eq!(heard(&bob, "general").await.len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn who_may_not_is_refused_with_the_protocols_codes() {
    let app = TestApp::spawn().await;
    let (ann, eve, vic) = (app.member("ann").await, app.member("eve").await, app.viewer("vic").await);
    let closed = make(&ann, "private", &[]).await;
    let open = make(&ann, "public", &[]).await;
    let direct = ann.post("/api/chat/direct", &json!({"user_id": vic.id})).await.expect(200);
    let channel = |id: &str| json!({"channel": format!("chat:{id}")});
    let mut ws = Ws::connect(&app, &eve).await;
    let unknown = uuid::Uuid::from_u128(5).to_string();
    for id in [&closed, &unknown, direct["id"].as_str().unwrap()] {
        assert_eq!(ws.err("subscribe", &channel(id)).await, 103, "{id}");
        assert_eq!(ws.err("history", &channel(id)).await, 103, "{id}");
        let publish = json!({"channel": format!("chat:{id}"), "data": {"body": "hi"}});
        assert_eq!(ws.err("publish", &publish).await, 103, "{id}");
        assert_eq!(ws.err("rpc", &json!({"method": "chat.typing", "data": {"room_id": id}})).await, 103);
    }
    for id in ["lobby", "", &closed.to_uppercase(), "general "] {
        assert_eq!(ws.err("subscribe", &channel(id)).await, 102, "{id:?}");
    }
    ws.ok("subscribe", &channel(&open)).await;
    let publish = json!({"channel": format!("chat:{open}"), "data": {"body": "hi"}});
    assert_eq!(ws.err("publish", &publish).await, 103, "reading is for all, posting for members");

    let mut viewer = Ws::connect(&app, &vic).await;
    viewer.ok("subscribe", &channel("general")).await;
    let publish = json!({"channel": "chat:general", "data": {"body": "hi"}});
    assert_eq!(viewer.err("publish", &publish).await, 103);
    let typing = json!({"method": "chat.typing", "data": {"room_id": "general"}});
    assert_eq!(viewer.err("rpc", &typing).await, 103);
    assert!(heard(&ann, "general").await.is_empty());
    assert!(heard(&ann, &open).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn tokens_without_the_scope_neither_listen_nor_post() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let token = async |scopes: Value| {
        let body = json!({"name": "robot", "scopes": scopes});
        ann.with_token(ann.post("/api/auth/tokens", &body).await.expect(201)["token"].as_str().unwrap())
    };
    let channel = json!({"channel": "chat:general"});
    let publish = json!({"channel": "chat:general", "data": {"body": "beep"}});
    let mut reads = Ws::connect(&app, &token(json!(["chat:read"])).await).await;
    reads.ok("subscribe", &channel).await;
    assert_eq!(reads.err("publish", &publish).await, 103);
    let read = json!({"method": "chat.read", "data": {"room_id": "general", "offset": 1}});
    assert_eq!(reads.err("rpc", &read).await, 103);
    let mut writes = Ws::connect(&app, &token(json!(["chat:write"])).await).await;
    assert_eq!(writes.err("subscribe", &channel).await, 103);
    assert!(heard(&ann, "general").await.is_empty());
    writes.ok("publish", &publish).await;
    app.stop().await;
}

#[tokio::test]
async fn typing_and_read_marks_are_told_and_not_stored() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    say(&ann, "general", "hello").await;
    let mut ws = Ws::connect(&app, &ann).await;
    ws.ok("subscribe", &json!({"channel": "chat:general"})).await;
    let mut of_bob = Ws::connect(&app, &bob).await;
    of_bob.ok("rpc", &json!({"method": "chat.typing", "data": {"room_id": "general"}})).await;
    let user = json!({"id": bob.id, "username": "bob", "name": "bob"});
    assert_eq!(ws.publication("chat:general").await, json!({"data": {"type": "typing", "user": user}}));
    let read = json!({"method": "chat.read", "data": {"room_id": "general", "offset": 1}});
    of_bob.ok("rpc", &read).await;
    of_bob.ok("rpc", &read).await;
    let heard = json!({"data": {"type": "read", "user_id": bob.id, "offset": 1}});
    assert_eq!(ws.publication("chat:general").await, heard);
    assert_eq!(room(&bob, "general").await["unread"], 0);
    say(&ann, "general", "next").await;
    assert_eq!(ws.publication("chat:general").await["offset"], 2, "a mark that does not move is not told");
    // Of many marks within a second the last is told, and few of the others.
    for offset in 3..=30 {
        say(&ann, "general", "more").await;
        let read = json!({"method": "chat.read", "data": {"room_id": "general", "offset": offset}});
        of_bob.ok("rpc", &read).await;
    }
    let (start, mut told) = (std::time::Instant::now(), 0);
    loop {
        let heard = ws.publication("chat:general").await["data"].clone();
        if heard["type"] == "read" {
            told += 1;
            if heard["offset"] == 30 {
                break;
            }
        }
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "the last one comes soon");
    assert!(told < 20, "{told} of 28 were told");

    for (method, data) in [
        ("chat.read", json!({"room_id": "general"})),
        ("chat.read", json!({"room_id": "general", "offset": -1})),
        ("chat.typing", json!({"room_id": "nonsense"})),
        ("chat.typing", json!({})),
    ] {
        assert_eq!(of_bob.err("rpc", &json!({"method": method, "data": data})).await, 107);
    }
    assert_eq!(of_bob.err("rpc", &json!({"method": "chat.shout", "data": {}})).await, 104);
    app.stop().await;
}

#[tokio::test]
async fn fifty_at_once_are_heard_in_order_and_once() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let mut ws = Ws::connect(&app, &bob).await;
    ws.ok("subscribe", &json!({"channel": "chat:general"})).await;
    let path = messages("general");
    let bodies: Vec<Value> = (0..50).map(|n| json!({"body": format!("message {n}")})).collect();
    futures_util::future::join_all(bodies.iter().map(|body| ann.post(&path, body))).await;
    for offset in 1..=50 {
        let publication = ws.publication("chat:general").await;
        assert_eq!(publication["offset"], offset);
        assert_eq!(publication["data"]["message"]["offset"], offset);
    }
    app.stop().await;
}
