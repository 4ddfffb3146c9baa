//! Texts that would do harm if they were run instead of kept, in every place that takes a text: each is refused and changes
//! nothing, or is stored and given back as it is. Pages show them as text: see `browser`.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::document::{Document, Operation};
use crate::support::{Actor, Answer, PASSWORD, TestApp, Ws, eventually, stored};

/// SQL, HTML, and some of both with a template and a change of writing direction.
pub const TEXTS: [&str; 3] = [
    "'; DROP TABLE users; --",
    "<script>alert(1)</script>",
    "\" OR \"1\"=\"1\" <img src=x onerror=alert(1)> {{7*7}} \u{202e}تجربة 👩‍👩‍👧",
];

/// Places that are kept, and shown by no answer; the live publications of some are looked at instead.
const NOT_SHOWN: [&str; 3] = ["new_password", "nonce", "password"];

/// Places that free text belongs into: here at least, each of these texts is kept.
const FREE: [&str; 14] = [
    "create_agenda_event.attendees[0].name",
    "create_agenda_event.notes",
    "create_agenda_event.place",
    "create_agenda_event.title",
    "create_app_key.name",
    "create_room.name",
    "create_room.topic",
    "create_user.name",
    "edit_message.body",
    "log_in.device",
    "notify_installation.title",
    "post_message.body",
    "send_diagnostics.report",
    "update_agenda_event.notes",
];

/// A server with one of everything, and who may do what.
struct World {
    app: TestApp,
    admin: Actor,
    /// Whose account others edit; with the password of the document's examples.
    iris: Actor,
    /// Iris' client.
    ws: Ws,
    room: String,
    message: String,
    event: String,
    key: String,
    installation: String,
    number: u32,
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

async fn connect(app: &TestApp, who: &Actor) -> Ws {
    Ws::connect_with(app, &json!({"token": who.token, "data": {"installation_id": "iris"}})).await
}

impl World {
    async fn new() -> Self {
        let app = TestApp::spawn().await;
        let (admin, iris) = (app.admin().await, app.member("iris").await);
        let ws = connect(&app, &iris).await;
        let client = admin.get(&format!("/api/clients/{}", ws.client())).await.expect(200);
        let room =
            admin.post("/api/chat/rooms", &json!({"name": "Room", "kind": "public"})).await.expect(201);
        let messages = format!("/api/chat/rooms/{}/messages", id(&room));
        let message = admin.post(&messages, &json!({"body": "Hello"})).await.expect(201);
        let event = json!({"title": "Plan", "start": "2026-12-01T09:00:00"});
        let event = admin.post("/api/agenda", &event).await.expect(201);
        let key = admin.post("/api/app-keys", &json!({"app": "desk", "name": "Desk"})).await.expect(201);
        Self {
            room: id(&room),
            message: id(&message),
            event: id(&event),
            key: id(&key),
            installation: client["installation"].as_str().unwrap().to_owned(),
            app,
            admin,
            iris,
            ws,
            number: 0,
        }
    }

    /// The path of something that is there.
    async fn path(&mut self, operation: &Operation) -> String {
        if operation.id.starts_with("notify") || operation.path.contains("{client_id}") {
            // Nobody answers its pings meanwhile.
            self.ws = connect(&self.app, &self.iris).await;
        }
        let mut diagnostic = None;
        if operation.path.contains("{diagnostic_id}") {
            let asked = format!("/api/installations/{}/diagnostics", self.installation);
            diagnostic = Some(id(&self.admin.post(&asked, &Value::Null).await.expect(201)));
        }
        operation.path_with(|name| match name {
            "room_id" => self.room.clone(),
            "message_id" => self.message.clone(),
            "event_id" => self.event.clone(),
            "key_id" => self.key.clone(),
            "user_id" => self.iris.id.clone(),
            "client_id" => self.ws.client().to_owned(),
            "installation_id" => self.installation.clone(),
            "diagnostic_id" => diagnostic.clone().unwrap(),
            "emoji" => "%F0%9F%91%8D".to_owned(),
            _ => "01900000-0000-7000-8000-000000000000".to_owned(),
        })
    }

    /// The document's example, with what has to be new, or has to be there.
    fn valid(&mut self, operation: &Operation, mut body: Value) -> Value {
        self.number += 1;
        let new = format!("new{}", self.number);
        let name = if operation.id == "create_user" { &new } else { "iris" };
        for (field, value) in [("username", name), ("nonce", &new), ("user_id", &self.iris.id)] {
            if body.get(field).is_some_and(Value::is_string) {
                body[field] = value.into();
            }
        }
        body
    }

    async fn send(&self, operation: &Operation, path: &str, body: &Value) -> Answer {
        // A report is its client's to send; whose password it is, is whose session it is.
        let own = ["send_diagnostics", "change_password"].contains(&operation.id.as_str());
        let who = if own { &self.iris } else { &self.admin };
        let request = who.request(operation.method.clone(), path).header("If-Match", "*");
        who.send(if operation.takes_json() { request.json(body) } else { request }).await
    }

    /// Whether an accepted text is given back as it is: in the answer, or where it is shown.
    async fn shows(&mut self, operation: &Operation, path: &str, answer: &Answer, text: &str) -> bool {
        let elsewhere = match operation.id.as_str() {
            "log_in" => self.admin.get(&format!("/api/users/{}/sessions", self.iris.id)).await.expect(200),
            "notify_client" | "notify_installation" => {
                self.ws.publication(&format!("user:{}", self.iris.id)).await
            }
            "send_diagnostics" => {
                let reports = format!("/api/installations/{}/diagnostics", self.installation);
                let report = path.rsplit('/').next().unwrap();
                self.admin.get(&format!("{reports}/{report}")).await.expect(200)
            }
            _ => Value::Null,
        };
        holds(&answer.json, text) || holds(&elsewhere, text)
    }
}

/// Whether one of the texts in `value` is this one.
pub fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own == text,
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(fields) => fields.values().any(|field| holds(field, text)),
        _ => false,
    }
}

/// Whatever it is, it is an answer that the document has, and one that no browser takes for a page.
#[track_caller]
pub fn assert_documented(operation: &Operation, answer: &Answer, place: &str) {
    assert!(
        answer.status < 500 && operation.documents(answer.status),
        "{place}: {} {}",
        answer.status,
        answer.text
    );
    let kind = answer.header("content-type");
    let data =
        ["application/json", "application/problem+json", "text/csv"].iter().any(|own| kind.starts_with(own));
    assert!(answer.text.is_empty() || data, "{place}: {kind}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{place}");
}

#[tokio::test]
async fn every_text_of_every_body_is_refused_or_kept() {
    let mut world = World::new().await;
    let document = Document::of(&world.app).await;
    let mut kept: BTreeSet<(String, &str)> = BTreeSet::new();
    // What ends sessions comes last.
    let mut operations = document.operations();
    operations.retain(Operation::takes_json);
    operations.sort_by_key(|operation| operation.id.contains("password"));
    for operation in &operations {
        for text in TEXTS {
            let example = world.valid(operation, document.example(operation).unwrap());
            for (place, _) in document.with_text(operation, &example, text) {
                let example = world.valid(operation, example.clone());
                let bodies = document.with_text(operation, &example, text);
                let (_, body) = bodies.into_iter().find(|(other, _)| *other == place).unwrap();
                let path = world.path(operation).await;
                let before = stored::rows(&world.app).await;
                let answer = world.send(operation, &path, &body).await;
                let named = format!("{}.{place}", operation.id);
                assert_documented(operation, &answer, &format!("{named} with {text}"));
                if answer.status >= 400 {
                    assert_eq!(stored::rows(&world.app).await, before, "{named} with {text} was refused");
                } else {
                    let last = place.rsplit('.').next().unwrap();
                    let shown =
                        NOT_SHOWN.contains(&last) || world.shows(operation, &path, &answer, text).await;
                    assert!(shown, "{named} with {text} is not given back: {}", answer.text);
                    kept.insert((named, text));
                }
            }
        }
    }
    let missing: Vec<_> = FREE
        .iter()
        .filter(|place| TEXTS.iter().any(|text| !kept.contains(&((**place).to_owned(), *text))))
        .collect();
    assert!(missing.is_empty(), "{missing:?} kept not every text; kept: {kept:#?}");
    world.app.stop().await;
}

#[tokio::test]
async fn every_text_of_every_query_is_a_value_and_nothing_else() {
    let mut world = World::new().await;
    let document = Document::of(&world.app).await;
    let mut asked = 0;
    for operation in &document.operations() {
        let parameters = operation.parameters("query");
        for parameter in parameters.iter().filter(|parameter| is_text(&document, parameter)) {
            let name = parameter["name"].as_str().unwrap();
            for text in TEXTS {
                let path = world.path(operation).await;
                let before = stored::rows(&world.app).await;
                let required =
                    parameters.iter().filter(|other| other["required"] == true && other["name"] != name);
                let mut query: Vec<(&str, String)> = required
                    .map(|other| (other["name"].as_str().unwrap(), fitting(&document, other)))
                    .collect();
                query.push((name, text.to_owned()));
                let path = format!(
                    "{path}?{}",
                    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish()
                );
                let body = document.example(operation).unwrap_or_default();
                let body = world.valid(operation, body);
                let answer = world.send(operation, &path, &body).await;
                assert_documented(operation, &answer, &path);
                if operation.method == Method::GET || answer.status >= 400 {
                    assert_eq!(stored::rows(&world.app).await, before, "{path} changes something");
                }
                let searches = ["search", "q"].contains(&name) && answer.status == 200;
                assert!(!searches || answer.json["items"] == json!([]), "{path} finds {}", answer.text);
                asked += 1;
            }
        }
    }
    assert!(asked >= 60, "only {asked} questions");
    // Everybody and everything is still there.
    world.admin.get(&format!("/api/agenda/{}", world.event)).await.expect(200);
    assert_eq!(world.admin.get("/api/users").await.expect(200)["items"].as_array().unwrap().len(), 2);
    world.app.stop().await;
}

/// Whether a parameter takes a text, be it one of a few or of some form.
fn is_text(document: &Document, parameter: &Value) -> bool {
    let schema = document.resolve(&parameter["schema"]);
    schema["type"] == "string" || schema["items"]["type"] == "string"
}

/// A value that a parameter may have.
fn fitting(document: &Document, parameter: &Value) -> String {
    let schema = document.resolve(&parameter["schema"]);
    match (schema["enum"][0].as_str(), schema["format"].as_str(), parameter["name"].as_str()) {
        (Some(word), ..) => word.to_owned(),
        (_, Some("date-time"), Some("to")) => "2026-12-31T00:00:00Z".to_owned(),
        (_, Some("date-time"), _) => "2026-12-01T00:00:00Z".to_owned(),
        _ => "desk".to_owned(),
    }
}

#[tokio::test]
async fn what_a_client_says_of_itself_is_shown_as_it_is() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let said = ["installation_id", "app", "app_version", "os", "os_version", "hostname", "locale"];
    for text in TEXTS {
        let mut data = json!({});
        for field in said {
            data[field] = text.into();
        }
        let request = json!({"token": ann.token, "name": text, "version": text, "data": data});
        let ws = Ws::connect_with(&app, &request).await;
        let client = admin.get(&format!("/api/clients/{}", ws.client())).await.expect(200);
        for field in said {
            assert_eq!(client[field], text, "{field}");
        }
        assert_eq!(client["sdk"], format!("{text} {text}"));
        let path = format!("/api/installations/{}", client["installation"].as_str().unwrap());
        let installation = eventually("it is an installation", async || {
            let answer = admin.get(&path).await;
            (answer.status == 200).then_some(answer.json)
        })
        .await;
        assert!(holds(&installation, text), "{installation}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_a_calendar_file_says_is_kept_and_given_to_calendars_as_text() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let feed = ann.send(ann.request(Method::POST, "/api/agenda/feed")).await.expect(201);
    for (n, text) in TEXTS.into_iter().enumerate() {
        let escaped = text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,");
        let file = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:{n}@example.org\r\nSUMMARY:{escaped}\r\n\
             LOCATION:{escaped}\r\nDESCRIPTION:{escaped}\r\nDTSTART:2026120{}T100000Z\r\nDTEND:2026120{}T110000Z\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n",
            n + 1,
            n + 1
        );
        let import = ann.request(Method::POST, "/api/agenda/import").header("content-type", "text/calendar");
        assert_eq!(ann.send(import.body(file)).await.expect(200)["created"], 1, "{text}");
        let window = "/api/agenda?from=2026-12-01T00:00:00Z&to=2026-12-31T00:00:00Z";
        let listed = ann.get(window).await.expect(200);
        let event = &listed["items"][n];
        assert_eq!(event["title"], text);
        let event =
            ann.get(&format!("/api/agenda/{}", event["event_id"].as_str().unwrap())).await.expect(200);
        for field in ["title", "place", "notes"] {
            assert_eq!(event[field], text, "{field}");
        }
        let given = app.anon().get(feed["path"].as_str().unwrap()).await;
        assert_eq!((given.status, given.header("content-type")), (200, "text/calendar; charset=utf-8"));
        // Lines are folded at 75 bytes.
        let lines = given.text.replace("\r\n ", "");
        assert!(lines.contains(&format!("SUMMARY:{escaped}\r\n")), "{lines}");
    }
    let login = json!({"username": "ann", "password": PASSWORD});
    app.anon().post("/api/auth/login", &login).await.expect(200);
    app.stop().await;
}
