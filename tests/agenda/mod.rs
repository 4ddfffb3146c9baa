//! The agenda, by the front door.

mod bounds;
mod calendars;
mod events;
mod list;
mod live;
mod series;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Answer};

/// A plain event on Monday 23 November 2026, 9:00 in Paris.
pub fn stand_up() -> Value {
    json!({
        "title": "Stand-up",
        "start": "2026-11-23T09:00:00",
        "end": "2026-11-23T09:15:00",
        "time_zone": "Europe/Paris",
    })
}

/// `base` with the fields of `change`.
pub fn with(mut base: Value, change: Value) -> Value {
    let Value::Object(change) = change else { panic!("fields expected") };
    base.as_object_mut().unwrap().extend(change);
    base
}

/// The stand-up every day, five times.
pub fn daily() -> Value {
    with(stand_up(), json!({"recurrence": {"rule": "FREQ=DAILY;COUNT=5"}}))
}

/// Creates an event; gives it.
pub async fn create(actor: &Actor, event: Value) -> Value {
    actor.post("/api/agenda", &event).await.expect(201)
}

/// Path of an event.
pub fn path(event: &Value) -> String {
    format!("/api/agenda/{}", event["id"].as_str().unwrap())
}

/// Sends a change with the `If-Match` of the version in `event`; `query` as in `scope=this`.
pub async fn edit(actor: &Actor, method: Method, event: &Value, query: &str, body: Option<Value>) -> Answer {
    let path = if query.is_empty() { path(event) } else { format!("{}?{query}", path(event)) };
    let request = actor.request(method, &path).header("If-Match", format!("\"{}\"", event["version"]));
    actor
        .send(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
}

/// Changes an event; gives what the server answers.
pub async fn patch(actor: &Actor, event: &Value, query: &str, body: Value) -> Answer {
    edit(actor, Method::PATCH, event, query, Some(body)).await
}

/// Deletes an event or a part of it.
pub async fn delete(actor: &Actor, event: &Value, query: &str) -> Answer {
    edit(actor, Method::DELETE, event, query, None).await
}

/// The items of the actor's list between two times.
pub async fn list(actor: &Actor, from: &str, to: &str) -> Vec<Value> {
    let page = actor.get(&format!("/api/agenda?from={from}&to={to}&limit=200")).await.expect(200);
    assert_eq!(page["next"], Value::Null);
    page["items"].as_array().unwrap().clone()
}

/// Starts of the occurrences of a year in which most tests happen, as month-day and local time.
pub async fn starts(actor: &Actor) -> Vec<String> {
    let items = list(actor, "2026-10-01T00:00:00Z", "2027-10-01T00:00:00Z").await;
    items.iter().map(|item| item["start"].as_str().unwrap()[5..].to_owned()).collect()
}
