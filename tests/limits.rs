//! The bounds in force, and what is used of them.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::telemetry::{key, line, send};

#[tokio::test]
async fn bounds_name_their_setting_and_what_is_used() {
    let app = TestApp::spawn_with(|config| {
        config.max_connections = 77;
        config.source_maps_max_bytes = 5 << 20;
    })
    .await;
    let admin = app.admin().await;
    let find = |page: &Value, name: &str| -> Value {
        let items = page["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("no {name}: {page}")).clone()
    };
    let before = admin.get("/api/limits").await.expect(200);
    assert_eq!(find(&before, "signal_bytes")["used"], 0);
    send(&app, &key(&app, "desk").await, &line("hello")).await.expect(202);
    app.clock.advance(chrono::TimeDelta::days(2));
    let admin = app.admin().await;
    let page = admin.get("/api/limits").await.expect(200);
    let signals = find(&page, "signal_bytes");
    assert_eq!(
        (&signals["setting"], &signals["unit"], &signals["value"]),
        (&json!("SIGNALS_MAX_MB"), &json!("bytes"), &json!(10_737_418_240_u64))
    );
    assert!(signals["used"].as_u64().unwrap() > 100, "{signals}");
    let bound = |name: &str, setting: Value, value: u64, unit: &str, used: Value| {
        let expected = json!({"name": name, "setting": setting, "value": value, "unit": unit, "used": used});
        assert_eq!(find(&page, name), expected);
    };
    bound("log_days", json!("SIGNALS_DAYS"), 14, "days", json!(2));
    bound("span_days", json!("SIGNALS_DAYS"), 7, "days", json!(0));
    bound("source_map_bytes", json!("SOURCE_MAPS_MAX_MB"), 5 << 20, "bytes", json!(0));
    bound("connections", json!("MAX_CONNECTIONS"), 77, "count", Value::Null);
    bound("app_keys", Value::Null, 1_000, "count", json!(1));
    bound("audit_rows", Value::Null, 200_000, "count", json!(1));
    app.stop().await;
}

#[tokio::test]
async fn bounds_and_the_way_to_loki_are_for_admins() {
    let app = TestApp::spawn().await;
    for actor in [app.member("ann").await, app.viewer("vic").await] {
        for path in ["/api/limits", "/api/loki"] {
            actor.get(path).await.expect_problem(403, "forbidden");
            app.anon().get(path).await.expect_problem(401, "unauthorized");
        }
    }
    app.stop().await;
}
