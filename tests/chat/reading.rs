//! Read marks, and what is unread.

use serde_json::{Value, json};

use super::{make, member, message, room, say};
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
