//! What connected clients are told: changes at once, reminders when they are due, each once.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{create, delete, patch, stand_up, with};
use crate::support::{Actor, PASSWORD, TestApp, Ws, eventually};

fn channel(actor: &Actor) -> String {
    format!("user:{}", actor.id)
}

/// The next thing that the agenda says to a client.
async fn told(ws: &mut Ws, actor: &Actor) -> Value {
    ws.publication(&channel(actor)).await["data"].clone()
}

/// Everything of a type that the account was ever told.
async fn history(ws: &mut Ws, actor: &Actor, kind: &str) -> Vec<Value> {
    let history = ws.ok("history", &json!({"channel": channel(actor), "limit": 200})).await;
    let publications = history["publications"].as_array().cloned().unwrap_or_default();
    publications.into_iter().map(|p| p["data"].clone()).filter(|data| data["type"] == kind).collect()
}

fn local(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An event that starts in `minutes`, with a reminder ten minutes before.
fn soon(app: &TestApp, minutes: i64) -> Value {
    let start = app.clock.now() + TimeDelta::minutes(minutes);
    json!({"title": "Soon", "start": local(start), "reminders": [10]})
}

#[tokio::test]
async fn changes_reach_everyone_concerned_and_nobody_else() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let mut ann_ws = Ws::connect(&app, &ann).await;
    let mut bob_ws = Ws::connect(&app, &bob).await;
    let mut eve_ws = Ws::connect(&app, &eve).await;

    let event = create(&ann, with(stand_up(), json!({"attendees": [{"user_id": bob.id}]}))).await;
    for (ws, who) in [(&mut ann_ws, &ann), (&mut bob_ws, &bob)] {
        let expected =
            json!({"type": "agenda.changed", "event_id": event["id"], "action": "created", "event": event});
        assert_eq!(told(ws, who).await, expected);
    }
    // Who is no longer invited learns that it is gone.
    let event = patch(&ann, &event, "", json!({"title": "Private", "attendees": []})).await.expect(200);
    assert_eq!(told(&mut ann_ws, &ann).await["action"], "updated");
    let gone = json!({"type": "agenda.changed", "event_id": event["id"], "action": "deleted", "event": null});
    assert_eq!(told(&mut bob_ws, &bob).await, gone);
    // A team event concerns everyone; for those who did not see it before it is new.
    let event = patch(&ann, &event, "", json!({"visibility": "team"})).await.expect(200);
    assert_eq!(told(&mut ann_ws, &ann).await["action"], "updated");
    for (ws, who) in [(&mut bob_ws, &bob), (&mut eve_ws, &eve)] {
        let message = told(ws, who).await;
        assert_eq!((&message["action"], &message["event"]), (&json!("created"), &event));
    }
    assert_eq!(delete(&ann, &event, "").await.status, 204);
    for (ws, who) in [(&mut ann_ws, &ann), (&mut bob_ws, &bob), (&mut eve_ws, &eve)] {
        assert_eq!(told(ws, who).await["action"], "deleted");
    }
    // Eve was told of the team event alone, and nobody of a refused change.
    patch(&eve, &event, "", json!({"title": "x"})).await.expect_problem(404, "not_found");
    assert_eq!(history(&mut eve_ws, &eve, "agenda.changed").await.len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn splitting_tells_of_both_series() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let event = create(&ann, super::daily()).await;
    let later = patch(&ann, &event, "scope=following&occurrence=2026-11-25T09:00:00", json!({"title": "x"}))
        .await
        .expect(200);
    let mut actions = Vec::new();
    for _ in 0..3 {
        let message = told(&mut ws, &ann).await;
        actions.push(json!([message["action"], message["event_id"]]));
    }
    let expected = json!([["created", event["id"]], ["updated", event["id"]], ["created", later["id"]]]);
    assert_eq!(json!(actions), expected);
    app.stop().await;
}

#[tokio::test]
async fn a_reminder_comes_when_it_is_due_and_once() {
    let app = TestApp::spawn().await;
    let (ann, bob, cat) = (app.member("ann").await, app.member("bob").await, app.member("cat").await);
    let mut ann_ws = Ws::connect(&app, &ann).await;
    let mut bob_ws = Ws::connect(&app, &bob).await;
    let attendees = json!([{"user_id": bob.id}, {"user_id": cat.id, "response": "declined"}]);
    let event = create(&ann, with(soon(&app, 20), json!({"attendees": attendees, "place": "Room 1"}))).await;
    assert_eq!(told(&mut ann_ws, &ann).await["action"], "created");
    assert_eq!(told(&mut bob_ws, &bob).await["action"], "created");

    app.clock.advance(TimeDelta::minutes(10));
    for (ws, who) in [(&mut ann_ws, &ann), (&mut bob_ws, &bob)] {
        let reminder = told(ws, who).await;
        let expected = json!({
            "type": "agenda.reminder",
            "event_id": event["id"],
            "occurrence": event["start"],
            "title": "Soon",
            "place": "Room 1",
            "minutes": 10,
            "starts_at": event["starts_at"],
            "ends_at": event["ends_at"],
            "all_day": false,
            "time_zone": "UTC",
        });
        assert_eq!(with(reminder.clone(), expected), reminder);
    }
    // Later turns of the task, and moving the event, which makes a new reminder.
    let start = app.clock.now() + TimeDelta::minutes(30);
    patch(&ann, &event, "", json!({"start": local(start)})).await.expect(200);
    assert_eq!(told(&mut ann_ws, &ann).await["action"], "updated");
    app.clock.advance(TimeDelta::minutes(3));
    app.clock.advance(TimeDelta::minutes(20));
    assert_eq!(told(&mut ann_ws, &ann).await["type"], "agenda.reminder");
    assert_eq!(history(&mut ann_ws, &ann, "agenda.reminder").await.len(), 2);
    let cat = app.login("cat", PASSWORD).await;
    let mut cat_ws = Ws::connect(&app, &cat).await;
    assert_eq!(history(&mut cat_ws, &cat, "agenda.reminder").await, Vec::<Value>::new());
    app.stop().await;
}

#[tokio::test]
async fn every_occurrence_of_a_series_reminds() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let hourly =
        with(soon(&app, 20), json!({"recurrence": {"rule": "FREQ=HOURLY;COUNT=4"}, "reminders": [10, 0]}));
    create(&ann, hourly).await;
    assert_eq!(told(&mut ws, &ann).await["action"], "created");
    app.clock.advance(TimeDelta::minutes(135));
    let mut due = Vec::new();
    for _ in 0..5 {
        let reminder = told(&mut ws, &ann).await;
        due.push((reminder["due_at"].as_str().unwrap().to_owned(), reminder["minutes"].as_u64().unwrap()));
    }
    assert!(due.is_sorted(), "{due:?}");
    assert_eq!(due.iter().map(|(_, minutes)| *minutes).collect::<Vec<_>>(), [10, 0, 10, 0, 10]);
    app.stop().await;
}

#[tokio::test]
async fn a_reminder_due_while_the_server_was_down_comes_once_at_the_next_start() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let team = with(soon(&app, 60), json!({"visibility": "team"}));
    create(&ann, team).await;
    let long_ago = with(soon(&app, 60), json!({"title": "Old"}));
    create(&bob, long_ago).await;

    let app = app.restart_after(TimeDelta::hours(3)).await;
    let ann = app.login("ann", PASSWORD).await;
    let mut ws = Ws::connect(&app, &ann).await;
    assert_eq!(told(&mut ws, &ann).await["type"], "agenda.reminder");
    drop(ws);
    // Not again at the start after that, nor for another client of hers.
    let app = app.restart_after(TimeDelta::minutes(1)).await;
    let ann = app.login("ann", PASSWORD).await;
    let mut ws = Ws::connect(&app, &ann).await;
    create(&ann, stand_up()).await;
    assert_eq!(told(&mut ws, &ann).await["type"], "agenda.changed");
    assert_eq!(history(&mut ws, &ann, "agenda.reminder").await.len(), 1);
    // Bob was never there: his waits, but not for ever.
    let app = app.restart_after(TimeDelta::days(8)).await;
    let bob = app.login("bob", PASSWORD).await;
    let mut ws = Ws::connect(&app, &bob).await;
    create(&bob, stand_up()).await;
    assert_eq!(told(&mut ws, &bob).await["type"], "agenda.changed");
    assert_eq!(history(&mut ws, &bob, "agenda.reminder").await, Vec::<Value>::new());
    app.stop().await;
}

#[tokio::test]
async fn a_reminder_waits_until_somebody_is_connected_and_forgets_what_was_deleted() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    create(&ann, soon(&app, 12)).await;
    let gone = create(&ann, with(soon(&app, 12), json!({"title": "Gone"}))).await;
    app.clock.advance(TimeDelta::minutes(5));
    let waiting = || async {
        let rows: Vec<uuid::Uuid> = waiting(&app).await;
        (rows.len() == 2).then_some(())
    };
    eventually("both reminders wait", waiting).await;
    assert_eq!(delete(&ann, &gone, "").await.status, 204);
    let mut ws = Ws::connect(&app, &ann).await;
    let reminder = told(&mut ws, &ann).await;
    assert_eq!((&reminder["type"], &reminder["title"]), (&json!("agenda.reminder"), &json!("Soon")));
    assert_eq!(history(&mut ws, &ann, "agenda.reminder").await.len(), 1);
    app.stop().await;
}

async fn waiting(app: &TestApp) -> Vec<uuid::Uuid> {
    ids(app, "SELECT event_id AS id FROM agenda_reminders").await
}

async fn ids(app: &TestApp, sql: &str) -> Vec<uuid::Uuid> {
    use sea_orm::ConnectionTrait;
    let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
    let rows = app.services.db.read().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "id").unwrap()).collect()
}

#[tokio::test]
async fn an_all_day_event_reminds_on_the_clock_of_the_account() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let tomorrow = (app.clock.now() + TimeDelta::days(2)).date_naive();
    create(&ann, json!({"title": "Day", "start": tomorrow.to_string(), "all_day": true, "reminders": [0]}))
        .await;
    assert_eq!(told(&mut ws, &ann).await["action"], "created");
    // Auckland is 12 or 13 hours ahead: the day begins that much earlier.
    ann.put("/api/agenda/settings", &json!({"time_zone": "Pacific/Auckland"})).await.expect(200);
    let midnight = tomorrow.and_hms_opt(0, 0, 0).unwrap().and_utc();
    drop(ws);
    app.clock.advance(midnight - TimeDelta::hours(11) - app.clock.now());
    let ann = app.login("ann", PASSWORD).await;
    let mut ws = Ws::connect(&app, &ann).await;
    let reminder = told(&mut ws, &ann).await;
    assert_eq!(
        (&reminder["type"], &reminder["occurrence"]),
        (&json!("agenda.reminder"), &json!(tomorrow.to_string()))
    );
    let starts_at: DateTime<Utc> = reminder["starts_at"].as_str().unwrap().parse().unwrap();
    assert!(midnight - starts_at >= TimeDelta::hours(12), "{starts_at}");
    app.stop().await;
}

#[tokio::test]
async fn a_program_with_a_token_does_not_take_the_reminders_of_its_owner() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let body = json!({"name": "bot", "scopes": ["agenda:read", "chat:read"]});
    let token = ann.post("/api/auth/tokens", &body).await.expect(201);
    let mut program = Ws::connect(&app, &ann.with_token(token["token"].as_str().unwrap())).await;
    let event = create(&ann, soon(&app, 12)).await;
    assert_eq!(told(&mut program, &ann).await["action"], "created");
    app.clock.advance(TimeDelta::minutes(5));
    eventually("the reminder waits", || async { (waiting(&app).await.len() == 1).then_some(()) }).await;
    // The task looks again when anything is written: after the second of two turns the first is over.
    for title in ["A", "B"] {
        create(&ann, with(stand_up(), json!({"title": title}))).await;
        assert_eq!(told(&mut program, &ann).await["event"]["title"], title);
    }
    assert_eq!(waiting(&app).await.len(), 1);
    assert_eq!(history(&mut program, &ann, "agenda.reminder").await, Vec::<Value>::new());

    let mut ws = Ws::connect(&app, &ann).await;
    let reminder = told(&mut ws, &ann).await;
    assert_eq!((&reminder["type"], &reminder["event_id"]), (&json!("agenda.reminder"), &event["id"]));
    app.stop().await;
}

#[tokio::test]
async fn a_damaged_event_keeps_nobody_else_from_the_agenda_and_from_reminders() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let team = with(soon(&app, 12), json!({"title": "Damaged", "visibility": "team"}));
    let damaged = create(&ann, team).await;
    let whole = create(&ann, with(soon(&app, 15), json!({"title": "Whole", "visibility": "team"}))).await;
    // As after an update of the system's time zones that dropped one.
    let id: uuid::Uuid = damaged["id"].as_str().unwrap().parse().unwrap();
    let sql = "UPDATE agenda_events SET time_zone = 'Europe/Atlantis' WHERE id = $1";
    write(&app, sql, [id.into()]).await;

    let mut ws = Ws::connect(&app, &ann).await;
    app.clock.advance(TimeDelta::minutes(10));
    let reminder = told(&mut ws, &ann).await;
    assert_eq!((&reminder["type"], &reminder["event_id"]), (&json!("agenda.reminder"), &whole["id"]));
    let sql = "SELECT id FROM agenda_events WHERE next_reminder IS NOT NULL";
    assert_eq!(ids(&app, sql).await, Vec::<uuid::Uuid>::new());
    let (from, to) = (app.clock.now() - TimeDelta::days(1), app.clock.now() + TimeDelta::days(1));
    let items = super::list(&ann, &local(from), &local(to)).await;
    let shown: Vec<_> = items.iter().map(|item| &item["event_id"]).collect();
    assert_eq!(shown, [&whole["id"]]);
    ann.put("/api/agenda/settings", &json!({"time_zone": "Pacific/Auckland"})).await.expect(200);
    app.stop().await;
}

async fn write(app: &TestApp, sql: &'static str, values: impl Into<Vec<sea_orm::Value>>) {
    use sea_orm::ConnectionTrait;
    let values: Vec<sea_orm::Value> = values.into();
    let write = app.services.db.write(move |tx| {
        Box::pin(async move {
            let statement = workspace_server::db::statement(tx.conn(), sql, values);
            tx.conn().execute_raw(statement).await.map(drop)
        })
    });
    let done: Result<(), sea_orm::DbErr> = write.await;
    done.unwrap();
}

/// Turns back to before the reminder that is due was collected, which happens when the task is late.
async fn uncollect(app: &TestApp, event: &Value, due: DateTime<Utc>) {
    let id: uuid::Uuid = event["id"].as_str().unwrap().parse().unwrap();
    let sql = "UPDATE agenda_events SET next_reminder = $1 WHERE id = $2";
    write(app, sql, [due.timestamp_millis().into(), id.into()]).await;
}

#[tokio::test]
async fn a_change_does_not_pass_over_a_reminder_that_is_due() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    // Due five minutes ago: too late for a new event.
    let event = create(&ann, soon(&app, 5)).await;
    let start: DateTime<Utc> = event["starts_at"].as_str().unwrap().parse().unwrap();
    let due = start - TimeDelta::minutes(10);
    let series = with(soon(&app, 5 - 24 * 60), json!({"recurrence": {"rule": "FREQ=DAILY;COUNT=5"}}));
    let series = create(&ann, series).await;
    let file = |title: &str| {
        let start = start.format("%Y%m%dT%H%M%SZ");
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:1@x\r\nSUMMARY:{title}\r\n\
             DTSTART:{start}\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nEND:VALARM\r\nEND:VEVENT\r\n\
             END:VCALENDAR\r\n"
        )
    };
    let import = |title: &str| {
        let request = ann.request(reqwest::Method::POST, "/api/agenda/import");
        ann.send(request.header("content-type", "text/calendar; charset=utf-8").body(file(title)))
    };
    assert_eq!(import("In").await.expect(200)["created"], 1);
    let (from, to) = (local(start), local(start + TimeDelta::minutes(1)));
    let items = super::list(&ann, &from, &to).await;
    let imported = items.iter().find(|item| item["title"] == "In").unwrap();
    let imported = json!({"id": imported["event_id"]});
    let today = items.iter().find(|item| item["event_id"] == series["id"]).unwrap();

    uncollect(&app, &event, due).await;
    patch(&ann, &event, "", json!({"place": "Room 1"})).await.expect(200);
    uncollect(&app, &series, due).await;
    let query = format!("scope=following&occurrence={}", today["occurrence"].as_str().unwrap());
    let following = patch(&ann, &series, &query, json!({"title": "After"})).await.expect(200);
    uncollect(&app, &imported, due).await;
    assert_eq!(import("Again").await.expect(200)["updated"], 1);

    eventually("all three wait", || async { (waiting(&app).await.len() == 3).then_some(()) }).await;
    let mut ws = Ws::connect(&app, &ann).await;
    let mut reminded = Vec::new();
    for _ in 0..3 {
        let reminder = told(&mut ws, &ann).await;
        assert_eq!(reminder["type"], "agenda.reminder");
        reminded.push(reminder["event_id"].to_string());
    }
    reminded.sort();
    let mut expected = [&event["id"], &following["id"], &imported["id"]].map(ToString::to_string);
    expected.sort();
    assert_eq!(reminded, expected);
    app.stop().await;
}

#[tokio::test]
async fn choosing_a_clock_while_reminders_are_collected_loses_none() {
    // The clock moves while the request is on its way: its token is still good then.
    let app =
        TestApp::spawn_with(|config| config.access_token_ttl = std::time::Duration::from_secs(7200)).await;
    let ann = app.member("ann").await;
    let day = (app.clock.now() + TimeDelta::days(2)).date_naive();
    let midnight = day.and_hms_opt(0, 0, 0).unwrap().and_utc();
    let daily = json!({"rule": "FREQ=DAILY;COUNT=3"});
    let event = json!({"title": "Day", "start": day.to_string(), "all_day": true, "reminders": [0]});
    create(&ann, with(event, json!({"recurrence": daily}))).await;
    app.clock.advance(midnight - TimeDelta::hours(1) - app.clock.now());
    let ann = app.login("ann", PASSWORD).await;

    // The writer is held up, the new clock waits for it, and then what came due on the former clock.
    let (held, hold) = tokio::sync::oneshot::channel::<()>();
    let (start, started) = tokio::sync::oneshot::channel::<()>();
    let db = app.services.db.clone();
    let holding = tokio::spawn(async move {
        let job = db.write(move |_| {
            Box::pin(async move {
                start.send(()).unwrap();
                hold.await.unwrap();
                Ok::<_, sea_orm::DbErr>(())
            })
        });
        job.await.unwrap();
    });
    let queued = |jobs: usize| {
        let db = app.services.db.clone();
        eventually("a write waits", move || {
            let depth = db.write_queue_depth();
            async move { (depth >= jobs).then_some(()) }
        })
    };
    started.await.unwrap();
    let settings = json!({"time_zone": "Pacific/Majuro"});
    let choosing = {
        let ann = ann.clone();
        tokio::spawn(async move { ann.put("/api/agenda/settings", &settings).await.expect(200) })
    };
    queued(1).await;
    app.clock.advance(TimeDelta::minutes(61));
    queued(2).await;
    held.send(()).unwrap();
    holding.await.unwrap();
    choosing.await.unwrap();

    // Twelve hours ahead, without daylight saving: the second day begins there at noon of the first.
    let next = midnight + TimeDelta::hours(12);
    let sql = format!("SELECT id FROM agenda_events WHERE next_reminder = {}", next.timestamp_millis());
    eventually("noon is next", || async { (ids(&app, &sql).await.len() == 1).then_some(()) }).await;
    app.clock.advance(next - app.clock.now());
    let ann = app.login("ann", PASSWORD).await;
    let mut ws = Ws::connect(&app, &ann).await;
    let reminder = told(&mut ws, &ann).await;
    let second = (day + TimeDelta::days(1)).to_string();
    assert_eq!((&reminder["type"], &reminder["occurrence"]), (&json!("agenda.reminder"), &json!(second)));
    app.stop().await;
}
