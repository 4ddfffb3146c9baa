//! The realtime protocol on the wire: what SDKs do not show.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use workspace_server::realtime::Publication;

use crate::support::{Actor, TestApp, Ws, eventually};

/// Tells an account something, as a slice would.
async fn tell(app: &TestApp, actor: &Actor, data: Value) {
    let inbox = app.services.inbox.clone();
    let user = actor.id.parse().unwrap();
    let write =
        app.services.db.write(move |tx| Box::pin(async move { inbox.push(tx, &[user], &data).await }));
    let told: Result<(), sea_orm::DbErr> = write.await;
    told.unwrap();
}

#[tokio::test]
async fn a_client_connects_with_its_token_and_listens_to_its_own_channel() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect_with(
        &app,
        &json!({"token": ann.token, "name": "js", "version": "5.8.0", "data": {"app": "desk", "os": "Debian"}}),
    )
    .await;
    assert_eq!((ws.welcome["ping"].as_u64(), ws.welcome["pong"].as_bool()), (Some(25), Some(true)));
    assert!(ws.welcome["ttl"].as_u64().unwrap() > 800);
    let own = format!("user:{}", ann.id);
    assert_eq!(ws.welcome["subs"][&own]["recoverable"], true);
    tell(&app, &ann, json!({"type": "hello"})).await;
    assert_eq!(ws.publication(&own).await, json!({"offset": 1, "data": {"type": "hello"}}));

    let seen = app.services.hub.connections();
    assert_eq!((seen[0].app.app.as_str(), seen[0].sdk_version.as_str()), ("desk", "5.8.0"));
    ws.ping().await;
    eventually("a round trip is measured", || async { seen[0].rtt() }).await;
    app.stop().await;
}

#[tokio::test]
async fn bad_credentials_are_refused_with_the_protocols_codes() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for token in ["", "nonsense", "a.b.c"] {
        let mut ws = Ws::open(&app, &[]).await.unwrap();
        ws.send(json!({"id": 1, "connect": {"token": token}}).to_string()).await;
        assert_eq!(ws.closed().await, 3500, "token {token:?}");
    }
    app.clock.advance(TimeDelta::hours(1));
    let mut ws = Ws::open(&app, &[]).await.unwrap();
    assert_eq!(ws.err("connect", &json!({"token": ann.token})).await, 109);
    let fresh = app.login("ann", crate::support::PASSWORD).await;
    assert!(
        ws.ok("connect", &json!({"token": fresh.token})).await["client"].is_string(),
        "the socket stays usable"
    );
    app.stop().await;
}

#[tokio::test]
async fn frames_that_are_no_commands_end_the_connection() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let text = |t: &str| Message::Text(t.into());
    let cases = [
        (text("not json"), 3501),
        (text("{\"id\":1,\"connect\":{}}"), 3501),
        (text("{\"id\":\"x\"}"), 3501),
        (text("[[[[[["), 3501),
        (Message::Binary(vec![1, 2, 3].into()), 3506),
        (text(&format!("{{\"id\":1,\"rpc\":{{\"method\":\"{}\"}}}}", "x".repeat(70_000))), 1009),
    ];
    for (message, code) in cases {
        let mut ws = Ws::connect(&app, &ann).await;
        let shown = format!("{message:.60}");
        ws.send_message(message).await;
        assert_eq!(ws.closed().await, code, "{shown}");
    }
    let mut ws = Ws::open(&app, &[]).await.unwrap();
    ws.send(json!({"id": 1, "subscribe": {"channel": "user:x"}}).to_string()).await;
    assert_eq!(ws.closed().await, 3501, "a command before connect");
    assert_eq!(app.services.hub.stats().connections, 0);
    app.stop().await;
}

#[tokio::test]
async fn commands_that_cannot_be_are_answered_with_errors_and_the_connection_stays() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let mut ws = Ws::connect(&app, &ann).await;
    let channel = |name: &str| json!({"channel": name});
    let foreign = format!("user:{}", bob.id);
    assert_eq!(ws.err("subscribe", &channel("nothing:here")).await, 102);
    assert_eq!(ws.err("subscribe", &channel("nothing")).await, 102);
    assert_eq!(ws.err("subscribe", &channel("")).await, 107);
    assert_eq!(ws.err("subscribe", &channel(&"x".repeat(256))).await, 107);
    assert_eq!(ws.err("subscribe", &channel(&foreign)).await, 103);
    assert_eq!(ws.err("subscribe", &channel(&format!("user:{}", ann.id))).await, 105);
    assert_eq!(ws.err("history", &channel(&foreign)).await, 103);
    assert_eq!(ws.err("publish", &json!({"channel": foreign, "data": {}})).await, 103);
    assert_eq!(ws.err("presence", &channel(&foreign)).await, 103);
    assert_eq!(ws.err("rpc", &json!({"method": "no.such"})).await, 104);
    assert_eq!(ws.err("sub_refresh", &json!({"channel": foreign, "token": ""})).await, 103);
    assert_eq!(ws.err("unknown_command", &json!({})).await, 107);
    ws.send(json!({"send": {"data": {"x": 1}}}).to_string()).await;
    assert!(ws.ok("unsubscribe", &channel("nothing:here")).await.is_object());
    assert_eq!(app.services.hub.stats().subscriptions, 1, "only the account's own channel");
    app.stop().await;
}

#[tokio::test]
async fn several_commands_travel_in_one_frame() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::open(&app, &[]).await.unwrap();
    let frame = [
        json!({"id": 1, "connect": {"token": ann.token}}),
        json!({"id": 2, "rpc": {"method": "no.such"}}),
        json!({"id": 3, "history": {"channel": format!("user:{}", ann.id), "limit": 1}}),
    ];
    ws.send(frame.map(|c| c.to_string()).join("\n")).await;
    assert!(ws.reply(1).await["connect"]["client"].is_string());
    assert_eq!(ws.reply(2).await["error"]["code"], 104);
    assert_eq!(ws.reply(3).await["history"]["offset"], 0);
    app.stop().await;
}

#[tokio::test]
async fn what_an_account_was_told_while_away_is_recovered_once() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let own = format!("user:{}", ann.id);
    let ws = Ws::connect(&app, &ann).await;
    let epoch = ws.welcome["subs"][&own]["epoch"].clone();
    drop(ws);
    for n in 1..=3 {
        tell(&app, &ann, json!({"n": n})).await;
    }
    let back = |offset: u64, epoch: &Value| json!({"token": ann.token, "subs": {&own: {"recover": true, "offset": offset, "epoch": epoch}}});
    let numbers = |ws: &Ws| -> Vec<u64> {
        let publications = ws.welcome["subs"][&own]["publications"].as_array().cloned().unwrap_or_default();
        publications.iter().map(|p| p["data"]["n"].as_u64().unwrap()).collect()
    };
    let ws = Ws::connect_with(&app, &back(1, &epoch)).await;
    assert_eq!((numbers(&ws), ws.welcome["subs"][&own]["recovered"].as_bool()), (vec![2, 3], Some(true)));
    let ws = Ws::connect_with(&app, &back(3, &epoch)).await;
    assert_eq!((numbers(&ws), ws.welcome["subs"][&own]["recovered"].as_bool()), (vec![], Some(true)));
    for (offset, epoch) in [(9, epoch.clone()), (1, json!("another"))] {
        let ws = Ws::connect_with(&app, &back(offset, &epoch)).await;
        assert_eq!(
            (numbers(&ws), ws.welcome["subs"][&own].get("recovered")),
            (vec![], None),
            "all or nothing"
        );
    }
    let mut ws = Ws::connect(&app, &ann).await;
    let page = ws.ok("history", &json!({"channel": own, "limit": 2, "reverse": true})).await;
    let offsets: Vec<u64> =
        page["publications"].as_array().unwrap().iter().map(|p| p["offset"].as_u64().unwrap()).collect();
    assert_eq!((offsets, page["offset"].as_u64()), (vec![3, 2], Some(3)));
    app.stop().await;
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_disconnected_and_nobody_waits_for_it() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let mut slow = Ws::connect(&app, &ann).await;
    let mut quick = Ws::connect(&app, &bob).await;
    let channel = format!("user:{}", ann.id);
    // More than the kernel buffers for a connection on loopback, many times over.
    let payload = Arc::new(Publication::transient(&"x".repeat(512 * 1024)));
    for _ in 0..100 {
        app.services.hub.publish(&channel, (*payload).clone());
        tokio::task::yield_now().await;
    }
    tell(&app, &bob, json!("still here")).await;
    assert_eq!(quick.publication(&format!("user:{}", bob.id)).await["data"], "still here");
    eventually("the slow one is gone", || async {
        (app.services.hub.stats().connections == 1).then_some(())
    })
    .await;
    // It reads again while there still is time to say why; who never does gets nothing more, see the tests of the socket.
    assert_eq!(slow.closed().await, 3008);
    app.stop().await;
}

#[tokio::test]
async fn a_stopping_server_tells_those_too_who_have_not_said_who_they_are() {
    let app = TestApp::spawn().await;
    let mut stranger = Ws::open(&app, &[]).await.unwrap();
    let start = std::time::Instant::now();
    let (code, ()) = tokio::join!(stranger.closed(), app.stop());
    assert_eq!(code, 3001);
    assert!(
        start.elapsed() < std::time::Duration::from_secs(2),
        "nobody waited for it: {:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_stopping_server_says_so() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let (code, ()) = tokio::join!(ws.closed(), app.stop());
    assert_eq!(code, 3001);
}

#[tokio::test]
async fn pages_of_other_sites_may_not_connect() {
    let app = TestApp::spawn_with(|config| {
        config.cors_origins = vec!["https://app.example.org".parse::<url::Url>().unwrap().origin()];
    })
    .await;
    let open = async |origin: &str| Ws::open(&app, &[("origin", origin)]).await.map(drop);
    assert_eq!(open("https://evil.example.org").await, Err(403));
    assert_eq!(open("null").await, Err(403));
    assert_eq!(open("https://app.example.org").await, Ok(()));
    assert_eq!(open(&format!("http://{}", app.address)).await, Ok(()));
    app.anon().get("/chat").await.expect_problem(400, "invalid_request");
    app.stop().await;
}

#[tokio::test]
async fn a_token_is_refreshed_on_the_open_socket() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let mut ws = Ws::connect(&app, &ann).await;
    app.clock.advance(TimeDelta::minutes(5));
    let refreshed =
        app.anon().post("/api/auth/refresh", &json!({"refresh_token": ann.login["refresh_token"]})).await;
    let token = refreshed.expect(200)["access_token"].clone();
    let result = ws.ok("refresh", &json!({"token": token})).await;
    assert!(result["ttl"].as_u64().unwrap() > 800, "{result}");
    ws.send(json!({"id": 99, "refresh": {"token": bob.token}}).to_string()).await;
    assert_eq!(ws.closed().await, 3500, "the token of another account");
    app.stop().await;
}

#[tokio::test]
async fn a_subscription_is_refreshed_as_long_as_there_is_one() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let refresh = json!({"channel": "chat:general", "token": ann.token});
    assert_eq!(ws.err("sub_refresh", &refresh).await, 103);
    ws.ok("subscribe", &json!({"channel": "chat:general"})).await;
    // Subscriptions do not expire by themselves, which the SDK takes an answer without `expires` for.
    assert_eq!(ws.ok("sub_refresh", &refresh).await, json!({}));
    ws.ok("publish", &json!({"channel": "chat:general", "data": {"body": "still here"}})).await;
    assert_eq!(ws.publication("chat:general").await["data"]["message"]["body"], "still here");
    ws.ok("unsubscribe", &json!({"channel": "chat:general"})).await;
    assert_eq!(ws.err("sub_refresh", &refresh).await, 103);
    app.stop().await;
}

#[tokio::test]
async fn an_api_token_hears_only_what_it_was_made_for() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let own = format!("user:{}", ann.id);
    for (scopes, hears) in [
        (json!(["users:read"]), false),
        (json!(["agenda:read"]), false),
        (json!(["agenda:read", "chat:read"]), true),
    ] {
        let made = ann.post("/api/auth/tokens", &json!({"name": "bot", "scopes": scopes})).await.expect(201);
        let mut ws = Ws::connect_with(&app, &json!({"token": made["token"]})).await;
        assert_eq!(ws.welcome["subs"].get(&own).is_some(), hears, "{scopes}");
        let history = ws.call("history", &json!({"channel": own, "limit": 5})).await;
        assert_eq!(history["error"]["code"] == 103, !hears, "{scopes}: {history}");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_answer_is_bounded_by_bytes() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let own = format!("user:{}", ann.id);
    let epoch = Ws::connect(&app, &ann).await.welcome["subs"][&own]["epoch"].clone();
    for _ in 0..8 {
        tell(&app, &ann, json!("x".repeat(100_000))).await;
    }
    let back = json!({"token": ann.token, "subs": {&own: {"recover": true, "offset": 0, "epoch": epoch}}});
    let mut ws = Ws::connect_with(&app, &back).await;
    assert_eq!(ws.welcome["subs"][&own].get("recovered"), None, "800 KB are too much to recover");
    let page = ws.ok("history", &json!({"channel": own, "limit": 8})).await;
    assert_eq!((page["publications"].as_array().unwrap().len(), page["offset"].as_u64()), (5, Some(8)));
    let rest = json!({"channel": own, "limit": 8, "since": {"offset": 5, "epoch": epoch}});
    assert_eq!(ws.ok("history", &rest).await["publications"].as_array().unwrap().len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn a_flood_of_commands_is_refused_and_then_ended() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    let frame = |first: u32| -> String {
        (first..first + 200)
            .map(|id| json!({"id": id, "rpc": {"method": "no.such"}}).to_string())
            .collect::<Vec<_>>()
            .join("\n")
    };
    // A thousand are sent when those before were answered in full, so that every refusal but the last ones is counted.
    let (mut sent, mut refused, mut code) = (0, 0, 0);
    while code == 0 {
        for n in 0..5 {
            ws.send(frame(1000 + sent + n * 200)).await;
        }
        let mut refused_here = 0;
        for _ in 0..1000 {
            match ws.frame().await {
                Ok(reply) => refused_here += u32::from(reply["error"]["code"] == 111),
                Err((close, _)) => {
                    code = close;
                    break;
                }
            }
        }
        sent += 1000;
        refused += refused_here;
        if sent <= 1000 {
            assert_eq!((refused, code), (0, 0), "a burst is granted");
        }
        if code == 0 {
            assert!(refused <= 1000, "{refused} refusals, and the connection stays");
        }
    }
    assert_eq!(code, 3013);
    // Two thousand at once, a thousand refusals, and what the rate grants meanwhile: never before.
    assert!(sent >= 3000 && refused <= 1000, "ended after {sent} commands and {refused} refusals");
    app.stop().await;
}
