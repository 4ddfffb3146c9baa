//! The administrators' console over the socket.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{ADMIN, Actor, PASSWORD, TestApp, Ws, eventually};

async fn call(ws: &mut Ws, line: &str) -> Value {
    ws.call("rpc", &json!({"method": "console.run", "data": {"line": line}})).await
}

/// Runs a line that must be answered.
async fn run(ws: &mut Ws, line: &str) -> Value {
    let reply = call(ws, line).await;
    assert!(reply.get("error").is_none(), "{line}: {reply}");
    reply["rpc"]["data"].clone()
}

/// Runs a line that must be refused; gives the code.
async fn refused(ws: &mut Ws, line: &str) -> u64 {
    let reply = call(ws, line).await;
    reply["error"]["code"].as_u64().unwrap_or_else(|| panic!("{line} was not refused: {reply}"))
}

async fn confirm(ws: &mut Ws, password: &str) -> Value {
    ws.call("rpc", &json!({"method": "console.confirm", "data": {"password": password}})).await
}

async fn complete(ws: &mut Ws, line: &str) -> (u64, Vec<String>) {
    let reply = ws.ok("rpc", &json!({"method": "console.complete", "data": {"line": line}})).await;
    let found = reply["data"]["candidates"].as_array().unwrap();
    let values = found.iter().map(|c| c["value"].as_str().unwrap().to_owned()).collect();
    (reply["data"]["start"].as_u64().unwrap(), values)
}

/// The column of a table.
fn column(table: &Value, key: &str) -> Vec<Value> {
    let place = table["columns"].as_array().unwrap().iter().position(|c| c["key"] == key).unwrap();
    table["rows"].as_array().unwrap().iter().map(|row| row[place].clone()).collect()
}

async fn audited(admin: &Actor, action: &str) -> Vec<Value> {
    let page = admin.get(&format!("/api/audit?action={action}&limit=200")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

async fn desk(app: &TestApp, who: &Actor, installation: &str) -> Ws {
    let data =
        json!({"installation_id": installation, "app": "desk", "app_version": "1.4.0", "hostname": "pc"});
    Ws::connect_with(app, &json!({"token": who.token, "data": data})).await
}

#[tokio::test]
async fn verbs_that_only_read_answer_tables() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let client = desk(&app, &ann, "i-1").await;
    let mut ws = Ws::connect(&app, &admin).await;
    let help = run(&mut ws, "help").await;
    let verbs = column(&help, "usage").len();
    assert!(verbs >= 15, "{help}");
    assert_eq!(help["total"], verbs);
    let kick = run(&mut ws, "help kick").await;
    assert_eq!(kick["rows"][0], json!(["usage", "kick <client>"]));
    let clients = run(&mut ws, "clients desk").await;
    assert_eq!(column(&clients, "id"), [json!(client.client())]);
    assert_eq!(column(&clients, "user"), [json!("ann")]);
    assert_eq!(run(&mut ws, "clients 'no such thing'").await["total"], 0);
    let one = run(&mut ws, &format!("client {}", client.client())).await;
    assert!(one["rows"].as_array().unwrap().contains(&json!(["app", "desk 1.4.0"])), "{one}");
    assert_eq!(column(&run(&mut ws, "users").await, "user"), [json!("ann"), json!("root")]);
    assert!(!column(&run(&mut ws, "sessions ANN").await, "id").is_empty());
    assert_eq!(column(&run(&mut ws, "rooms").await, "id"), [json!("general")]);
    let stats = run(&mut ws, "stats").await;
    assert!(stats["rows"].as_array().unwrap().contains(&json!(["clients", 2])), "{stats}");
    assert_eq!(run(&mut ws, "errors").await["total"], 0);
    let whoami = run(&mut ws, "whoami").await;
    assert!(whoami["rows"].as_array().unwrap().contains(&json!(["role", "admin"])), "{whoami}");
    let tail = run(&mut ws, "tail warning source=client").await;
    assert_eq!(tail["filter"], json!({"level": "warning", "source": "client"}));
    let channel = tail["channel"].as_str().unwrap();
    ws.ok("subscribe", &json!({"channel": channel})).await;
    // Each run left its row, with the arguments, and the verb shows them.
    let rows = audited(&admin, "console").await;
    assert_eq!(rows.len(), 12, "{rows:?}");
    assert_eq!(rows[0]["target"], json!({"level": "warning", "source": "client"}));
    assert_eq!((&rows[0]["action"], &rows[0]["outcome"]), (&json!("console.tail"), &json!("ok")));
    assert_eq!(column(&run(&mut ws, "audit").await, "action")[0], "console.tail");
    app.stop().await;
}

#[tokio::test]
async fn a_change_needs_the_password_again() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut client = desk(&app, &ann, "i-1").await;
    let mut ws = Ws::connect(&app, &admin).await;
    let kick = format!("kick {}", client.client());
    assert_eq!(refused(&mut ws, &kick).await, 4001);
    let wrong = confirm(&mut ws, "not the password").await;
    assert_eq!((&wrong["error"]["code"], &wrong["error"]["temporary"]), (&json!(4002), &Value::Null));
    assert_eq!(refused(&mut ws, &kick).await, 4001);
    assert_eq!(app.services.hub.stats().connections, 2, "nobody was disconnected");
    let until = confirm(&mut ws, ADMIN.1).await["rpc"]["data"]["until"].as_str().unwrap().to_owned();
    assert!(until > app.clock.now().to_rfc3339(), "{until}");
    // For this session alone, and for a while.
    let mut other = Ws::connect(&app, &app.admin().await).await;
    assert_eq!(refused(&mut other, &kick).await, 4001);
    let done = run(&mut ws, &kick).await;
    assert_eq!((&done["code"], &done["values"]), (&json!("kicked"), &json!({"clients": 1})));
    assert_eq!(client.closed().await, 3503);
    assert_eq!(run(&mut ws, &kick).await["code"], "not_found");
    app.clock.advance(TimeDelta::minutes(5));
    let mut later = Ws::connect(&app, &admin.with_token(&admin.token)).await;
    assert_eq!(refused(&mut later, &kick).await, 4001);
    let outcomes: Vec<_> =
        audited(&admin, "console.kick").await.iter().map(|row| row["outcome"].clone()).collect();
    assert_eq!(outcomes, ["refused", "refused", "ok", "refused", "refused", "refused"]);
    let confirmed: Vec<_> =
        audited(&admin, "console.confirm").await.iter().map(|row| row["outcome"].clone()).collect();
    assert_eq!(confirmed, ["ok", "refused"]);
    let all = admin.get("/api/audit?limit=200").await.text;
    assert!(!all.contains(ADMIN.1) && !all.contains("not the password"), "{all}");
    app.stop().await;
}

#[tokio::test]
async fn guesses_of_the_password_are_limited() {
    let app = TestApp::spawn().await;
    let mut ws = Ws::connect(&app, &app.admin().await).await;
    for _ in 0..10 {
        assert_eq!(confirm(&mut ws, "a guess").await["error"]["code"], 4002);
    }
    assert_eq!(confirm(&mut ws, ADMIN.1).await["error"]["code"], 111);
    assert_eq!(refused(&mut ws, "notify all hello").await, 4001);
    app.stop().await;
}

#[tokio::test]
async fn changes_do_what_they_say() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut client = desk(&app, &ann, "i-1").await;
    let mut ws = Ws::connect(&app, &admin).await;
    confirm(&mut ws, ADMIN.1).await;
    for (to, text) in [("ann", "to ann"), ("all", "to all"), (client.client(), "to one")]
        .map(|(to, text)| (to.to_owned(), text))
    {
        let done = run(&mut ws, &format!("notify {to} \"{text}\"")).await;
        assert_eq!(done["code"], "notified", "{done}");
        let heard = client.publication(&format!("user:{}", ann.id)).await;
        assert_eq!((&heard["data"]["type"], &heard["data"]["title"]), (&json!("notice"), &json!(text)));
    }
    assert_eq!(run(&mut ws, "notify nobody hello").await["argument"], "to");
    let table = run(&mut ws, &format!("client {}", client.client())).await;
    let installation = table["rows"][1][1].as_str().unwrap().to_owned();
    let set = run(&mut ws, &format!("loglevel {installation} debug 10")).await;
    assert_eq!((&set["code"], &set["values"]["minutes"]), (&json!("log_level_set"), &json!(10)));
    let heard = client.publication(&format!("user:{}", ann.id)).await;
    assert_eq!(heard["data"]["settings"]["log_level"], "debug", "{heard}");
    let unknown = "loglevel 019a8e3a-0000-7000-8000-000000000000 debug";
    assert_eq!(run(&mut ws, unknown).await["code"], "not_found");
    let session = column(&run(&mut ws, "sessions ann").await, "id")[0].as_str().unwrap().to_owned();
    assert_eq!(run(&mut ws, &format!("end-session {session}")).await["code"], "session_ended");
    assert_eq!(client.closed().await, 3500);
    ann.get("/api/auth/me").await.expect(401);
    assert_eq!(run(&mut ws, &format!("end-session {session}")).await["code"], "not_found");
    let rows = audited(&admin, "console.notify").await;
    assert_eq!(rows[1]["target"]["text"], "to one", "{rows:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_change_that_ends_its_own_connection_leaves_its_row() {
    let app = TestApp::spawn().await;
    let mut ws = Ws::connect(&app, &app.admin().await).await;
    confirm(&mut ws, ADMIN.1).await;
    let session = column(&run(&mut ws, &format!("sessions {}", ADMIN.0)).await, "id")[0].clone();
    let line = format!("end-session {}", session.as_str().unwrap());
    let data = json!({"method": "console.run", "data": {"line": line}});
    // The answer may be cut off with the connection.
    let _ = ws.try_call("rpc", &data).await;
    let admin = app.admin().await;
    let row = eventually("its row", async || audited(&admin, "console.end-session").await.pop()).await;
    assert_eq!((&row["outcome"], &row["target"]["id"]), (&json!("ok"), &session), "{row}");
    app.stop().await;
}

#[tokio::test]
async fn lines_that_are_wrong_say_why_and_do_nothing() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let mut ws = Ws::connect(&app, &admin).await;
    for (line, code, argument) in [
        ("", "empty", Value::Null),
        ("kcik x", "unknown_verb", Value::Null),
        ("kick", "missing_argument", json!("client")),
        ("kick ann", "wrong_argument", json!("client")),
        ("users everybody", "extra_argument", Value::Null),
        ("notify all \"hello", "open_quote", Value::Null),
        ("client 019a8e3a-0000-7000-8000-000000000000", "not_found", json!("id")),
        ("sessions nobody", "not_found", json!("user")),
        ("rm -rf /; echo $(id) `id`", "unknown_verb", Value::Null),
    ] {
        let reply = run(&mut ws, line).await;
        assert_eq!((&reply["kind"], &reply["code"]), (&json!("error"), &json!(code)), "{line}: {reply}");
        assert_eq!(reply["argument"], argument, "{line}: {reply}");
    }
    assert_eq!(run(&mut ws, "kcik x").await["suggestion"], "kick");
    assert_eq!(run(&mut ws, "kick").await["usage"], "kick <client>");
    // A password in the wrong place is not written down.
    run(&mut ws, "hunter2-hunter2").await;
    let rows = audited(&admin, "console").await;
    assert_eq!(rows.len(), 12);
    assert!(rows.iter().all(|row| row["outcome"] == "refused"), "{rows:?}");
    assert!(!json!(rows).to_string().contains("hunter2"), "{rows:?}");
    for (method, data) in [
        ("console.run", json!({"line": 7})),
        ("console.run", json!({"line": "users", "as": "root"})),
        ("console.run", Value::Null),
        ("console.confirm", json!({})),
        ("console.complete", json!({})),
    ] {
        let reply = ws.call("rpc", &json!({"method": method, "data": data})).await;
        assert_eq!(reply["error"]["code"], 107, "{method} {data}: {reply}");
    }
    let unknown = ws.call("rpc", &json!({"method": "console.exec", "data": {}})).await;
    assert_eq!(unknown["error"]["code"], 104);
    app.stop().await;
}

#[tokio::test]
async fn it_is_for_admins_and_tokens_only_read_what_they_are_for() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let client = desk(&app, &admin, "i-1").await;
    for actor in [app.member("ann").await, app.viewer("vic").await] {
        let mut ws = Ws::connect(&app, &actor).await;
        for line in ["help", "users", &format!("kick {}", client.client())] {
            assert_eq!(refused(&mut ws, line).await, 103, "{line}");
        }
        assert_eq!(confirm(&mut ws, PASSWORD).await["error"]["code"], 103);
        let complete = json!({"method": "console.complete", "data": {"line": "k"}});
        assert_eq!(ws.err("rpc", &complete).await, 103);
    }
    let scopes = json!({"name": "t", "scopes": ["clients:read", "clients:write"]});
    let made = admin.post("/api/auth/tokens", &scopes).await.expect(201);
    let mut token = Ws::connect(&app, &admin.with_token(made["token"].as_str().unwrap())).await;
    assert_eq!(column(&run(&mut token, "clients desk").await, "id"), [json!(client.client())]);
    for line in ["users", "audit", "tail", "stats", &format!("kick {}", client.client())] {
        assert_eq!(refused(&mut token, line).await, 103, "{line}");
    }
    assert_eq!(confirm(&mut token, ADMIN.1).await["error"]["code"], 103);
    assert_eq!(complete(&mut token, "sessions ").await.1, Vec::<String>::new());
    assert!(app.services.hub.connection(client.client()).is_some(), "nobody was disconnected");
    eventually("tries are in the log", async || {
        let rows = audited(&admin, "console").await;
        (rows.iter().filter(|row| row["username"] == "ann").count() >= 4).then_some(())
    })
    .await;
    app.stop().await;
}

#[tokio::test]
async fn words_are_completed() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let client = desk(&app, &ann, "i-1").await;
    let mut ws = Ws::connect(&app, &admin).await;
    assert_eq!(complete(&mut ws, "cl").await, (0, vec!["clients".to_owned(), "client".to_owned()]));
    assert!(complete(&mut ws, "").await.1.len() >= 15);
    assert_eq!(complete(&mut ws, "sessions a").await, (9, vec!["ann".to_owned()]));
    let id = client.client().to_owned();
    assert_eq!(complete(&mut ws, "kick ann").await, (5, vec![id.clone()]));
    assert_eq!(complete(&mut ws, &format!("kick {}", &id[..30])).await.1, std::slice::from_ref(&id));
    assert_eq!(complete(&mut ws, "notify an").await.1, ["ann".to_owned(), id]);
    assert_eq!(complete(&mut ws, "notify é \"b").await.0, 9);
    assert_eq!(complete(&mut ws, "loglevel x de").await.1, ["debug"]);
    assert_eq!(complete(&mut ws, "tail error so").await.1, ["source="]);
    assert_eq!(complete(&mut ws, "help ki").await.1, ["kick"]);
    assert_eq!(complete(&mut ws, "nothing x").await.1, Vec::<String>::new());
    app.stop().await;
}

/// Who saw the former password confirmed may be why it was changed.
#[tokio::test]
async fn a_confirmation_ends_with_the_password() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let client = desk(&app, &ann, "i-1").await;
    let kick = format!("kick {}", client.client());
    let mut ws = Ws::connect(&app, &admin).await;
    assert!(confirm(&mut ws, ADMIN.1).await["rpc"]["data"]["until"].is_string());
    let change = json!({"current_password": ADMIN.1, "new_password": "a new and better password"});
    admin.post("/api/auth/password", &change).await.expect(204);
    assert_eq!(ws.closed().await, 3011);
    let mut ws = Ws::connect(&app, &admin).await;
    assert_eq!(refused(&mut ws, &kick).await, 4001);
    assert_eq!(confirm(&mut ws, ADMIN.1).await["error"]["code"], 4002);
    assert_eq!(app.services.hub.stats().connections, 2, "nobody was disconnected");
    confirm(&mut ws, "a new and better password").await;
    assert_eq!(run(&mut ws, &kick).await["code"], "kicked");
    app.stop().await;
}
