//! What is refused, and what goes when there is too much.

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{kept, report, small_map, source, upload, upload_request};
use crate::support::{ADMIN, Actor, TestApp, eventually};
use crate::telemetry::{gzip, key, value};

/// Most bytes of a map.
const MOST: usize = 32 << 20;

#[tokio::test]
async fn what_is_no_map_is_refused_and_changes_nothing() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let made = upload(&admin, "desk", "1.0", "app.js", small_map("a.ts")).await.expect(201);
    let map = |field: &str, value: Value| {
        let mut map: Value = serde_json::from_str(&small_map("b.ts")).unwrap();
        map[field] = value;
        map.to_string()
    };
    let section = json!({"offset": {"line": 0, "column": 0}, "url": "http://127.0.0.1/other.map"});
    let mut deep = small_map("b.ts");
    for _ in 0..5_000 {
        deep = format!(
            "{{\"version\":3,\"sections\":[{{\"offset\":{{\"line\":0,\"column\":0}},\"map\":{deep}}}]}}"
        );
    }
    for (body, why) in [
        (String::new(), "EOF"),
        ("no map".to_owned(), "expected"),
        ("[".repeat(100_000), "invalid"),
        (map("version", json!(2)), "`version` is not 3"),
        (map("mappings", Value::Null), "neither `mappings` nor `sections`"),
        (map("mappings", json!("A!")), "a number that cannot be read"),
        (map("mappings", json!("gggggggggggggggC")), "a number that cannot be read"),
        (map("mappings", json!("AAggggggDA")), "beyond all bounds"),
        (map("mappings", json!("AEAA")), "source"),
        (map("mappings", json!("A".repeat(2 << 20))), "too many numbers"),
        (map("mappings", json!(";".repeat(5 << 20))), "at most 4000000"),
        (map("names", json!(vec![0; 600_000])), "at most 500000"),
        (map("sections", json!([section])), "by `url`"),
        (map("x_facebook_sources", json!([[{"names": ["a"], "mappings": "A"}]])), "x_facebook_sources"),
        (deep, "section"),
    ] {
        let problem =
            upload(&admin, "desk", "1.0", "app.js", body).await.expect_problem(400, "invalid_request");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{why}: {detail}");
    }
    let encoded = |encoding: &str, body: Vec<u8>| {
        upload_request(&admin, "desk", "1.0", "app.js").header("content-encoding", encoding).body(body)
    };
    admin.send(encoded("gzip", b"no gzip".to_vec())).await.expect_problem(400, "invalid_request");
    admin.send(encoded("br", b"x".to_vec())).await.expect_problem(415, "unsupported_media_type");
    let plain = admin.request(Method::POST, "/api/source-maps?app=desk&version=1.0&file=app.js").body("x");
    admin.send(plain).await.expect_problem(415, "unsupported_media_type");
    for (app, version, file) in
        [("", "1", "a.js"), ("a", "", "a.js"), ("a", "1", ""), ("a", "1", "https://x.test/")]
    {
        upload(&admin, app, version, file, small_map("b.ts")).await.expect_problem(400, "validation_failed");
    }
    assert_eq!(admin.get("/api/source-maps").await.expect(200)["items"], json!([made]));
    app.stop().await;
}

#[tokio::test]
async fn what_is_too_large_is_refused_however_it_is_sent() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    upload(&admin, "desk", "1.0", "app.js", vec![b' '; MOST + 1])
        .await
        .expect_problem(413, "payload_too_large");
    let bomb = gzip(&vec![b' '; MOST + 1]);
    assert!(bomb.len() < MOST / 100);
    let bomb = upload_request(&admin, "desk", "1.0", "app.js").header("content-encoding", "gzip").body(bomb);
    admin.send(bomb).await.expect_problem(413, "payload_too_large");
    assert_eq!(kept(&app).await, 0);
    // Larger than any other body of the API.
    let large = format!("{}{}", small_map("a.ts"), " ".repeat(2 << 20));
    upload(&admin, "desk", "1.0", "app.js", large).await.expect(201);
    app.stop().await;
}

#[tokio::test]
async fn a_large_map_is_taken_below_a_base_path() {
    let app = TestApp::spawn_with(|config| config.base_path = "/team".to_owned()).await;
    let anon = app.anon();
    let login = anon
        .post("/team/api/auth/login", &json!({"username": ADMIN.0, "password": ADMIN.1}))
        .await
        .expect(200);
    let admin = anon.with_token(login["access_token"].as_str().unwrap());
    let upload = admin.request(Method::POST, "/team/api/source-maps?app=desk&version=1.0&file=app.js");
    let large = format!("{}{}", small_map("a.ts"), " ".repeat(2 << 20));
    admin.send(upload.header("content-type", "application/json").body(large)).await.expect(201);
    app.stop().await;
}

#[tokio::test]
async fn a_few_upload_at_once_and_the_others_try_again() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    // Begun, and never sent to the end; again where the one below took the place.
    let hanging = |admin: Actor| async move {
        loop {
            let begin = stream::once(async { Ok::<_, std::io::Error>("{") });
            let body = reqwest::Body::wrap_stream(begin.chain(stream::pending()));
            let answer = upload_request(&admin, "desk", "1.0", "slow.js").body(body).send().await;
            assert_eq!(answer.unwrap().status().as_u16(), 503);
        }
    };
    let hanging: Vec<_> = (0..2).map(|_| tokio::spawn(hanging(admin.clone()))).collect();
    let refused = eventually("both uploads have begun", || async {
        let answer = upload(&admin, "desk", "1.0", "app.js", small_map("a.ts")).await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert!(!refused.header("retry-after").is_empty());
    refused.expect_problem(503, "unavailable");
    hanging.iter().for_each(JoinHandle::abort);
    eventually("there is room again", || async {
        let answer = upload(&admin, "desk", "1.0", "app.js", small_map("a.ts")).await;
        (answer.status < 300).then_some(())
    })
    .await;
    assert_eq!(kept(&app).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn odd_maps_say_nothing_false() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    report(&app, &key, "1.0", "https://x.test/app.js").await;
    let map = |mappings: &str| {
        json!({"version": 3, "sources": ["a.ts", null], "names": ["n"], "sourcesContent": ["short"], "mappings": mappings}).to_string()
    };
    let far = format!("{{\"line\": {}, \"column\": 0}}", u32::MAX);
    let index = |offset: &str| {
        format!("{{\"version\":3,\"sections\":[{{\"offset\":{offset},\"map\":{}}}]}}", small_map("a.ts"))
    };
    for (body, wanted, what) in [
        (map(""), Value::Null, "nothing"),
        (map(";UAAA"), Value::Null, "another line"),
        (map("WAAA"), Value::Null, "only behind the place"),
        (map("AAAA,U"), Value::Null, "no source"),
        (map("UCAA"), Value::Null, "a source without a name"),
        (map("UAy+////BA"), json!("a.ts"), "a line that the source does not have"),
        (index("{\"line\":0,\"column\":0}"), json!("a.ts"), "sections"),
        (index("{\"line\":0,\"column\":5}"), Value::Null, "a section before whose first mapping it is"),
        (index(&far), Value::Null, "a section far away"),
    ] {
        upload(&admin, "desk", "1.0", "app.js", body).await.expect(201);
        assert_eq!(source(&admin).await, wanted, "{what}");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_last_versions_keep_their_maps() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk").await);
    upload(&admin, "phone", "0", "app.js", small_map("a.ts")).await.expect(201);
    for version in 0..52 {
        for file in ["app.js", "other.js"] {
            upload(&admin, "desk", &version.to_string(), file, small_map("a.ts")).await.expect(201);
        }
        app.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let kept: String = value(
        &app,
        "SELECT group_concat(DISTINCT version) FROM (SELECT version FROM source_maps WHERE app = 'desk' ORDER BY uploaded_at)",
    )
    .await;
    let wanted: Vec<String> = (2..52).map(|version| version.to_string()).collect();
    assert_eq!(kept, wanted.join(","));
    let files: i64 = value(&app, "SELECT COUNT(*) FROM source_maps WHERE app = 'desk'").await;
    assert_eq!(files, 2 * 50);
    assert_eq!(value::<i64>(&app, "SELECT COUNT(*) FROM source_maps WHERE app = 'phone'").await, 1);
    report(&app, &key, "1", "https://x.test/app.js").await;
    assert_eq!(source(&admin).await, Value::Null);
    report(&app, &key, "2", "https://x.test/app.js").await;
    assert_eq!(source(&admin).await, "a.ts");
    app.stop().await;
}

/// A map of some 200 KB, however it is compressed.
fn bulky(seed: u64) -> String {
    // What looks random is the digits of a generator; the same every time.
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let content: String = (0..270_000)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b'0' + (state >> 32) as u8 % 64)
        })
        .collect();
    json!({"version": 3, "sources": ["a.ts"], "sourcesContent": [content], "names": [], "mappings": "AAAA"})
        .to_string()
}

#[tokio::test]
async fn the_oldest_versions_make_room_and_those_of_others_stay() {
    let app = TestApp::spawn_with(|config| config.source_maps_max_bytes = 1 << 20).await;
    let admin = app.admin().await;
    for version in 1..=4 {
        upload(&admin, "desk", &version.to_string(), "app.js", bulky(version)).await.expect(201);
        app.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let versions = "SELECT group_concat(app || version) FROM (SELECT app, version FROM source_maps ORDER BY uploaded_at)";
    assert_eq!(
        value::<String>(&app, versions).await,
        "desk3,desk4",
        "half of a megabyte for one application"
    );
    upload(&admin, "desk", "4", "b.js", bulky(5)).await.expect(201);
    assert_eq!(value::<String>(&app, versions).await, "desk4,desk4");
    upload(&admin, "desk", "4", "c.js", bulky(6)).await.expect_problem(409, "limit_reached");
    upload(&admin, "phone", "1", "app.js", bulky(7)).await.expect(201);
    app.clock.advance(chrono::TimeDelta::seconds(1));
    upload(&admin, "phone", "2", "app.js", bulky(8)).await.expect(201);
    app.clock.advance(chrono::TimeDelta::seconds(1));
    upload(&admin, "watch", "1", "app.js", bulky(9)).await.expect(201);
    let refused = upload(&admin, "car", "1", "app.js", bulky(10)).await.expect_problem(409, "limit_reached");
    assert!(refused["detail"].as_str().unwrap().contains("SOURCE_MAPS_MAX_MB"), "{refused}");
    assert_eq!(value::<String>(&app, versions).await, "desk4,desk4,phone1,phone2,watch1");
    // What takes the place of another needs no room of its own.
    upload(&admin, "watch", "1", "app.js", bulky(11)).await.expect(201);
    assert_eq!(kept(&app).await, 5);
    app.stop().await;
}
