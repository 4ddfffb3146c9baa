//! Who may upload and see source maps.

use serde_json::{Value, json};

use super::{bundled_map, kept, small_map, token, upload};
use crate::support::TestApp;

#[tokio::test]
async fn only_admins_and_their_tokens_come_near() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    let made = upload(&admin, "desk", "1.0", "app.js", small_map("secret.ts")).await.expect(201);
    let path = format!("/api/source-maps/{}", made["id"].as_str().unwrap());
    let sender = token(&app, &["signals:write", "clients:write"]).await;
    for actor in [app.member("ann").await, app.viewer("vic").await, sender] {
        // A body as large as only an upload may be is refused as any other.
        for map in [small_map("theirs.ts"), " ".repeat(3 << 20)] {
            let answer = upload(&actor, "desk", "1.0", "app.js", map).await;
            assert!(
                answer.status == 403 || answer.status == 413,
                "answered {} {}",
                answer.status,
                answer.text
            );
        }
        actor.get("/api/source-maps").await.expect_problem(403, "forbidden");
        actor.get("/api/source-maps?app=desk").await.expect_problem(403, "forbidden");
        actor.delete(&path).await.expect_problem(403, "forbidden");
    }
    let anon = app.anon();
    upload(&anon, "desk", "1.0", "app.js", small_map("theirs.ts")).await.expect_problem(401, "unauthorized");
    anon.get("/api/source-maps").await.expect_problem(401, "unauthorized");
    anon.delete(&path).await.expect_problem(401, "unauthorized");
    let listed = admin.get("/api/source-maps").await.expect(200);
    assert_eq!(listed, json!({"items": [made], "next": null}));
    app.stop().await;
}

#[tokio::test]
async fn a_build_uploads_and_reads_nothing_back() {
    let app = TestApp::spawn().await;
    let ci = token(&app, &["source-maps:write"]).await;
    let made = upload(&ci, "desk", "1.0", "app.js", bundled_map()).await.expect(201);
    ci.get("/api/source-maps").await.expect_problem(403, "forbidden");
    ci.get("/api/errors").await.expect_problem(403, "forbidden");
    let reader = token(&app, &["signals:read"]).await;
    let listed = reader.get("/api/source-maps").await.expect(200);
    assert_eq!(listed["items"][0], made);
    let path = format!("/api/source-maps/{}", made["id"].as_str().unwrap());
    reader.delete(&path).await.expect_problem(403, "forbidden");
    for path in [path.as_str(), "/api/source-maps/app.js", "/app.js.map", "/assets/app.js.map"] {
        let answer = reader.get(path).await;
        assert!(answer.status >= 400 && !answer.text.contains("article"), "{path}: {}", answer.text);
    }
    assert!(!listed.to_string().contains("article"), "sources are private");
    ci.delete(&path).await.expect(204);
    assert_eq!(kept(&app).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_member_has_no_token_for_it() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let answer = ann.post("/api/auth/tokens", &json!({"name": "ci", "scopes": ["source-maps:write"]})).await;
    assert!((400..500).contains(&answer.status), "answered {} {}", answer.status, answer.text);
    app.stop().await;
}

#[tokio::test]
async fn lists_are_of_an_application_and_in_pages() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    for n in 0..5 {
        let (name, version) = (if n == 2 { "phone" } else { "desk" }, if n == 4 { "2.0" } else { "1.0" });
        upload(&admin, name, version, &format!("{n}.js"), small_map("a.ts")).await.expect(201);
        app.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let files = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|map| map["file"].as_str().unwrap().to_owned()).collect()
    };
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/source-maps?limit=2{cursor}")).await.expect(200);
        seen.push(files(&page));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, [vec!["4.js", "3.js"], vec!["2.js", "1.js"], vec!["0.js"]]);
    for (query, wanted) in [
        ("app=phone", vec!["2.js"]),
        ("app=desk&version=1.0", vec!["3.js", "1.js", "0.js"]),
        ("version=2.0", vec!["4.js"]),
        ("app=none", vec![]),
    ] {
        assert_eq!(
            files(&admin.get(&format!("/api/source-maps?{query}")).await.expect(200)),
            wanted,
            "{query}"
        );
    }
    admin.get("/api/source-maps?cursor=x").await.expect_problem(400, "validation_failed");
    admin.get("/api/source-maps?limit=0").await.expect_problem(400, "validation_failed");
    app.stop().await;
}
