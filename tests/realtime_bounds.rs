//! What one connection may have and ask for at most, on the wire.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use workspace_server::auth::Identity;
use workspace_server::realtime::{Error, Namespace, Position, Publication, Subscription};

use crate::support::{TestApp, Ws, eventually};

/// Channels that everybody may listen to; those that a test holds up catch up only when it says so.
struct Anything {
    held: Semaphore,
}

impl Namespace for Anything {
    fn prefix(&self) -> &'static str {
        "any"
    }

    fn channels(&self) -> &'static [&'static str] {
        &[]
    }

    fn subscribe<'a>(
        &'a self,
        _who: &'a Arc<Identity>,
        channel: &'a str,
        _since: Option<Position>,
    ) -> BoxFuture<'a, Result<Subscription, Error>> {
        Box::pin(async move {
            if channel == "any:held" {
                self.held.acquire().await.map_err(Error::internal)?.forget();
            }
            Ok(Subscription::default())
        })
    }
}

fn anything(app: &TestApp) -> Arc<Anything> {
    let anything = Arc::new(Anything { held: Semaphore::new(0) });
    app.services.hub.register(anything.clone());
    anything
}

#[tokio::test]
async fn a_connection_listens_to_so_many_channels_and_no_more() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    anything(&app);
    let mut ws = Ws::connect(&app, &ann).await;
    // The account's own channel is one of them.
    for n in 1..128 {
        ws.ok("subscribe", &json!({"channel": format!("any:{n}")})).await;
    }
    let before = app.services.hub.stats();
    assert_eq!(before.subscriptions, 128);
    assert_eq!(ws.err("subscribe", &json!({"channel": "any:128"})).await, 106);
    assert_eq!(app.services.hub.stats(), before, "nothing is left of what was refused");
    app.services.hub.publish("any:128", Publication::transient(&"not for you"));
    ws.ok("unsubscribe", &json!({"channel": "any:1"})).await;
    ws.ok("subscribe", &json!({"channel": "any:128"})).await;
    app.services.hub.publish("any:128", Publication::transient(&"for you"));
    assert_eq!(ws.push().await["pub"]["data"], "for you");
    app.stop().await;
}

#[tokio::test]
async fn who_catches_up_for_too_long_begins_anew() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let gate = anything(&app);
    let (mut slow, mut quick) = (Ws::connect(&app, &ann).await, Ws::connect(&app, &bob).await);
    quick.ok("subscribe", &json!({"channel": "any:other"})).await;
    slow.send(json!({"id": 71, "subscribe": {"channel": "any:held"}}).to_string()).await;
    eventually("it catches up", async || (app.services.hub.subscribers("any:held") == 1).then_some(())).await;
    // So many are held back for it; the next would be lost.
    for n in 0..4096 {
        app.services.hub.publish("any:held", Publication::transient(&n));
    }
    quick.ok("ping", &json!({})).await;
    assert_eq!(app.services.hub.stats().connections, 2);
    app.services.hub.publish("any:held", Publication::transient(&"one too many"));
    assert_eq!(
        slow.frame().await,
        Err((3010, "insufficient state".to_owned())),
        "and nothing of what was held"
    );
    // Whoever waits as long and no longer gets all of it, in order, behind the answer.
    let mut slow = Ws::connect(&app, &ann).await;
    slow.send(json!({"id": 72, "subscribe": {"channel": "any:held"}}).to_string()).await;
    eventually("it catches up", async || (app.services.hub.subscribers("any:held") == 1).then_some(())).await;
    for n in 0..4096 {
        app.services.hub.publish("any:held", Publication::transient(&n));
    }
    gate.held.add_permits(1);
    assert!(slow.reply(72).await["subscribe"].is_object());
    for n in 0..4096 {
        assert_eq!(slow.publication("any:held").await["data"], n);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_frame_has_so_many_commands_and_no_more() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let frame = |count: u32| -> String {
        let commands: Vec<String> =
            (1..=count).map(|id| json!({"id": 1000 + id, "ping": {}}).to_string()).collect();
        commands.join("\n")
    };
    let mut ws = Ws::connect(&app, &ann).await;
    ws.send(frame(256)).await;
    for id in 1..=256 {
        assert_eq!(ws.frame().await, Ok(json!({"id": 1000 + id, "ping": {}})));
    }
    let publish = json!({"id": 1, "publish": {"channel": "chat:general", "data": {"body": "never"}}});
    ws.send(format!("{publish}\n{}", frame(256))).await;
    assert_eq!(ws.frame().await, Err((3013, "too many requests".to_owned())), "none of them is answered");
    // The connect command stands beside as many.
    let mut ws = Ws::open(&app, &[]).await.unwrap();
    let connect = json!({"id": 1, "connect": {"token": ann.token}});
    ws.send(format!("{connect}\n{}", frame(256))).await;
    assert!(ws.reply(1).await["connect"]["client"].is_string());
    for id in 1..=256 {
        assert_eq!(ws.frame().await, Ok(json!({"id": 1000 + id, "ping": {}})));
    }
    let page = ann.get("/api/chat/rooms/general/messages").await.expect(200);
    assert_eq!(page["items"], Value::Array(Vec::new()));
    app.stop().await;
}
