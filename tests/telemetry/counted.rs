//! What is counted of signals: for Prometheus, and in the aggregates.

use serde_json::json;

use super::{key, send};
use crate::support::TestApp;

#[tokio::test]
async fn signals_are_counted_by_kind_application_and_level_and_vitals_measured() {
    let app = TestApp::spawn().await;
    let (admin, key) = (app.admin().await, key(&app, "desk-counted").await);
    let body = json!({
        "meta": {"app": {"name": "desk-counted", "version": "1.0"}, "view": {"name": "rooms"}, "session": {"id": "s"}},
        "logs": [{"message": "a", "level": "warn"}, {"message": "b", "level": "warn"}],
        "measurements": [{"type": "web-vitals", "values": {"lcp": 2600, "delta": 2600}}, {"type": "own", "values": {"rows": 7}}],
    });
    assert_eq!(send(&app, &key, &body).await.status, 202);
    let dated = super::line("once");
    let dated = json!({"meta": {"app": {"name": "desk-counted"}}, "logs": dated["logs"]});
    let repeated = async || {
        let page =
            reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap().text().await.unwrap();
        let line =
            page.lines().find(|line| line.starts_with("workspace_signals_repeated_batches_total ")).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let before = repeated().await;
    for _ in 0..3 {
        assert_eq!(send(&app, &key, &dated).await.status, 202);
    }
    // Other tests of this process send their batches again, too.
    assert!(repeated().await >= before + 2);
    let stranger =
        json!({"meta": {"app": {"name": "nobody-knows-it"}}, "exceptions": [{"type": "E", "value": "v"}]});
    assert_eq!(app.member("ann").await.post("/collect", &stranger).await.status, 202);
    send(&app, "wsk_unknown", &body).await.expect_problem(401, "unknown_app_key");
    let page = reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap().text().await.unwrap();
    for line in [
        r#"workspace_signals_total{kind="log",app="desk-counted",level="warning"} 2"#,
        r#"workspace_web_vital_seconds_count{app="desk-counted",name="lcp"} 1"#,
        r#"workspace_web_vital_seconds_bucket{app="desk-counted",name="lcp",le="2.5"} 0"#,
        r#"workspace_web_vital_seconds_bucket{app="desk-counted",name="lcp",le="3"} 1"#,
    ] {
        assert!(page.contains(line), "{line}");
    }
    assert!(page.contains(r#"workspace_signals_total{kind="exception",app="other",level="error"}"#));
    assert!(!page.contains("nobody-knows-it"), "what anybody can name is no label");
    for name in [
        "workspace_signals_refused_total{reason=\"credential\"}",
        "faro_receiver_logs_total",
        r#"faro_receiver_request_duration_seconds_count{method="POST",route="collect",status_code="202",ws="false"}"#,
        r#"faro_receiver_request_duration_seconds_count{method="POST",route="collect",status_code="401",ws="false"}"#,
        r#"faro_receiver_request_message_bytes_bucket{method="POST",route="collect",le="1024"}"#,
        r#"faro_receiver_response_message_bytes_count{method="POST",route="collect"}"#,
        r#"faro_receiver_inflight_requests{method="POST",route="collect"} 0"#,
        "workspace_collect_request_bytes_bucket",
        r#"workspace_collect_duration_seconds_bucket{le="0.05"}"#,
        "workspace_collect_duration_seconds_count",
        "workspace_signals_commit_duration_seconds_count",
        r#"faro_receiver_rate_limiter_requests_total{app="desk-counted",env="",allowed="true"} 4"#,
        r#"faro_receiver_sourcemap_cache_size{origin=""}"#,
        r#"faro_receiver_sourcemap_file_reads_total{origin="",status="ok"}"#,
    ] {
        assert!(page.contains(name), "{name}");
    }
    app.clock.advance(chrono::TimeDelta::seconds(2));
    let vitals = admin.get("/api/monitoring/series?metric=measurements&by=view&name=lcp").await.expect(200);
    assert_eq!(vitals["series"][0]["label"], "desk-counted rooms", "{vitals}");
    let errors = admin.get("/api/monitoring/series?metric=signals&by=app").await.expect(200);
    let labels: Vec<&str> =
        errors["series"].as_array().unwrap().iter().map(|s| s["label"].as_str().unwrap()).collect();
    assert!(labels.contains(&"desk-counted"), "{errors}");
    app.stop().await;
}
