//! What happened, over time: `GET /api/monitoring/series`, from what is recorded to what is stored.

use std::io::Write;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;
use workspace_server::db::statement;
use workspace_server::monitoring::Series;

use crate::support::{Actor, TestApp, Ws, eventually};

const PATH: &str = "/api/monitoring/series";

async fn ask(who: &Actor, query: &str) -> Value {
    who.get(&format!("{PATH}?{query}")).await.expect(200)
}

fn series(app: &TestApp) -> &Series {
    app.services.monitor.series()
}

/// The line of this label.
fn line<'a>(answer: &'a Value, label: &str) -> &'a Value {
    let lines = answer["series"].as_array().unwrap();
    lines.iter().find(|l| l["label"] == label).unwrap_or_else(|| panic!("no line `{label}` in {answer}"))
}

fn labels(answer: &Value) -> Vec<&str> {
    answer["series"].as_array().unwrap().iter().map(|l| l["label"].as_str().unwrap()).collect()
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `from` and `to` for a query, as times ago.
fn between(app: &TestApp, from: TimeDelta, to: TimeDelta) -> String {
    let now = app.clock.now();
    format!("from={}&to={}", time(now - from), time(now - to))
}

/// A number that the database gives for `value`.
async fn number(app: &TestApp, sql: &str, value: &str) -> i64 {
    let db = app.services.db.read();
    let row = db.query_one_raw(statement(db, sql, [value.into()])).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

/// Waits until what was recorded is in the database.
async fn stored(app: &TestApp, metric: &str, hours: i64) {
    eventually("stored hours", async || {
        let sql = "SELECT count(*) AS n FROM series_hour JOIN series s ON s.id = series_hour.id & 16777215 \
                   WHERE s.metric = $1 AND s.label <> ''";
        (number(app, sql, metric).await >= hours).then_some(())
    })
    .await;
}

#[tokio::test]
async fn requests_are_counted_every_second_by_route() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    for _ in 0..3 {
        admin.get("/api/auth/me").await.expect(200);
    }
    let answer = eventually("three requests", async || {
        let answer = ask(&admin, &format!("metric=requests&by=route&{}", five_minutes(&app))).await;
        let of = |l: &&Value| l["label"] == "GET /api/auth/me" && l["total"]["count"] == 3;
        answer["series"].as_array().unwrap().iter().any(|l| of(&l)).then_some(answer)
    })
    .await;
    assert_eq!((&answer["step"], &answer["unit"]), (&json!(1), &json!("milliseconds")));
    let times: Vec<i64> = serde_json::from_value(answer["times"].clone()).unwrap();
    assert!(times.windows(2).all(|pair| pair[1] == pair[0] + 1) && times.len() >= 299);
    let me = line(&answer, "GET /api/auth/me");
    for column in ["count", "errors", "sum", "p50", "p75", "p95", "p99"] {
        assert_eq!(me[column].as_array().unwrap().len(), times.len(), "{column}");
    }
    let counts: Vec<Option<u64>> = serde_json::from_value(me["count"].clone()).unwrap();
    assert_eq!(counts.iter().flatten().sum::<u64>(), 3);
    assert_eq!(counts[0], None, "five minutes ago there was no server");
    assert_eq!(me["total"]["errors"], 0);
    assert!(me["total"]["p99"].as_f64() >= me["total"]["p50"].as_f64());
    app.stop().await;
}

/// A range that takes steps of a second.
fn five_minutes(app: &TestApp) -> String {
    format!("from={}", time(app.clock.now() - TimeDelta::seconds(299)))
}

#[tokio::test]
async fn minutes_outlive_a_restart_and_the_one_that_was_cut_goes_on() {
    let app = TestApp::spawn().await;
    let sent = |app: &TestApp, n| series(app).signals(None, "desk", "exception", true, n);
    sent(&app, 5);
    let app = app.restart_after(TimeDelta::zero()).await;
    sent(&app, 7);
    app.clock.advance(TimeDelta::minutes(2));
    sent(&app, 1);
    let app = app.restart_after(TimeDelta::hours(3)).await;
    let admin = app.admin().await;
    let range = between(&app, TimeDelta::hours(4), TimeDelta::zero());
    let answer = ask(&admin, &format!("metric=errors&by=app&{range}")).await;
    assert_eq!(answer["step"], 60);
    let counts: Vec<Option<u64>> = serde_json::from_value(line(&answer, "desk")["count"].clone()).unwrap();
    let some: Vec<u64> = counts.iter().flatten().copied().filter(|n| *n > 0).collect();
    assert_eq!(some.iter().sum::<u64>(), 13);
    assert!(some == [12, 1] || some == [5, 7, 1], "{some:?}");
    assert!(counts.contains(&Some(0)) || counts.len() < 5, "a quiet minute of a server that ran");
    let unknown = counts.iter().filter(|c| c.is_none()).count();
    assert!(unknown > 170, "the server was away for three hours: {unknown} minutes are not known");
    app.stop().await;
}

#[tokio::test]
async fn hours_become_days_and_go_after_thirty_of_them() {
    let app = TestApp::spawn().await;
    for hour in 0..30u64 {
        series(&app).measurement("desk", "1.0", "/inbox", "lcp", 1000.0 + hour as f64);
        app.clock.advance(TimeDelta::hours(1));
        eventually("the hour in the database", async || {
            let sql = "SELECT count(*) AS n FROM series_hour h JOIN series s ON s.id = h.id & 16777215 \
                       WHERE s.dimension = 'view' AND s.label <> '' AND s.name = $1";
            (number(&app, sql, "lcp").await > hour as i64).then_some(())
        })
        .await;
    }
    let admin = app.admin().await;
    let query = "metric=measurements&by=view&name=lcp&step=3600";
    let range = between(&app, TimeDelta::hours(40), TimeDelta::zero());
    let answer = ask(&admin, &format!("{query}&{range}")).await;
    let view = line(&answer, "desk /inbox");
    let counts: Vec<Option<u64>> = serde_json::from_value(view["count"].clone()).unwrap();
    assert_eq!(counts.iter().flatten().filter(|n| **n == 1).count(), 30, "{counts:?}");
    assert_eq!(view["total"]["rating"], "good");
    assert_eq!(answer["thresholds"], json!({"good": 2500.0, "poor": 4000.0}));
    assert!((view["total"]["p50"].as_f64().unwrap() / 1014.0 - 1.0).abs() < 0.031);
    assert_eq!((&view["errors"], &view["total"]["errors"]), (&Value::Null, &Value::Null));
    let days = number(&app, "SELECT count(*) AS n FROM series_day WHERE length($1) > 0", "any").await;
    assert!(days > 0);

    // Minute by minute it is the same.
    let range = between(&app, TimeDelta::hours(20), TimeDelta::zero());
    let answer = ask(&admin, &format!("metric=measurements&by=view&name=lcp&step=600&{range}")).await;
    assert_eq!(line(&answer, "desk /inbox")["total"]["count"], 20);

    app.clock.advance(TimeDelta::days(32));
    eventually("nothing left", async || {
        let sql = "SELECT count(*) AS n FROM series WHERE metric = $1";
        let left = number(&app, sql, "measurements").await;
        (left == 0).then_some(())
    })
    .await;
    let count = "SELECT count(*) AS n FROM series_hour JOIN series s ON s.id = series_hour.id & 16777215 \
                 WHERE s.metric = $1";
    assert_eq!(number(&app, count, "measurements").await, 0);
    let admin = app.admin().await;
    let range = between(&app, TimeDelta::days(30), TimeDelta::zero());
    let answer = ask(&admin, &format!("metric=measurements&by=view&name=lcp&{range}")).await;
    assert_eq!(answer["series"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn the_busiest_have_a_line_and_the_rest_share_one() {
    let app = TestApp::spawn().await;
    for n in 1..=6u64 {
        series(&app).signals(None, &format!("app {n}"), "log", false, n * 10);
        series(&app).signals(None, &format!("app {n}"), "exception", true, n);
    }
    app.clock.advance(TimeDelta::minutes(1));
    let admin = app.admin().await;
    let answer = ask(&admin, "metric=signals&by=app&limit=2&step=60").await;
    assert_eq!(labels(&answer), ["app 6", "app 5", "other"]);
    assert_eq!(line(&answer, "app 6")["total"]["count"], 66);
    assert_eq!(line(&answer, "app 6")["total"]["errors"], 6);
    assert_eq!(line(&answer, "other")["total"]["count"], 110);
    assert_eq!(line(&answer, "other")["total"]["errors"], 10);
    let answer = ask(&admin, "metric=signals&by=app&name=log&limit=50&step=60").await;
    assert_eq!(labels(&answer), ["app 6", "app 5", "app 4", "app 3", "app 2", "app 1"]);
    let answer = ask(&admin, "metric=errors&step=60").await;
    assert_eq!((labels(&answer), &line(&answer, "all")["total"]["count"]), (vec!["all"], &json!(21)));
    let answer = ask(&admin, "metric=errors&by=app&label=app%202&label=nobody&step=60").await;
    assert_eq!(labels(&answer), ["app 2", "nobody"]);
    assert_eq!(line(&answer, "app 2")["total"]["count"], 2);
    assert_eq!(line(&answer, "nobody")["total"]["count"], 0);
    app.stop().await;
}

#[tokio::test]
async fn what_is_too_much_or_no_number_has_a_place_or_none() {
    let app = TestApp::spawn().await;
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(!series(&app).measurement("desk", "1", "/", "lcp", value));
    }
    for n in 0..2000 {
        series(&app).measurement("desk", "1", &format!("/{n}"), "lcp", f64::from(n));
    }
    series(&app).measurement(&"long".repeat(10_000), "", "", &"name".repeat(10_000), f64::MAX);
    app.clock.advance(TimeDelta::minutes(1));
    let admin = app.admin().await;
    let answer = ask(&admin, "metric=measurements&by=view&name=lcp&step=60&limit=50").await;
    let lines = answer["series"].as_array().unwrap();
    assert_eq!((lines.len(), &lines[50]["label"]), (51, &json!("other")));
    let sum: u64 = lines.iter().map(|l| l["total"]["count"].as_u64().unwrap()).sum();
    assert_eq!(sum, 2000);
    let text = reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap().text().await.unwrap();
    let value = |name: &str| -> f64 {
        let found = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        found.trim().parse().unwrap()
    };
    assert!(value(r#"workspace_series_folded_total{metric="measurements"}"#) >= 1500.0);
    assert!(value("workspace_series_values_refused_total") >= 3.0);
    app.stop().await;
}

#[tokio::test]
async fn round_trips_are_counted_by_client() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = Ws::connect(&app, &ann).await;
    ws.ping().await;
    let admin = app.admin().await;
    let answer = eventually("a round trip", async || {
        let answer = ask(&admin, &format!("metric=rtt&by=client&{}", five_minutes(&app))).await;
        (!answer["series"].as_array().unwrap().is_empty()).then_some(answer)
    })
    .await;
    let client = &answer["series"][0];
    assert!(client["label"].as_str().unwrap().parse::<Uuid>().is_ok(), "{client}");
    assert!(client["total"]["p50"].as_f64().unwrap() > 0.0);
    assert_eq!(client["errors"], Value::Null);
    app.stop().await;
}

#[tokio::test]
async fn what_the_server_is_like_is_measured_every_second() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let mut ws = Ws::connect(&app, &admin).await;
    ws.ping().await;
    let answer = eventually("writes and a client", async || {
        let answer = ask(&admin, &format!("metric=server&by=gauge&limit=20&{}", five_minutes(&app))).await;
        let names = labels(&answer);
        let known = names.contains(&"clients") && names.contains(&"commit_ms");
        (known && line(&answer, "clients")["total"]["max"] == 1.0).then_some(answer)
    })
    .await;
    for gauge in ["users", "cpu", "memory", "database", "writes", "write_queue", "messages_in", "bytes_out"] {
        assert!(labels(&answer).contains(&gauge), "{gauge}");
    }
    assert!(line(&answer, "memory")["total"]["max"].as_f64().unwrap() > 1.0);
    admin.get(&format!("{PATH}?metric=server")).await.expect_problem(400, "validation_failed");
    app.stop().await;
}

#[tokio::test]
async fn only_admins_and_their_programs_see_them() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let token = async |scope: &str| {
        let body = json!({"name": "graphs", "scopes": [scope]});
        let made = admin.post("/api/auth/tokens", &body).await.expect(201);
        admin.with_token(made["token"].as_str().unwrap())
    };
    let path = format!("{PATH}?metric=requests");
    app.anon().get(&path).await.expect_problem(401, "unauthorized");
    app.member("ann").await.get(&path).await.expect_problem(403, "forbidden");
    app.viewer("vic").await.get(&path).await.expect_problem(403, "forbidden");
    token("clients:read").await.get(&path).await.expect_problem(403, "forbidden");
    token("monitoring:read").await.get(&path).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let hour = between(&app, TimeDelta::hours(1), TimeDelta::zero());
    let backwards = between(&app, TimeDelta::hours(1), TimeDelta::hours(2));
    let old = between(&app, TimeDelta::days(40), TimeDelta::days(31));
    for (query, field) in [
        ("metric=rtt&by=route".to_owned(), "by"),
        ("metric=measurements&by=app".to_owned(), "name"),
        ("metric=requests&name=lcp".to_owned(), "name"),
        ("metric=requests&label=x".to_owned(), "label"),
        ("metric=requests&limit=0".to_owned(), "limit"),
        (format!("metric=requests&step=1&{hour}"), "step"),
        (format!("metric=requests&step=90&{hour}"), "step"),
        (format!("metric=requests&{backwards}"), "from"),
        (format!("metric=requests&{old}"), "to"),
    ] {
        let problem = admin.get(&format!("{PATH}?{query}")).await.expect_problem(400, "validation_failed");
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
    for query in ["", "metric=everything", "metric=requests&by=user", "metric=requests&from=yesterday"] {
        assert_eq!(admin.get(&format!("{PATH}?{query}")).await.status, 400, "{query}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_goes_on_with_the_hour_that_is_there() {
    let app = TestApp::spawn().await;
    series(&app).signals(None, "desk", "log", false, 3);
    app.clock.advance(TimeDelta::hours(5));
    stored(&app, "signals", 1).await;
    series(&app).signals(None, "desk", "log", false, 4);
    app.clock.advance(TimeDelta::hours(-5));
    // The second hour is stored on the way back.
    stored(&app, "signals", 2).await;
    series(&app).signals(None, "desk", "log", false, 10);
    app.clock.advance(TimeDelta::hours(6));
    let admin = app.admin().await;
    let answer = eventually("all of them", async || {
        let range = between(&app, TimeDelta::hours(10), TimeDelta::zero());
        let answer = ask(&admin, &format!("metric=signals&{range}")).await;
        (line(&answer, "all")["total"]["count"] == 17).then_some(answer)
    })
    .await;
    assert_eq!(answer["unit"], "none");
    app.stop().await;
}

#[tokio::test]
async fn what_is_kept_of_a_client_can_be_erased() {
    let app = TestApp::spawn().await;
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    for client in [one, other] {
        series(&app).signals(Some(client), "desk", "log", false, 5);
    }
    app.clock.advance(TimeDelta::hours(2));
    stored(&app, "signals", 3).await;
    series(&app).signals(Some(one), "desk", "log", false, 5);
    app.clock.advance(TimeDelta::minutes(1));
    series(&app).erase_client(one).await.unwrap();
    let admin = app.admin().await;
    let range = between(&app, TimeDelta::hours(5), TimeDelta::zero());
    let answer = ask(&admin, &format!("metric=signals&by=client&label={one}&label={other}&{range}")).await;
    assert_eq!(line(&answer, &one.to_string())["total"]["count"], 0);
    assert_eq!(line(&answer, &other.to_string())["total"]["count"], 5);
    let rows = "SELECT count(*) AS n FROM series WHERE label = $1";
    assert_eq!(number(&app, rows, &one.to_string()).await, 0);
    // What comes after that is counted again.
    series(&app).signals(Some(one), "desk", "log", false, 1);
    app.clock.advance(TimeDelta::minutes(1));
    let answer = ask(&admin, &format!("metric=signals&by=client&label={one}&step=60")).await;
    assert_eq!(line(&answer, &one.to_string())["total"]["count"], 1);
    app.stop().await;
}

/// A month of 80 routes and 100 clients, every minute of it: an hour that was really recorded, at every hour.
async fn month() -> TestApp {
    let app = TestApp::spawn().await;
    // From the start of an hour, so that the hour is one row.
    let now = app.clock.now();
    let past_hour = TimeDelta::seconds(now.timestamp() % 3600);
    app.clock.advance(TimeDelta::hours(1) - past_hour);
    let clients: Vec<Uuid> = (1..=100).map(Uuid::from_u128).collect();
    for minute in 0..60u64 {
        for (n, client) in clients.iter().enumerate() {
            let n = n as u64;
            for ping in 0..2 {
                series(&app)
                    .round_trip(*client, Duration::from_micros(9_000 + n * 300 + minute * 77 + ping * 999));
            }
            series(&app).signals(Some(*client), "desk", "log", minute % 20 == 0, 3);
            let vital = 800.0 + (n * 37 + minute * 59) as f64;
            series(&app).measurement("desk", &format!("1.{}", n % 4), &format!("/{}", n % 20), "lcp", vital);
        }
        for route in 0..80u64 {
            for request in 0..12 {
                let took = Duration::from_micros(
                    300 + (route * 131 + minute * 17 + request * request * 97) % 40_000,
                );
                series(&app).request("GET", &format!("/api/route/{route}"), 200, took);
            }
        }
        app.clock.advance(TimeDelta::minutes(1));
        series(&app).requests(1);
    }
    let copy = "INSERT OR IGNORE INTO series_hour \
        SELECT ((h.id >> 24) - n.value) << 24 | (h.id & 16777215), h.count, h.errors, \
        CAST(unhex(printf('%02x', ((h.id >> 24) - n.value) % 24)) || substr(h.total, 2) AS BLOB), h.minutes \
        FROM (SELECT * FROM series_hour WHERE id >> 24 = (SELECT id >> 24 FROM series_hour GROUP BY 1 ORDER BY count(*) DESC LIMIT 1)) h \
        CROSS JOIN (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 719) \
        SELECT value FROM n) n";
    let app = app.restart_after(TimeDelta::zero()).await;
    app.services
        .db
        .write(move |tx| {
            Box::pin(async move {
                for sql in [copy, "DELETE FROM series_day", "UPDATE series_fold SET hour_id = 0"] {
                    tx.conn().execute_unprepared(sql).await?;
                }
                Ok::<_, sea_orm::DbErr>(())
            })
        })
        .await
        .unwrap();
    let app = app.restart_after(TimeDelta::minutes(1)).await;
    eventually("days", async || {
        let sql = "SELECT hour_id >> 24 AS hour FROM series_fold WHERE length($1) > 0";
        let hour = app.clock.now().timestamp() / 3600;
        (number(&app, sql, "any").await == hour - 1).then_some(())
    })
    .await;
    app
}

#[tokio::test]
async fn a_month_is_drawn_at_once() {
    let app = Box::pin(month()).await;
    let admin = app.admin().await;
    let mut slow = Vec::new();
    for (name, query) in [
        ("80 routes, an hour", "metric=requests&by=route"),
        ("80 routes, a day", "metric=requests&by=route&days=1"),
        ("80 routes, a week", "metric=requests&by=route&days=7"),
        ("80 routes, 30 days", "metric=requests&by=route&days=30"),
        ("100 clients, 30 days", "metric=rtt&by=client&days=30"),
        ("one client, 30 days", "metric=rtt&by=client&label=00000000-0000-0000-0000-000000000007&days=30"),
        ("all requests, 30 days", "metric=requests&days=30"),
        ("lcp by view, 30 days", "metric=measurements&name=lcp&by=view&days=30"),
    ] {
        let (query, days) = query.split_once("&days=").unwrap_or((query, "0"));
        let from = TimeDelta::days(days.parse().unwrap()).max(TimeDelta::hours(1));
        let path = format!("{PATH}?{query}&{}", between(&app, from, TimeDelta::zero()));
        let mut took = Vec::new();
        let mut bytes = 0;
        for _ in 0..30 {
            let start = Instant::now();
            let answer = admin.get(&path).await;
            took.push(start.elapsed().as_secs_f64() * 1e3);
            bytes = answer.text.len();
            let first = answer.expect(200)["series"][0]["total"]["count"].as_u64();
            assert!(first > Some(from.num_hours() as u64 * 60), "{name}: {first:?}");
        }
        took.sort_by(f64::total_cmp);
        let figures = format!("{name}: p50 {:.1} ms, p99 {:.1} ms, {bytes} bytes", took[15], took[29]);
        // Optimised, half of the answers and more are there within 10 ms. Otherwise, and beside other tests on the same cores,
        // the best one tells whether something is out of all proportion.
        let (found, bound) = if cfg!(debug_assertions) { (took[0], 500.0) } else { (took[15], 10.0) };
        if found > bound {
            slow.push(figures.clone());
        }
        // Shown by `--no-capture`.
        writeln!(std::io::stderr(), "{figures}").unwrap();
    }
    let megabytes = app.services.db.size_bytes() / 1_000_000;
    assert!(slow.is_empty(), "{slow:#?}");
    assert!(megabytes < 300, "{megabytes} MB");
    app.stop().await;
}
