//! What is there before the first client comes: accounts, keys, rooms with some talk in them, appointments.

use std::sync::Arc;

use chrono::{Days, Local, NaiveDate, Weekday};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::team::{APPS, LINES, MEETINGS, Meeting, PEOPLE, ROOMS};
use crate::server::{Fault, PASSWORD, Server, text};

/// An account, as its programs use it.
pub struct Person {
    pub username: &'static str,
    pub writes: bool,
    /// API token, good for longer than any look at this team.
    pub token: String,
    pub id: String,
    url: String,
    http: Client,
}

impl Person {
    /// Asks the API; a refusal is an answer like any other.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(u16, Value), Fault> {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or(Value::Null)))
    }

    /// Posts what the API must take.
    async fn post(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        let (status, answer) = self.ask(Method::POST, path, Some(body)).await?;
        if status >= 300 { Err(format!("POST {path} gave {status}: {answer}").into()) } else { Ok(answer) }
    }
}

/// The accounts.
pub async fn people(server: &Server) -> Result<Arc<Vec<Person>>, Fault> {
    let mut people = Vec::new();
    for (username, name, role) in PEOPLE {
        let account = json!({"username": username, "name": name, "role": role, "password": PASSWORD});
        let account = server.post("/api/users", &account).await?;
        let login = json!({"username": username, "password": PASSWORD});
        let login = server.post("/api/auth/login", &login).await?;
        let writes = role != "viewer";
        let scopes: &[&str] = if writes {
            &["agenda:read", "agenda:write", "chat:read", "chat:write", "users:read", "signals:write"]
        } else {
            &["agenda:read", "chat:read", "users:read"]
        };
        let mut person = Person {
            username,
            writes,
            token: text(&login, "access_token"),
            id: text(&account, "id"),
            url: server.url.clone(),
            http: server.http.clone(),
        };
        let token =
            person.post("/api/auth/tokens", &json!({"name": "Desktop client", "scopes": scopes})).await?;
        person.token = text(&token, "token");
        people.push(person);
    }
    Ok(Arc::new(people))
}

/// A key for each application, in their order.
pub async fn app_keys(server: &Server) -> Result<Arc<Vec<String>>, Fault> {
    let mut keys = Vec::new();
    for app in APPS {
        let key = json!({"app": app.name, "name": format!("{}, production", app.name), "rate": 1000});
        keys.push(text(&server.post("/api/app-keys", &key).await?, "key"));
    }
    Ok(Arc::new(keys))
}

/// The rooms, with what was said so far.
pub async fn rooms(server: &Server, people: &[Person]) -> Result<Arc<Vec<String>>, Fault> {
    let mut rooms = vec!["general".to_owned()];
    for (name, topic) in ROOMS {
        let room = people[0]
            .post("/api/chat/rooms", &json!({"kind": "public", "name": name, "topic": topic}))
            .await?;
        let id = text(&room, "id");
        for person in &people[1..] {
            let path = format!("/api/chat/rooms/{id}/members/{}", person.id);
            people[0].ask(Method::PUT, &path, None).await?;
        }
        rooms.push(id);
    }
    for (number, line) in LINES.iter().enumerate() {
        let (person, room) = (&people[number * 5 % (people.len() - 1)], &rooms[number % rooms.len()]);
        person.post(&format!("/api/chat/rooms/{room}/messages"), &json!({"body": line})).await?;
    }
    server
        .post(
            "/api/chat/rooms/general/messages",
            &json!({"body": "@marie could you show the new queue screen at the review?"}),
        )
        .await?;
    Ok(Arc::new(rooms))
}

/// Appointments of this week and the next ones.
pub async fn agenda(people: &[Person]) -> Result<(), Fault> {
    let today = Local::now().date_naive();
    let week = today.week(Weekday::Mon);
    let monday = week.first_day();
    let day = |after: u64| monday.checked_add_days(Days::new(after)).unwrap_or(monday);
    let zone = "Europe/Paris";
    let at = |date: NaiveDate, time: &str| format!("{date}T{time}:00");
    for Meeting { who, weekday, hours: (from, to), title, place, color, rule } in MEETINGS {
        let date = day(weekday);
        let event = json!({
            "title": title, "start": at(date, from), "end": at(date, to), "time_zone": zone,
            "place": (!place.is_empty()).then_some(place), "color": color, "visibility": "team", "reminders": [10],
            "recurrence": (!rule.is_empty()).then(|| json!({"rule": rule})),
        });
        people[who].post("/api/agenda", &event).await?;
    }
    for (who, from, to, title) in
        [(10, 1, 3, "Fair in Lyon"), (11, 4, 5, "Release 2.5"), (3, 8, 10, "Luca on holiday")]
    {
        let event = json!({
            "title": title, "all_day": true, "start": day(from).to_string(), "end": day(to).to_string(),
            "visibility": "team", "color": "#b45309",
        });
        people[who].post("/api/agenda", &event).await?;
    }
    Ok(())
}
