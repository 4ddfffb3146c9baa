//! The stream of a room: catching up, paging, and what is taken back.

use serde_json::{Value, json};

use super::{heard, make, message, messages, say};
use crate::support::{Actor, TestApp, Ws};

/// Subscribes and recovers from a position.
async fn recover(app: &TestApp, actor: &Actor, channel: &str, offset: u64, epoch: &str) -> Value {
    let mut ws = Ws::connect(app, actor).await;
    let request = json!({"channel": channel, "recover": true, "offset": offset, "epoch": epoch});
    ws.ok("subscribe", &request).await
}

async fn position(app: &TestApp, actor: &Actor, channel: &str) -> (u64, String) {
    let opened = Ws::connect(app, actor).await.ok("subscribe", &json!({"channel": channel})).await;
    (opened["offset"].as_u64().unwrap_or(0), opened["epoch"].as_str().unwrap().to_owned())
}

fn publications(reply: &Value) -> Vec<Value> {
    reply["publications"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn recovery_replays_exactly_what_was_published_also_after_a_restart() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let epoch = ws.ok("subscribe", &json!({"channel": "chat:general"})).await["epoch"].clone();
    let epoch = epoch.as_str().unwrap().to_owned();
    let said = say(&ann, "general", "one \" \\ é <b>").await;
    ann.put(&format!("{}/reactions/👍", message("general", &said)), &json!({})).await.expect(204);
    ann.post(&messages("general"), &json!({"body": "two", "reply_to": said["id"], "nonce": "n"}))
        .await
        .expect(201);
    let mut live = Vec::new();
    for _ in 0..3 {
        live.push(ws.publication("chat:general").await);
    }
    drop(ws);
    let reply = recover(&app, &ann, "chat:general", 0, &epoch).await;
    assert_eq!((&reply["recovered"], publications(&reply)), (&json!(true), live.clone()));

    let app = app.restart_after(chrono::TimeDelta::zero()).await;
    let ann = app.login("ann", crate::support::PASSWORD).await;
    let reply = recover(&app, &ann, "chat:general", 1, &epoch).await;
    assert_eq!((&reply["recovered"], publications(&reply)), (&json!(true), live[1..].to_vec()));
    let reply = recover(&app, &ann, "chat:general", 3, &epoch).await;
    assert_eq!(
        (&reply["recovered"], publications(&reply).len(), &reply["offset"]),
        (&json!(true), 0, &json!(3))
    );
    app.stop().await;
}

#[tokio::test]
async fn a_position_that_is_not_ours_recovers_nothing() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    say(&ann, "general", "hello").await;
    let (offset, epoch) = position(&app, &ann, "chat:general").await;
    assert_eq!(offset, 1);
    for (offset, epoch) in [(0, "other"), (2, epoch.as_str()), (u64::MAX, &epoch)] {
        let reply = recover(&app, &ann, "chat:general", offset, epoch).await;
        assert_ne!(reply["recovered"], true, "{offset} {epoch}");
        assert_eq!((publications(&reply).len(), &reply["offset"]), (0, &json!(1)));
        let mut ws = Ws::connect(&app, &ann).await;
        let since =
            json!({"channel": "chat:general", "limit": 5, "since": {"offset": offset, "epoch": epoch}});
        assert_eq!(ws.err("history", &since).await, 112);
    }
    app.stop().await;
}

#[tokio::test]
async fn at_most_three_hundred_are_recovered_and_no_part_of_more() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let path = messages("general");
    for start in [0, 100, 200, 300] {
        let bodies: Vec<Value> =
            (start..(start + 100).min(301)).map(|n| json!({"body": format!("message {n}")})).collect();
        for answer in futures_util::future::join_all(bodies.iter().map(|body| ann.post(&path, body))).await {
            answer.expect(201);
        }
    }
    let (newest, epoch) = position(&app, &ann, "chat:general").await;
    assert_eq!(newest, 301);
    let reply = recover(&app, &ann, "chat:general", 1, &epoch).await;
    assert_eq!((&reply["recovered"], publications(&reply).len()), (&json!(true), 300));
    let reply = recover(&app, &ann, "chat:general", 0, &epoch).await;
    assert_ne!(reply["recovered"], true);
    assert!(publications(&reply).is_empty());

    // Who was away for so long pages through the history instead.
    let mut ws = Ws::connect(&app, &ann).await;
    let mut offsets = Vec::new();
    loop {
        let since = json!({"offset": offsets.last().unwrap_or(&0), "epoch": epoch});
        let page = ws.ok("history", &json!({"channel": "chat:general", "limit": 90, "since": since})).await;
        assert_eq!(page["offset"], 301);
        if publications(&page).is_empty() {
            break;
        }
        offsets.extend(publications(&page).iter().map(|p| p["offset"].as_u64().unwrap()));
    }
    assert_eq!(offsets, (1..=301).collect::<Vec<u64>>());
    app.stop().await;
}

#[tokio::test]
async fn history_is_read_from_either_end() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for n in 1..=5 {
        say(&ann, "general", &format!("message {n}")).await;
    }
    let (_, epoch) = position(&app, &ann, "chat:general").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let cases = [
        (json!({}), vec![]),
        (json!({"limit": 2}), vec![1, 2]),
        (json!({"limit": -1}), vec![1, 2, 3, 4, 5]),
        (json!({"limit": 2, "reverse": true}), vec![5, 4]),
        (json!({"limit": 2, "since": {"offset": 3, "epoch": epoch}}), vec![4, 5]),
        (json!({"limit": 9, "since": {"offset": 5, "epoch": epoch}}), vec![]),
        (json!({"limit": 2, "since": {"offset": 3, "epoch": epoch}, "reverse": true}), vec![2, 1]),
        (json!({"limit": 0, "since": {"offset": 3, "epoch": epoch}}), vec![]),
    ];
    for (mut request, expected) in cases {
        request["channel"] = json!("chat:general");
        let page = ws.ok("history", &request).await;
        let offsets: Vec<u64> = publications(&page).iter().map(|p| p["offset"].as_u64().unwrap()).collect();
        assert_eq!(
            (offsets, &page["offset"], &page["epoch"]),
            (expected, &json!(5), &json!(epoch)),
            "{request}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn what_was_taken_back_is_nowhere_in_the_stream() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let id = make(&ann, "private", &[&bob]).await;
    let channel = format!("chat:{id}");
    let said = say(&ann, &id, "@bob my password is hunter2").await;
    let answer = json!({"body": "oh no", "reply_to": said["id"]});
    let answer = bob.post(&messages(&id), &answer).await.expect(201);
    bob.patch(&message(&id, &answer), &json!({"body": "oh no!"})).await.expect(200);
    bob.put(&format!("{}/reactions/👍", message(&id, &said)), &json!({})).await.expect(204);
    let (_, epoch) = position(&app, &ann, &channel).await;
    let stream = async || {
        let reply = recover(&app, &bob, &channel, 0, &epoch).await;
        assert_eq!(reply["recovered"], true);
        publications(&reply)
    };
    let before = stream().await;
    assert!(before[0].to_string().contains("hunter2") && before[1].to_string().contains("hunter2"));

    let edited = ann.patch(&message(&id, &said), &json!({"body": "my \"secret\""})).await.expect(200);
    let after = stream().await;
    assert!(!json!(after).to_string().contains("hunter2"), "{after:?}");
    let kinds: Vec<&Value> = after.iter().map(|p| &p["data"]["type"]).collect();
    assert_eq!(kinds, ["message", "message", "edit", "reaction", "edit"]);
    let first = &after[0]["data"]["message"];
    assert_eq!((&first["body"], &first["mentions"]), (&json!("my \"secret\""), &json!([])));
    assert_eq!(first["edited_at"], edited["edited_at"]);
    for quote in [&after[1], &after[2]] {
        assert_eq!(quote["data"]["message"]["reply_to"]["excerpt"], "my \"secret\"");
    }

    ann.delete(&message(&id, &said)).await.expect(204);
    let after = stream().await;
    assert!(!json!(after).to_string().contains("secret"), "{after:?}");
    for about in [&after[0], &after[4]] {
        let message = &about["data"]["message"];
        assert_eq!((&message["body"], message["deleted_at"].is_string()), (&json!(""), true));
    }
    assert_eq!(after[1]["data"]["message"]["reply_to"]["excerpt"], "");
    assert_eq!(heard(&bob, &id).await[1]["reply_to"]["excerpt"], "");
    let own = format!("user:{}", bob.id);
    let told = Ws::connect(&app, &bob).await.ok("history", &json!({"channel": own, "limit": 100})).await;
    assert!(!told.to_string().contains("hunter2"), "{told}");
    app.stop().await;
}

#[tokio::test]
async fn an_old_stream_is_trimmed_and_says_so() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    say(&ann, "general", "long ago").await;
    // As if ten thousand events had passed; the next offset that is divisible by a hundred trims.
    let skip = app.services.db.write(|tx| {
        Box::pin(async move {
            use sea_orm::ConnectionTrait;
            tx.conn().execute_unprepared("UPDATE chat_rooms SET last_offset = 10099").await.map(drop)
        })
    });
    let skipped: Result<(), sea_orm::DbErr> = skip.await;
    skipped.unwrap();
    assert_eq!(say(&ann, "general", "today").await["offset"], 10_100);
    let (newest, epoch) = position(&app, &ann, "chat:general").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let page = ws.ok("history", &json!({"channel": "chat:general", "limit": 10})).await;
    assert_eq!((publications(&page).len(), newest), (1, 10_100), "the first event is gone");
    let since = json!({"offset": 0, "epoch": epoch});
    let request = json!({"channel": "chat:general", "limit": 10, "since": since});
    assert_eq!(ws.err("history", &request).await, 112);
    let reply = recover(&app, &ann, "chat:general", 10_050, &epoch).await;
    assert_ne!(reply["recovered"], true, "a hole is never papered over");
    assert_eq!(heard(&ann, "general").await.len(), 2, "messages are kept");
    app.stop().await;
}
