//! Read marks, and what is unread.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::{items, make, member, message, messages, room, say};
use crate::support::{Actor, TestApp};

async fn unread(actor: &Actor, id: &str) -> (u64, u64, u64) {
    let room = room(actor, id).await;
    let n = |key: &str| room[key].as_u64().unwrap();
    (n("unread"), n("mentions"), n("read_offset"))
}

async fn read(actor: &Actor, id: &str, offset: u64) {
    actor.put(&format!("/api/chat/rooms/{id}/read"), &json!({"offset": offset})).await.expect(204);
}

#[tokio::test]
async fn unread_messages_and_mentions_are_counted() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let id = make(&ann, "private", &[&bob]).await;
    let mut said = Vec::new();
    for n in 1..=6 {
        said.push(say(&ann, &id, &format!("@bob number {n}")).await);
    }
    assert_eq!(unread(&ann, &id).await, (0, 0, 6), "one has read what one wrote");
    assert_eq!(unread(&bob, &id).await, (6, 6, 0));
    read(&bob, &id, 2).await;
    assert_eq!(unread(&bob, &id).await, (4, 4, 2));
    read(&bob, &id, 1).await;
    assert_eq!(unread(&bob, &id).await, (4, 4, 2), "a mark never moves backwards");

    // One that was read, one that was not.
    ann.delete(&message(&id, &said[0])).await.expect(204);
    ann.delete(&message(&id, &said[4])).await.expect(204);
    assert_eq!(unread(&bob, &id).await, (3, 3, 2));
    read(&bob, &id, 3).await;
    assert_eq!(unread(&bob, &id).await, (2, 2, 3));
    let path = format!("{}/reactions/👍", message(&id, &said[5]));
    ann.put(&path, &json!({})).await.expect(204);
    assert_eq!(unread(&bob, &id).await, (2, 2, 3), "a reaction is no message");
    read(&bob, &id, u64::MAX).await;
    assert_eq!(unread(&bob, &id).await, (0, 0, 9), "beyond the newest is the newest");
    say(&ann, &id, "one more").await;
    assert_eq!(unread(&bob, &id).await, (1, 0, 9));
    say(&bob, &id, "seen").await;
    assert_eq!(unread(&bob, &id).await, (0, 0, 11));
    assert_eq!(unread(&ann, &id).await, (1, 0, 10));

    let members = bob.get(&format!("/api/chat/rooms/{id}/members")).await.expect(200);
    let marks: Vec<&Value> = members["items"].as_array().unwrap().iter().map(|m| &m["read_offset"]).collect();
    assert_eq!(marks, [&json!(10), &json!(11)]);
    app.stop().await;
}

#[tokio::test]
async fn only_members_have_a_mark() {
    let app = TestApp::spawn().await;
    let (ann, bob, vic) = (app.member("ann").await, app.member("bob").await, app.viewer("vic").await);
    let id = make(&ann, "public", &[&vic]).await;
    say(&ann, &id, "hello").await;
    let path = format!("/api/chat/rooms/{id}/read");
    bob.put(&path, &json!({"offset": 1})).await.expect_problem(403, "not_a_member");
    assert_eq!(unread(&bob, &id).await, (0, 0, 0));
    assert_eq!(unread(&vic, &id).await, (1, 0, 0));
    read(&vic, &id, 1).await;
    assert_eq!(unread(&vic, &id).await, (0, 0, 1));

    // Whoever comes back starts anew.
    bob.put(&member(&id, &bob), &json!({})).await.expect(204);
    assert_eq!(unread(&bob, &id).await, (0, 0, 1));
    say(&ann, &id, "@bob welcome").await;
    assert_eq!(unread(&bob, &id).await, (1, 1, 1));
    bob.delete(&member(&id, &bob)).await.expect(204);
    assert_eq!(unread(&bob, &id).await, (0, 0, 0));
    app.stop().await;
}

/// What the counts must be, from the messages themselves.
async fn recount(actor: &Actor, id: &str, mark: u64) -> (u64, u64, u64) {
    let heard = actor.get(&format!("{}?limit=200", messages(id))).await.expect(200);
    let unread: Vec<Value> = items(&heard)
        .into_iter()
        .filter(|m| m["deleted_at"].is_null() && m["user"]["id"] != actor.id.as_str())
        .filter(|m| m["offset"].as_u64().unwrap() > mark)
        .collect();
    let mentioned = |m: &&Value| m["mentions"].as_array().unwrap().contains(&json!(actor.id));
    (unread.len() as u64, unread.iter().filter(mentioned).count() as u64, mark)
}

#[tokio::test]
async fn the_counts_are_right_whatever_happens() {
    let app = TestApp::spawn().await;
    let people = [app.member("ann").await, app.member("bob").await];
    let id = make(&people[0], "private", &[&people[1]]).await;
    let mut said: Vec<(usize, Value)> = Vec::new();
    let mut runner = TestRunner::deterministic();
    let steps = proptest::collection::vec((0..6u8, 0..2usize, proptest::num::usize::ANY), 120);
    for (what, who, which) in steps.new_tree(&mut runner).unwrap().current() {
        let (actor, other) = (&people[who], &people[1 - who]);
        let text = if which % 2 == 0 { "hello".to_owned() } else { format!("@{} look", ["bob", "ann"][who]) };
        let own: Vec<usize> = (0..said.len()).filter(|&n| said[n].0 == who).collect();
        match (what, own.get(which.checked_rem(own.len()).unwrap_or(0))) {
            (3, Some(&n)) => {
                let body = json!({"body": format!("{text} {which}")});
                actor.patch(&message(&id, &said[n].1), &body).await.expect(200);
            }
            (4, Some(&n)) => {
                actor.delete(&message(&id, &said.remove(n).1)).await.expect(204);
            }
            (5, _) => {
                let newest = room(actor, &id).await["last_offset"].as_u64().unwrap();
                read(actor, &id, which as u64 % (newest + 1)).await;
            }
            _ => said.push((who, say(actor, &id, &text).await)),
        }
        for actor in [actor, other] {
            let counted = unread(actor, &id).await;
            assert_eq!(counted, recount(actor, &id, counted.2).await, "after step {what} by {who}");
        }
    }
    app.stop().await;
}
