//! What an administrator is told of the way to Loki.

use serde_json::{Value, json};
use workspace_server::config::LokiUrl;

use crate::loki::{LOGIN, answered, arrived, log};
use crate::support::loki::{Loki, Mood};
use crate::support::{TestApp, eventually};
use crate::telemetry::key;

#[tokio::test]
async fn an_admin_is_told_how_the_way_is() {
    let app = TestApp::spawn().await;
    let told = app.admin().await.get("/api/loki").await.expect(200);
    assert_eq!(
        (&told["configured"], &told["address"], &told["waiting"]),
        (&json!(false), &Value::Null, &json!(0))
    );
    app.stop().await;
    let loki = Loki::start(Mood::Answers(503, None)).await;
    let url = LokiUrl::read(&Some(loki.url(LOGIN.0))).unwrap();
    let app = TestApp::spawn_with(|config| config.loki = url).await;
    let key = key(&app, "desk").await;
    log(&app, &key, 0..7).await;
    answered(&loki, 503, 1).await;
    let admin = app.admin().await;
    let told = eventually("a failure is told", async || {
        let told = admin.get("/api/loki").await;
        (!told.json["failing_since"].is_null()).then_some(told)
    })
    .await;
    assert!(!told.text.contains("s3cret"), "{}", told.text);
    let told = told.json;
    assert_eq!(
        (&told["configured"], &told["waiting"], &told["refused"]),
        (&json!(true), &json!(7), &json!(0))
    );
    assert!(told["last_error"]["message"].as_str().unwrap().starts_with("503"), "{told}");
    loki.is(Mood::Takes);
    arrived(&loki, 7).await;
    eventually("it is well again", async || {
        let told = admin.get("/api/loki").await.json;
        (told["failing_since"].is_null() && told["waiting"] == 0).then_some(())
    })
    .await;
    app.stop().await;
}
