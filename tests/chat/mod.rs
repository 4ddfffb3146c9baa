//! The chat, through its API and its channels.

mod bounds;
mod live;
mod members;
mod messages;
mod reading;
mod refused;
mod rooms;
mod search;
mod stream;

use serde_json::{Value, json};

use crate::support::Actor;

/// Makes a room; gives its id.
async fn make(owner: &Actor, kind: &str, members: &[&Actor]) -> String {
    let members: Vec<&str> = members.iter().map(|m| m.id.as_str()).collect();
    let body = json!({"name": "Design", "kind": kind, "members": members});
    text(&owner.post("/api/chat/rooms", &body).await.expect(201)["id"])
}

/// The room as `actor` sees it.
async fn room(actor: &Actor, id: &str) -> Value {
    actor.get(&format!("/api/chat/rooms/{id}")).await.expect(200)
}

fn messages(room: &str) -> String {
    format!("/api/chat/rooms/{room}/messages")
}

fn message(room: &str, message: &Value) -> String {
    format!("/api/chat/rooms/{room}/messages/{}", text(&message["id"]))
}

fn member(room: &str, actor: &Actor) -> String {
    format!("/api/chat/rooms/{room}/members/{}", actor.id)
}

/// Posts a message; gives it.
async fn say(actor: &Actor, room: &str, body: &str) -> Value {
    actor.post(&messages(room), &json!({"body": body})).await.expect(201)
}

/// The newest messages of a room.
async fn heard(actor: &Actor, room: &str) -> Vec<Value> {
    items(&actor.get(&messages(room)).await.expect(200))
}

fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().unwrap().clone()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn texts(items: &[Value], key: &str) -> Vec<String> {
    items.iter().map(|item| text(&item[key])).collect()
}
