//! Messages: posting, editing, deleting, answering, mentioning, reacting, paging.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{heard, items, make, message, messages, room, say, text, texts};
use crate::support::TestApp;

#[tokio::test]
async fn a_message_comes_back_exactly_as_written() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for body in [
        "hello",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "'; DROP TABLE chat_messages; --",
        "\" OR 1=1 \\ \u{202e} 👩‍👩‍👧 \n\ttwo lines",
        "{{#each users}}{{password}}{{/each}} %00 ${7*7}",
    ] {
        let said = say(&ann, "general", body).await;
        assert_eq!(said["body"], body);
        assert_eq!(heard(&ann, "general").await.last(), Some(&said));
    }
    let made =
        ann.post("/api/chat/rooms", &json!({"name": "<b>'--", "kind": "public", "topic": "'); --<i>"})).await;
    let made = made.expect(201);
    assert_eq!((&made["name"], &made["topic"]), (&json!("<b>'--"), &json!("'); --<i>")));
    app.stop().await;
}

#[tokio::test]
async fn one_edits_ones_own_messages_and_no_others() {
    let app = TestApp::spawn().await;
    let (ann, bob, admin) = (app.member("ann").await, app.member("bob").await, app.admin().await);
    let said = say(&ann, "general", "helo").await;
    let path = message("general", &said);
    for other in [&bob, &admin] {
        other.patch(&path, &json!({"body": "hacked"})).await.expect_problem(403, "forbidden");
    }
    assert_eq!(heard(&bob, "general").await, std::slice::from_ref(&said));
    let edited = ann.patch(&path, &json!({"body": "hello"})).await.expect(200);
    assert_eq!((&edited["body"], &edited["offset"]), (&json!("hello"), &said["offset"]));
    assert!(edited["edited_at"].is_string());
    assert_eq!(heard(&bob, "general").await, std::slice::from_ref(&edited));
    assert_eq!(room(&ann, "general").await["last_offset"], 2);
    assert_eq!(ann.patch(&path, &json!({"body": "hello"})).await.expect(200), edited);
    assert_eq!(room(&ann, "general").await["last_offset"], 2, "the same text is no change");
    app.stop().await;
}

#[tokio::test]
async fn messages_are_deleted_by_author_owner_and_admin_alone() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve, admin) =
        (app.member("ann").await, app.member("bob").await, app.member("eve").await, app.admin().await);
    let id = make(&ann, "public", &[&bob, &eve]).await;
    let mut said = Vec::new();
    for n in 0..3 {
        said.push(say(&bob, &id, &format!("secret {n}")).await);
    }
    eve.delete(&message(&id, &said[0])).await.expect_problem(403, "forbidden");
    assert_eq!(heard(&eve, &id).await, said);
    for (who, said) in [&bob, &ann, &admin].into_iter().zip(&said) {
        who.delete(&message(&id, said)).await.expect(204);
        who.delete(&message(&id, said)).await.expect_problem(404, "not_found");
    }
    for left in heard(&eve, &id).await {
        assert_eq!((&left["body"], &left["reactions"]), (&json!(""), &json!([])));
        assert!(left["deleted_at"].is_string());
    }
    let gone = message(&id, &said[0]);
    bob.patch(&gone, &json!({"body": "again"})).await.expect_problem(404, "not_found");
    bob.put(&format!("{gone}/reactions/👍"), &json!({})).await.expect_problem(404, "not_found");
    let answer = json!({"body": "what?", "reply_to": said[0]["id"]});
    bob.post(&messages(&id), &answer).await.expect_problem(404, "not_found");
    assert_eq!(heard(&eve, &id).await.len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn an_answer_quotes_what_the_answered_message_says_now() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let asked = say(&ann, "general", &"long ".repeat(100)).await;
    let body = json!({"body": "yes", "reply_to": asked["id"]});
    let answer = bob.post(&messages("general"), &body).await.expect(201);
    let quote = &answer["reply_to"];
    assert_eq!((&quote["id"], &quote["user"]["username"]), (&asked["id"], &json!("ann")));
    assert_eq!(text(&quote["excerpt"]).chars().count(), 141);
    let excerpt = async || text(&heard(&bob, "general").await[1]["reply_to"]["excerpt"]);
    assert_eq!(excerpt().await, text(&quote["excerpt"]));
    ann.patch(&message("general", &asked), &json!({"body": "short"})).await.expect(200);
    assert_eq!(excerpt().await, "short");
    ann.delete(&message("general", &asked)).await.expect(204);
    assert_eq!(excerpt().await, "");

    let elsewhere = make(&bob, "private", &[]).await;
    let there = say(&bob, &elsewhere, "private").await;
    let body = json!({"body": "leak?", "reply_to": there["id"]});
    let problem = ann.post(&messages("general"), &body).await.expect_problem(404, "not_found");
    assert_eq!(problem["errors"][0]["field"], "reply_to");
    assert_eq!(heard(&ann, "general").await.len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn mentions_are_members_and_nobody_else() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let id = make(&ann, "public", &[&bob]).await;
    let said = say(&ann, &id, "@BOB, @eve, @nobody, mail x@bob.org and @ann. Fine?").await;
    let ids: BTreeSet<String> = said["mentions"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(ids, BTreeSet::from([ann.id.clone(), bob.id.clone()]), "eve is no member");
    let (of_ann, of_bob) = (room(&ann, &id).await, room(&bob, &id).await);
    assert_eq!((&of_ann["mentions"], &of_bob["mentions"]), (&json!(0), &json!(1)));
    assert_eq!(room(&eve, &id).await["mentions"], 0);

    let path = message(&id, &said);
    ann.patch(&path, &json!({"body": "nobody"})).await.expect(200);
    assert_eq!(room(&bob, &id).await["mentions"], 0);
    ann.patch(&path, &json!({"body": "@bob again"})).await.expect(200);
    assert_eq!(room(&bob, &id).await["mentions"], 1);
    ann.delete(&path).await.expect(204);
    assert_eq!(room(&bob, &id).await["mentions"], 0);
    app.stop().await;
}

#[tokio::test]
async fn reactions_are_emoji_counted_once_each_and_bounded() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let said = say(&ann, "general", "done").await;
    let reaction = |emoji: &str| format!("{}/reactions/{emoji}", message("general", &said));
    let reactions = async || heard(&ann, "general").await[0]["reactions"].clone();
    for (who, emoji) in [(&ann, "👍"), (&bob, "👍"), (&bob, "👍"), (&bob, "\u{2764}\u{fe0f}"), (&bob, "1️⃣")]
    {
        who.put(&reaction(emoji), &json!({})).await.expect(204);
    }
    let expected = json!([
        {"emoji": "👍", "user_ids": [ann.id, bob.id]},
        {"emoji": "❤️", "user_ids": [bob.id]},
        {"emoji": "1️⃣", "user_ids": [bob.id]},
    ]);
    assert_eq!(reactions().await, expected);
    assert_eq!(room(&ann, "general").await["last_offset"], 5, "a second time is no change");
    for bad in ["ok", "👍👍", "%3Cb%3E", "1", "%20"] {
        ann.put(&reaction(bad), &json!({})).await.expect_problem(400, "validation_failed");
    }
    assert_eq!(reactions().await, expected);

    // The same heart, as another keyboard sends it.
    ann.put(&reaction("\u{2764}"), &json!({})).await.expect(204);
    bob.put(&reaction("\u{2764}"), &json!({})).await.expect(204);
    assert_eq!(reactions().await[1], json!({"emoji": "\u{2764}\u{fe0f}", "user_ids": [bob.id, ann.id]}));
    ann.delete(&reaction("\u{2764}")).await.expect(204);
    assert_eq!(reactions().await, expected);
    ann.delete(&reaction("👍")).await.expect(204);
    ann.delete(&reaction("👍")).await.expect(204);
    bob.delete(&reaction("❤️")).await.expect(204);
    assert_eq!(
        reactions().await,
        json!([{"emoji": "👍", "user_ids": [bob.id]}, {"emoji": "1️⃣", "user_ids": [bob.id]}])
    );
    let faces: Vec<String> = (0x1f600..0x1f612).filter_map(char::from_u32).map(String::from).collect();
    for face in &faces {
        bob.put(&reaction(face), &json!({})).await.expect(204);
    }
    ann.put(&reaction("🚀"), &json!({})).await.expect_problem(409, "too_many_reactions");
    assert_eq!(reactions().await.as_array().unwrap().len(), 20);
    ann.put(&reaction("👍"), &json!({})).await.expect(204);
    app.stop().await;
}

#[tokio::test]
async fn messages_are_paged_both_ways() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut offsets = Vec::new();
    for n in 0..12 {
        let said = say(&ann, "general", &format!("message {n}")).await;
        if n % 5 == 0 {
            // Takes an offset too, so that those of messages have holes.
            let path = format!("{}/reactions/👍", message("general", &said));
            ann.put(&path, &json!({})).await.expect(204);
        }
        offsets.push(said["offset"].as_u64().unwrap());
    }
    let walk = async |start: &str| {
        let mut pages = Vec::new();
        let mut path = format!("{}?limit=5&{start}", messages("general"));
        loop {
            let page = ann.get(&path).await.expect(200);
            pages.push(items(&page).iter().map(|m| m["offset"].as_u64().unwrap()).collect::<Vec<_>>());
            match &page["next"] {
                Value::Null => return pages,
                next => path = format!("{}?limit=5&cursor={}", messages("general"), text(next)),
            }
        }
    };
    let cut = |ranges: &[(usize, usize)]| -> Vec<Vec<u64>> {
        ranges.iter().map(|&(from, to)| offsets[from..to].to_vec()).collect()
    };
    assert_eq!(walk("").await, cut(&[(7, 12), (2, 7), (0, 2)]));
    assert_eq!(walk("after=0").await, cut(&[(0, 5), (5, 10), (10, 12)]));
    assert_eq!(walk(&format!("after={}", offsets[3])).await, cut(&[(4, 9), (9, 12)]));
    assert_eq!(walk(&format!("before={}", offsets[3])).await, cut(&[(0, 3)]));
    assert_eq!(walk(&format!("before={}&after={}", offsets[8], offsets[1])).await, cut(&[(2, 7), (7, 8)]));
    assert_eq!(walk(&format!("before={}", u64::MAX)).await, cut(&[(7, 12), (2, 7), (0, 2)]));
    app.stop().await;
}

#[tokio::test]
async fn the_same_nonce_is_one_message_also_at_the_same_time() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let body = json!({"body": "once", "nonce": "n1"});
    let path = messages("general");
    let posts = (0..10).map(|_| ann.post(&path, &body));
    let answers = futures_util::future::join_all(posts).await;
    let ids: BTreeSet<String> = answers.into_iter().map(|a| text(&a.expect(201)["id"])).collect();
    assert_eq!(ids.len(), 1);
    let again = json!({"body": "another text", "nonce": "n1"});
    assert_eq!(text(&ann.post(&path, &again).await.expect(201)["body"]), "once");
    bob.post(&path, &body).await.expect(201);
    let elsewhere = make(&ann, "public", &[]).await;
    ann.post(&messages(&elsewhere), &body).await.expect(201);
    assert_eq!(texts(&heard(&ann, "general").await, "body"), ["once", "once"], "one each");
    app.stop().await;
}

#[tokio::test]
async fn fifty_at_once_get_offsets_without_a_gap() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let path = messages("general");
    let bodies: Vec<Value> = (0..50).map(|n| json!({"body": format!("message {n}")})).collect();
    let answers = futures_util::future::join_all(bodies.iter().map(|body| ann.post(&path, body))).await;
    let mut offsets: Vec<u64> =
        answers.into_iter().map(|a| a.expect(201)["offset"].as_u64().unwrap()).collect();
    offsets.sort_unstable();
    assert_eq!(offsets, (1..=50).collect::<Vec<u64>>());
    app.stop().await;
}
