//! How long signals are kept.

use chrono::TimeDelta;
use serde_json::json;

use super::{key, send, stored, value};
use crate::support::TestApp;

/// Waits until a query gives a value; fails after a while, and shows the last.
async fn until(app: &TestApp, sql: &str, wanted: i64) {
    let mut found: i64 = value(app, sql).await;
    for _ in 0..500 {
        if found == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        found = value(app, sql).await;
    }
    panic!("{sql}: {found} instead of {wanted}");
}

#[tokio::test]
async fn every_kind_goes_after_its_days_and_what_served_it_follows() {
    let app = TestApp::spawn().await;
    let key = key(&app, "desk").await;
    let body = json!({
        "meta": {"session": {"id": "s"}},
        "logs": [{"message": "l", "timestamp": "2026-11-22T10:00:00Z"}],
        "exceptions": [{"type": "E", "value": "v", "timestamp": "2026-11-22T10:00:00Z"}],
        "measurements": [{"type": "t", "timestamp": "2026-11-22T10:00:00Z"}],
    });
    assert_eq!(send(&app, &key, &body).await.status, 202);
    let usage = "SELECT COALESCE(SUM(signals), 0) FROM signal_usage";
    assert_eq!(value::<i64>(&app, usage).await, 3);
    app.clock.advance(TimeDelta::days(15));
    until(&app, "SELECT COUNT(*) FROM signals", 2).await;
    until(&app, "SELECT COUNT(*) FROM signal_batches", 0).await;
    app.clock.advance(TimeDelta::days(16));
    until(&app, "SELECT COUNT(*) FROM signals", 1).await;
    until(&app, usage, 1).await;
    app.clock.advance(TimeDelta::days(60));
    until(&app, "SELECT COUNT(*) FROM signals", 0).await;
    until(&app, "SELECT COUNT(*) FROM error_groups", 0).await;
    until(&app, "SELECT COUNT(*) FROM signal_contexts", 0).await;
    until(&app, "SELECT COUNT(*) FROM signal_usage", 0).await;
    // The context comes back with what points to it.
    assert_eq!(send(&app, &key, &body).await.status, 202);
    until(&app, "SELECT COUNT(*) FROM signals s JOIN signal_contexts c ON c.id = s.context_id", 3).await;
    app.stop().await;
}

#[tokio::test]
async fn beyond_the_size_the_oldest_go_first() {
    let app = TestApp::spawn_with(|config| config.signal_retention.max_bytes = 1_500_000).await;
    let key = key(&app, "desk").await;
    let text = "x".repeat(1000);
    for n in 0..20 {
        let logs: Vec<_> = (0..100).map(|i| json!({"message": format!("{n} {i} {text}")})).collect();
        assert_eq!(send(&app, &key, &json!({"logs": logs})).await.status, 202);
    }
    assert_eq!(stored(&app).await, 2000);
    app.clock.advance(TimeDelta::minutes(1));
    // One step of a thousand is enough: a row takes 1,070 bytes, more or less.
    until(&app, "SELECT COUNT(*) FROM signals", 1000).await;
    let oldest: String = value(&app, "SELECT substr(message, 1, 4) FROM signals ORDER BY id LIMIT 1").await;
    assert_eq!(oldest, "10 0");
    let bytes: i64 = value(&app, "SELECT SUM(bytes) FROM signal_usage").await;
    assert!((1_000_000..1_500_000).contains(&bytes), "{bytes}");
    app.stop().await;
}

#[tokio::test]
async fn contexts_and_errors_count_against_the_size_too() {
    let max: i64 = 1_000_000;
    let app = TestApp::spawn_with(|config| config.signal_retention.max_bytes = max).await;
    let key = key(&app, "desk").await;
    let note = "n".repeat(30_000);
    for n in 0..40 {
        // Hardly more than a context that is another each time.
        let body = json!({"meta": {"session": {"id": format!("s{n}"), "attributes": {"note": note}}}, "logs": [{"message": n}]});
        assert_eq!(send(&app, &key, &body).await.status, 202);
    }
    let words = |n: usize| ["lost", "late", "full", "gone", "odd"][n % 5].repeat(n / 5 + 1);
    for n in 0..40 {
        let errors: Vec<_> = (0..25)
            .map(|i| json!({"type": words(i), "value": format!("{} {}", words(n), words(i))}))
            .collect();
        assert_eq!(send(&app, &key, &json!({"exceptions": errors})).await.status, 202);
    }
    let size = "SELECT (SELECT SUM(bytes) FROM signal_usage) + (SELECT SUM(bytes) FROM telemetry_usage)";
    let groups = "SELECT bytes FROM telemetry_usage WHERE what = 'groups'";
    let (before, of_groups): (i64, i64) = (value(&app, size).await, value(&app, groups).await);
    assert!(before > 2 * max && of_groups > max / 4, "{before} {of_groups}");
    app.clock.advance(TimeDelta::minutes(1));
    until(&app, &format!("SELECT ({size}) <= {max} AND ({groups}) <= {max} / 4"), 1).await;
    // Each signal that is left has its context, and no context is left without one.
    let without = "SELECT (SELECT COUNT(*) FROM signal_contexts c WHERE NOT EXISTS (SELECT 1 FROM signals s WHERE s.context_id = c.id)) \
                   + (SELECT COUNT(*) FROM signals s WHERE NOT EXISTS (SELECT 1 FROM signal_contexts c WHERE c.id = s.context_id))";
    assert_eq!(value::<i64>(&app, without).await, 0);
    let last: String = value(&app, "SELECT message FROM error_groups ORDER BY last_seen DESC LIMIT 1").await;
    assert!(last.starts_with(&words(39)), "what was seen last stays: {last}");
    // A context that went comes back with its signals.
    let again = json!({"meta": {"session": {"id": "s0", "attributes": {"note": note}}}, "logs": [{"message": "again"}]});
    assert_eq!(send(&app, &key, &again).await.status, 202);
    let found = "SELECT COUNT(*) FROM signals s JOIN signal_contexts c ON c.id = s.context_id WHERE s.message = 'again'";
    assert_eq!(value::<i64>(&app, found).await, 1);
    app.stop().await;
}
