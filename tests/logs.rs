//! The logs: one list over the server's lines and those of client applications, and its live tail.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fleet;
use crate::support::binary::Place;
use crate::support::{ADMIN, Actor, TestApp, Ws, database};
use crate::telemetry::{key, send};

/// A batch of log lines of one session, each with its level.
fn lines(session: &str, lines: &[(&str, &str)]) -> Value {
    let logs: Vec<Value> =
        lines.iter().map(|(level, message)| json!({"level": level, "message": message})).collect();
    json!({"meta": {"app": {"name": "desk", "version": "1.0.0"}, "session": {"id": session}, "user": {"username": session}}, "logs": logs})
}

fn messages(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["message"].as_str().unwrap()).collect()
}

async fn find(admin: &Actor, query: &str) -> Vec<String> {
    let page = admin.get(&format!("/api/logs?{query}")).await.expect(200);
    messages(&page).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn lines_are_found_by_every_condition() {
    let app = TestApp::spawn().await;
    let (admin, ann, desk) = (app.admin().await, app.member("ann").await, key(&app, "desk").await);
    send(&app, &desk, &lines("ben", &[("debug", "one 100%"), ("warn", "two"), ("error", "Three_x")])).await;
    let exception = json!({
        "meta": {"app": {"name": "phone", "version": "2", "installationId": "i-1"}, "session": {"id": "s"}},
        "exceptions": [{"type": "TypeError", "value": "four", "trace": {"trace_id": "abc", "span_id": "d"}, "context": {"room": "attic"}}],
    });
    assert_eq!(ann.post("/collect", &exception).await.status, 202);
    assert_eq!(find(&admin, "").await, ["TypeError: four", "Three_x", "two", "one 100%"]);
    let page = admin.get("/api/logs?kind=exception").await.expect(200);
    let found = page["items"][0].clone();
    assert_eq!(
        (&found["level"], &found["source"], &found["app"]),
        (&json!("error"), &json!("client"), &json!("phone"))
    );
    assert_eq!(
        (&found["user_id"], &found["fields"]["attributes"]["room"]),
        (&json!(ann.id), &json!("attic"))
    );
    let client = found["client"].as_str().unwrap();
    for (query, wanted) in [
        ("level=warning", vec!["TypeError: four", "Three_x", "two"]),
        ("level=error&app=desk", vec!["Three_x"]),
        ("source=server", vec![]),
        ("source=client&limit=1", vec!["TypeError: four"]),
        (&format!("client={client}"), vec!["TypeError: four"]),
        (&format!("user={}", ann.id), vec!["TypeError: four"]),
        ("user=ann", vec!["TypeError: four"]),
        ("user=ben&level=warning", vec!["Three_x", "two"]),
        ("trace_id=abc", vec!["TypeError: four"]),
        ("search=THREE", vec!["Three_x"]),
        ("search=ATTIC", vec!["TypeError: four"]),
        ("search=%25", vec!["one 100%"]),
        ("search=_", vec!["Three_x"]),
        ("search=nothing", vec![]),
        ("to=2020-01-01T00:00:00Z", vec![]),
        ("from=2100-01-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(find(&admin, query).await, wanted, "{query}");
    }
    let one = admin.get(&format!("/api/logs/{}", found["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(one, found);
    for id in ["c1", "s1", "x1", "c", "c-1", "c99999999999999999999"] {
        admin.get(&format!("/api/logs/{id}")).await.expect_problem(404, "not_found");
    }
    for query in ["level=loud", "client=x", "limit=0", "cursor=x", "from=yesterday"] {
        admin.get(&format!("/api/logs?{query}")).await.expect(400);
    }
    app.stop().await;
}

/// In SQL as in the live tail: SQLite itself knows the case of ASCII letters only.
#[tokio::test]
async fn the_case_of_no_letter_matters_to_a_search() {
    let app = TestApp::spawn().await;
    let (admin, ann, desk) = (app.admin().await, app.member("ann").await, key(&app, "desk").await);
    let _open = fleet::connect(&app, &ann, &fleet::described("Élan", "École-1", "1.0", "Linux")).await;
    let mut tail = Ws::connect(&app, &admin).await;
    let channel = "monitor:logs?app=desk&search=L%27%C3%89COLE";
    tail.ok("subscribe", &json!({"channel": channel})).await;
    let batch = json!({
        "meta": {"app": {"name": "desk", "version": "1.0.0"}},
        "logs": [{"message": "L'École est finie", "context": {"Été": "ÀÉÎ"}}, {"message": "ecole"}],
        "exceptions": [{"type": "Error", "value": "École fermée"}],
    });
    assert_eq!(send(&app, &desk, &batch).await.status, 202);
    let heard = tail.publication(channel).await["data"]["lines"].take();
    assert_eq!((heard.as_array().unwrap().len(), &heard[0]["message"]), (1, &json!("L'École est finie")));
    // As the ring keeps one; the program of a test run writes none of its own.
    let line = "INSERT INTO server_logs (id, level, target, message, fields) VALUES (1048576, 2, 't', 'ÉCOLE ouverte', '{}')";
    database::write(&app, line, []).await;
    for search in ["école", "ÉCOLE", "éCoLe"] {
        let query = format!("search={search}");
        assert_eq!(
            find(&admin, &query).await,
            ["Error: École fermée", "L'École est finie", "ÉCOLE ouverte"],
            "{query}"
        );
        let errors = admin.get(&format!("/api/errors?{query}")).await.expect(200);
        assert_eq!(messages(&errors), ["École fermée"], "{query}");
        for path in ["installations", "clients"] {
            let found = admin.get(&format!("/api/{path}?{query}")).await.expect(200);
            assert_eq!(found["items"].as_array().unwrap().len(), 1, "{path}?{query}");
        }
    }
    assert_eq!(find(&admin, "search=àéî").await, ["L'École est finie"]);
    for (query, found) in [
        ("app=ÉLAN&hostname=école-1-PC", 1),
        ("app=elan", 0),
        ("hostname=École", 0),
        ("app=élan&search=ÉLA", 1),
    ] {
        let page = admin.get(&format!("/api/installations?{query}")).await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), found, "{query}");
    }
    app.stop().await;
}

#[tokio::test]
async fn pages_lead_both_ways_and_meet_what_comes_later() {
    let app = TestApp::spawn().await;
    let (admin, desk) = (app.admin().await, key(&app, "desk").await);
    let begun = app.clock.now() + chrono::TimeDelta::days(1);
    // Days between some, so that pages have to look far.
    for (n, days) in [(0, 0), (1, 9), (2, 0), (3, 1), (4, 0), (5, 2)] {
        app.clock.advance(chrono::TimeDelta::days(days));
        send(&app, &desk, &lines("s", &[("info", &format!("a{n}")), ("info", &format!("b{n}"))])).await;
    }
    let admin = admin.with_token(&app.admin().await.token);
    let (mut seen, mut cursor, mut first_previous) = (Vec::new(), String::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/logs?limit=5{cursor}")).await.expect(200);
        seen.extend(messages(&page).into_iter().map(str::to_owned));
        if first_previous.is_empty() {
            first_previous = page["previous"].as_str().unwrap().to_owned();
        }
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["b5", "a5", "b4", "a4", "b3", "a3", "b2", "a2", "b1", "a1", "b0", "a0"]);
    // And back to the newest from the oldest page, five at a time, newest first within each.
    let oldest = admin
        .get(&format!("/api/logs?limit=2&to={}", begun.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)))
        .await
        .expect(200);
    assert_eq!(messages(&oldest), ["b0", "a0"]);
    let (mut forward, mut previous) = (Vec::new(), oldest["previous"].as_str().unwrap().to_owned());
    while forward.len() < 10 {
        let page = admin.get(&format!("/api/logs?limit=4&cursor={previous}")).await.expect(200);
        let mut items: Vec<String> = messages(&page).into_iter().map(str::to_owned).collect();
        items.reverse();
        forward.extend(items);
        previous = page["previous"].as_str().unwrap().to_owned();
    }
    assert_eq!(forward, ["a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4", "a5", "b5"]);
    let none = admin.get(&format!("/api/logs?cursor={first_previous}")).await.expect(200);
    assert_eq!(messages(&none), Vec::<&str>::new());
    send(&app, &desk, &lines("s", &[("info", "later")])).await;
    let later = admin.get(&format!("/api/logs?cursor={first_previous}")).await.expect(200);
    assert_eq!(messages(&later), ["later"]);
    app.stop().await;
}

#[tokio::test]
async fn long_fields_are_left_out_of_lists_and_whole_by_id() {
    let app = TestApp::spawn().await;
    let (admin, desk) = (app.admin().await, key(&app, "desk").await);
    let long = "x".repeat(100_000);
    send(&app, &desk, &json!({"events": [{"name": "recording", "attributes": {"frame": long}}]})).await;
    let page = admin.get("/api/logs").await.expect(200);
    let item = &page["items"][0];
    assert_eq!((&item["truncated"], &item["fields"]), (&json!(true), &json!({})));
    let whole = admin.get(&format!("/api/logs/{}", item["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(
        (&whole["truncated"], whole["fields"]["attributes"]["frame"].as_str().map(str::len)),
        (&json!(false), Some(100_000))
    );
    app.stop().await;
}

#[tokio::test]
async fn only_admins_read_logs() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let made = admin
        .post("/api/auth/tokens", &json!({"name": "t", "scopes": ["monitoring:read"]}))
        .await
        .expect(201);
    for actor in
        [app.member("ann").await, app.viewer("vic").await, admin.with_token(made["token"].as_str().unwrap())]
    {
        actor.get("/api/logs").await.expect_problem(403, "forbidden");
        actor.get("/api/logs/c1").await.expect_problem(403, "forbidden");
        let mut ws = Ws::connect(&app, &actor).await;
        let refused = ws.call("subscribe", &json!({"channel": "monitor:logs"})).await;
        assert_eq!(refused["error"]["code"], 103, "{refused}");
    }
    app.anon().get("/api/logs").await.expect_problem(401, "unauthorized");
    app.stop().await;
}

#[tokio::test]
async fn the_tail_has_what_its_filter_asks_for_within_a_second() {
    let app = TestApp::spawn().await;
    let (admin, desk) = (app.admin().await, key(&app, "desk").await);
    let (mut all, mut errors) = (Ws::connect(&app, &admin).await, Ws::connect(&app, &admin).await);
    all.call("subscribe", &json!({"channel": "monitor:logs"})).await["subscribe"].as_object().unwrap();
    let channel = "monitor:logs?level=error&app=desk&search=fire";
    errors.call("subscribe", &json!({"channel": channel})).await["subscribe"].as_object().unwrap();
    for wrong in ["monitor:logs?level=loud", "monitor:logs?x=1", "monitor:logsx", "monitor:logs&level=error"]
    {
        let refused = errors.call("subscribe", &json!({"channel": wrong})).await;
        assert_eq!(refused["error"]["code"], 102, "{wrong}: {refused}");
    }
    let sent = std::time::Instant::now();
    send(&app, &desk, &lines("s", &[("info", "calm"), ("error", "no match"), ("error", "Fire!")])).await;
    let push = all.publication("monitor:logs").await["data"].take();
    assert!(sent.elapsed() < std::time::Duration::from_secs(1), "{:?}", sent.elapsed());
    assert_eq!(push["dropped"], 0);
    let heard: Vec<&str> =
        push["lines"].as_array().unwrap().iter().map(|l| l["message"].as_str().unwrap()).collect();
    assert_eq!(heard, ["calm", "no match", "Fire!"], "oldest first");
    let push = errors.publication(channel).await["data"].take();
    assert_eq!(push["lines"].as_array().unwrap().len(), 1);
    let listed = admin.get("/api/logs?level=error&search=fire").await.expect(200);
    assert_eq!(push["lines"][0], listed["items"][0], "the tail and the list tell the same");
    // Who was cut off reads on behind what they heard.
    let later = format!("/api/logs?cursor={}", push["previous"].as_str().unwrap());
    assert_eq!(messages(&admin.get(&later).await.expect(200)), Vec::<&str>::new());
    send(&app, &desk, &lines("s", &[("info", "smoke")])).await;
    assert_eq!(messages(&admin.get(&later).await.expect(200)), ["smoke"]);
    app.stop().await;
}

/// A thousand lines a second, for some seconds: who listens hears each or is told how many are left out, and who asks for
/// something else is answered as before.
#[tokio::test]
async fn the_tail_keeps_up_with_a_thousand_lines_a_second() {
    const SECONDS: usize = 4;
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let made = admin.post("/api/app-keys", &json!({"app": "desk", "rate": 1000})).await.expect(201);
    let desk = made["key"].as_str().unwrap().to_owned();
    let (mut all, mut some) = (Ws::connect(&app, &admin).await, Ws::connect(&app, &admin).await);
    all.call("subscribe", &json!({"channel": "monitor:logs"})).await["subscribe"].as_object().unwrap();
    let errors = "monitor:logs?level=error";
    some.call("subscribe", &json!({"channel": errors})).await["subscribe"].as_object().unwrap();
    // Twenty batches of fifty lines a second, of which one is an error.
    let batches = 20 * SECONDS;
    let sending = async {
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        for n in 0..batches {
            beat.tick().await;
            let words: Vec<String> = (0..50).map(|i| format!("line {i} of {n}")).collect();
            let level = |i: usize| if i == 49 { "error" } else { "info" };
            let batch: Vec<_> = words.iter().enumerate().map(|(i, word)| (level(i), word.as_str())).collect();
            assert_eq!(send(&app, &desk, &lines("s", &batch)).await.status, 202);
        }
    };
    let asking = async {
        let mut took = Vec::new();
        for _ in 0..40 {
            let start = Instant::now();
            admin.get("/api/auth/me").await.expect(200);
            took.push(start.elapsed());
        }
        took.sort();
        took
    };
    let hearing = async |ws: &mut Ws, channel: &str, wanted: usize| {
        let (mut heard, mut dropped) = (Vec::new(), 0);
        while heard.len() + dropped < wanted {
            let data = ws.publication(channel).await["data"].take();
            dropped += data["dropped"].as_u64().unwrap() as usize;
            heard.extend(
                data["lines"].as_array().unwrap().iter().map(|l| l["message"].as_str().unwrap().to_owned()),
            );
        }
        (heard, dropped)
    };
    let ((), took, all, some) = tokio::join!(
        sending,
        asking,
        hearing(&mut all, "monitor:logs", 50 * batches),
        hearing(&mut some, errors, batches),
    );
    assert_eq!(all.0.len() + all.1, 50 * batches, "each line is heard once or counted once");
    assert!(all.1 < 10 * batches, "{} of {} are left out", all.1, 50 * batches);
    assert_eq!(
        some,
        ((0..batches).map(|n| format!("line 49 of {n}")).collect(), 0),
        "in their order, without a gap"
    );
    let unique: std::collections::HashSet<&String> = all.0.iter().collect();
    assert_eq!(unique.len(), all.0.len());
    // Unoptimised, and beside other tests on the same cores.
    assert!(took[20] < Duration::from_millis(500), "{took:?}");
    app.stop().await;
}

#[tokio::test]
async fn the_servers_own_lines_are_kept_and_found_after_a_restart() {
    let place = Place::new();
    let settings = [
        ("SERVER_HOST", "127.0.0.1"),
        ("PORT", "0"),
        ("METRICS_ADDR", "off"),
        ("ADMIN_USERNAME", ADMIN.0),
        ("ADMIN_PASSWORD", ADMIN.1),
    ];
    let http = reqwest::Client::new();
    let server = place.serve(&[], &settings).await;
    let login = |base: &str| {
        http.post(format!("{base}/api/auth/login"))
            .json(&json!({"username": ADMIN.0, "password": ADMIN.1}))
            .send()
    };
    let answer: Value = login(&server.base).await.unwrap().json().await.unwrap();
    let user = answer["user"]["id"].as_str().unwrap().to_owned();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let me = http
        .get(format!("{}/api/auth/me", server.base))
        .bearer_auth(answer["access_token"].as_str().unwrap());
    me.header("traceparent", format!("00-{trace}-b7ad6b7169203331-01")).send().await.unwrap();
    assert_eq!(server.finish().await.0, Some(0));
    let server = place.serve(&[], &settings).await;
    let answer: Value = login(&server.base).await.unwrap().json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let find = async |query: &str| -> Value {
        let asked =
            http.get(format!("{}/api/logs?{query}", server.base)).bearer_auth(&token).send().await.unwrap();
        asked.json().await.unwrap()
    };
    let of_trace = find(&format!("trace_id={trace}&source=server")).await;
    let line = &of_trace["items"][0];
    assert_eq!(
        (&line["fields"]["route"], &line["fields"]["status"]),
        (&json!("/api/auth/me"), &json!(200)),
        "{of_trace}"
    );
    assert_eq!(
        (&line["user_id"], &line["kind"], &line["level"]),
        (&json!(user), &json!("server"), &json!("info"))
    );
    assert_eq!(find(&format!("user={user}&search=/api/auth/me")).await["items"][0]["id"], line["id"]);
    assert_eq!(find(&format!("user={}&search=/api/auth/me", ADMIN.0)).await["items"][0]["id"], line["id"]);
    assert_eq!(find("source=client").await["items"], json!([]));
    server.finish().await;
}
