//! Commands behind the connect command in the first frame: nothing about them differs from those of any later frame.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use workspace_server::auth::Identity;
use workspace_server::realtime::{ClientInfo, Disconnect, Error, Namespace};

use crate::support::database::{Held, number, queued};
use crate::support::{Actor, TestApp, Ws, eventually};

/// Opens a socket and sends a connect command with `behind` in the same frame.
pub async fn first_frame(app: &TestApp, who: &Actor, behind: &[Value]) -> Ws {
    let mut ws = Ws::open(app, &[]).await.unwrap();
    let connect = json!({"id": 1, "connect": {"token": who.token, "data": {"installation_id": "i-1"}}});
    let frame: Vec<String> = [&connect].into_iter().chain(behind).map(Value::to_string).collect();
    ws.send(frame.join("\n")).await;
    ws
}

pub fn publish(id: u32, body: &str) -> Value {
    json!({"id": id, "publish": {"channel": "chat:general", "data": {"body": body}}})
}

#[tokio::test]
async fn a_revoked_client_does_not_go_on() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let held = Held::writer(&app).await;
    let mut ws = first_frame(&app, &ann, &[publish(2, "first"), publish(3, "second")]).await;
    queued(&app, 1).await;
    app.services.hub.disconnect_user(ann.id.parse().unwrap(), Disconnect::FORCE_NO_RECONNECT);
    // While the first of them still waits for the disk.
    assert_eq!(ws.closed().await, 3503);
    held.release().await;
    let ann = app.login("ann", crate::support::PASSWORD).await;
    ann.post("/api/chat/rooms/general/messages", &json!({"body": "later"})).await.expect(201);
    assert_eq!(number(&app, "SELECT COUNT(*) FROM chat_messages WHERE body = 'second'").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_token_refreshed_in_it_counts() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    app.clock.advance(TimeDelta::seconds(890));
    let refreshed =
        app.anon().post("/api/auth/refresh", &json!({"refresh_token": ann.login["refresh_token"]})).await;
    let token = refreshed.expect(200)["access_token"].clone();
    let mut ws = first_frame(&app, &ann, &[json!({"id": 2, "refresh": {"token": token}})]).await;
    assert!(ws.reply(1).await["connect"]["ttl"].as_u64().unwrap() <= 10);
    assert!(ws.reply(2).await["refresh"]["ttl"].as_u64().unwrap() > 800);
    ws.ping().await;
    let connection = app.services.hub.connections().remove(0);
    eventually("the first ping is answered", || async { connection.rtt() }).await;
    // Past the end of the first token and its grace, by the clock of the socket's own timers; not so far that a connection
    // without a word is given up.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(40)).await;
    tokio::time::resume();
    ws.ping().await;
    assert_eq!(ws.err("rpc", &json!({"method": "no.such"})).await, 104, "it is still connected");
    app.stop().await;
}

/// A kind of channel whose rpc is a fault of the program.
struct Broken;

impl Namespace for Broken {
    fn prefix(&self) -> &'static str {
        "broken"
    }

    fn channels(&self) -> &'static [&'static str] {
        &[]
    }

    fn methods(&self) -> &'static [&'static str] {
        &["broken.rpc"]
    }

    fn rpc<'a>(
        &'a self,
        _who: &'a Arc<Identity>,
        _from: ClientInfo,
        _method: &'a str,
        _data: Option<&'a RawValue>,
    ) -> BoxFuture<'a, Result<Box<RawValue>, Error>> {
        Box::pin(async { panic!("as no rpc ever should") })
    }
}

/// Whoever was told to be connected is told to be gone, however it ends: in the fleet's journal and in the metrics.
#[tokio::test]
async fn what_was_counted_as_connected_is_counted_as_gone() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    app.services.hub.register(Arc::new(Broken));
    let events = async || {
        let count =
            |kind: &str| number_of(&app, format!("SELECT COUNT(*) FROM client_event WHERE kind = '{kind}'"));
        (count("connected").await, count("disconnected").await)
    };
    let open = async || {
        let page =
            reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap().text().await.unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix("workspace_realtime_connections "));
        line.map_or(0.0, |value| value.parse::<f64>().unwrap())
    };
    let before = open().await;
    let endings = [
        // A second connect command ends the connection.
        (json!({"id": 2, "connect": {}}), 3501),
        // A panic leaves no time for a close frame.
        (json!({"id": 2, "rpc": {"method": "broken.rpc"}}), 1006),
    ];
    for (n, (command, code)) in (1..).zip(endings) {
        let mut ws = first_frame(&app, &ann, &[command]).await;
        assert_eq!(ws.closed().await, code);
        eventually("it is gone", || async { (app.services.hub.stats().connections == 0).then_some(()) })
            .await;
        eventually("the journal has both ends", async || (events().await == (n, n)).then_some(())).await;
        eventually("it is not counted any more", async || (open().await == before).then_some(())).await;
    }
    app.stop().await;
}

async fn number_of(app: &TestApp, sql: String) -> i64 {
    number(app, &sql).await
}

/// All or nothing: what cannot be understood is not begun.
#[tokio::test]
async fn a_frame_that_is_half_understood_connects_nobody() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = first_frame(&app, &ann, &[publish(2, "first"), json!("no command")]).await;
    assert_eq!(ws.frame().await, Err((3501, "bad request".to_owned())));
    assert_eq!(number(&app, "SELECT COUNT(*) FROM chat_messages").await, 0);
    assert_eq!(app.services.hub.stats().connections, 0);
    app.stop().await;
}
