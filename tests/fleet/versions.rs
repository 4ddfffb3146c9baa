//! How versions spread.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{described, visit};
use crate::support::{Actor, PASSWORD, TestApp, eventually};

/// `[[version, installations of each day], ...]` of the last `days` days.
async fn spread(admin: &Actor, app: &TestApp, days: i64) -> Value {
    let from = (app.clock.now() - TimeDelta::days(days - 1)).date_naive();
    let found = admin.get(&format!("/api/installations/versions?app=DESK&from={from}")).await.expect(200);
    let line = |item: &Value| json!([item["version"], item["installations"]]);
    found["items"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn versions_spread_day_by_day() {
    let app = TestApp::spawn().await;
    app.member("ann").await;
    let day = async |seen: &[(&str, &str)]| {
        let ann = app.login("ann", PASSWORD).await;
        for (key, version) in seen {
            visit(&app, &ann, &described("desk", key, version, "Linux")).await;
        }
    };
    // Each day is looked at from noon, so that it does not change while the test runs.
    let now = app.clock.now();
    let noon = now.date_naive().and_hms_opt(12, 0, 0).unwrap().and_utc();
    app.clock.advance(noon + TimeDelta::days(1) - now);
    day(&[("a", "1.9.0"), ("b", "1.9.0")]).await;
    app.clock.advance(TimeDelta::days(1));
    day(&[("a", "1.9.0"), ("a", "1.10.0"), ("b", "1.9.0"), ("c", "2.0.0-rc.1")]).await;
    app.clock.advance(TimeDelta::days(1));
    day(&[("a", "1.10.0"), ("b", "1.10.0")]).await;
    let admin = app.admin().await;
    let expected = json!([["2.0.0-rc.1", [0, 1, 0]], ["1.10.0", [0, 1, 2]], ["1.9.0", [2, 1, 0]]]);
    assert_eq!(spread(&admin, &app, 3).await, expected);
    let page = admin.get("/api/installations/versions").await.expect(200);
    assert_eq!(page["days"].as_array().unwrap().len(), 30);
    let latest: Vec<&Value> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|i| i["latest"] == true)
        .map(|i| &i["version"])
        .collect();
    assert_eq!(latest, ["1.10.0"], "a pre-release is not the latest version");
    // Days that are over become counts, and stay the same.
    app.clock.advance(TimeDelta::days(3));
    let app = app.restart_after(TimeDelta::zero()).await;
    let admin = app.admin().await;
    let later = json!([
        ["2.0.0-rc.1", [0, 1, 0, 0, 0, 0]],
        ["1.10.0", [0, 1, 2, 0, 0, 0]],
        ["1.9.0", [2, 1, 0, 0, 0, 0]]
    ]);
    eventually("the days are counted", async || {
        assert_eq!(spread(&admin, &app, 6).await, later);
        let rows = crate::support::stored::everything(&app).await;
        (rows.contains("INSERT INTO version_day") && !rows.contains("INSERT INTO installation_day"))
            .then_some(())
    })
    .await;
    app.stop().await;
}

#[tokio::test]
async fn a_span_that_cannot_be_is_refused() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    for query in
        ["from=2026-11-22&to=2026-11-21", "from=2020-01-01&to=2026-01-01", "from=yesterday", "to=2026-13-01"]
    {
        admin.get(&format!("/api/installations/versions?{query}")).await.expect(400);
    }
    let nothing = admin.get("/api/installations/versions?from=2026-11-20&to=2026-11-22").await.expect(200);
    let expected =
        json!({"days": ["2026-11-20", "2026-11-21", "2026-11-22"], "items": [], "others": [0, 0, 0]});
    assert_eq!(nothing, expected);
    app.stop().await;
}
