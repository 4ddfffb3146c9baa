//! What the real program writes to stdout: a JSON object a line, and nothing in it that is nobody's business.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;

use crate::support::binary::{Place, Running};
use crate::support::{ADMIN, programs};

/// A server with an admin, and settings on top.
async fn serve(place: &Place, settings: &[(&str, &str)]) -> Running {
    let fixed = [
        ("SERVER_HOST", "127.0.0.1"),
        ("PORT", "0"),
        ("METRICS_ADDR", "off"),
        ("LOG_FORMAT", "json"),
        ("ADMIN_USERNAME", ADMIN.0),
        ("ADMIN_PASSWORD", ADMIN.1),
    ];
    place.serve(&[], &[&fixed[..], settings].concat()).await
}

/// Every line as JSON.
fn parse(log: &str) -> Vec<Value> {
    log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e} in {line}"))).collect()
}

#[tokio::test]
async fn requests_are_logged_by_pattern_without_secrets() {
    let place = Place::new();
    let server = serve(&place, &[("JWT_SECRET", "quince-jam-on-toast-every-morning-at-six")]).await;
    let http = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", server.base);
    let login = |password: &str| {
        let body = json!({"username": ADMIN.0, "password": password});
        http.post(url("/api/auth/login")).header("x-request-id", "login-4711-abc").json(&body).send()
    };
    let answer: Value = login(ADMIN.1).await.unwrap().json().await.unwrap();
    let (access, refresh) = (
        answer["access_token"].as_str().unwrap().to_owned(),
        answer["refresh_token"].as_str().unwrap().to_owned(),
    );
    assert_eq!(login("hunter2-hunter2").await.unwrap().status(), 401);
    let me = http.get(url("/api/auth/me?code=geheim-1")).bearer_auth(&access).send().await.unwrap();
    let me: Value = me.json().await.unwrap();
    http.get(url("/api/nothing/geheim-2?q=geheim-3")).send().await.unwrap();
    let cookie = http.get(url("/api/auth/me")).header("cookie", "workspace_session=geheim-4");
    assert_eq!(cookie.send().await.unwrap().status(), 401);
    for path in ["/health", "/ready"] {
        assert_eq!(http.get(url(path)).send().await.unwrap().status(), 200);
    }

    let (code, log) = server.finish().await;
    assert_eq!(code, Some(0), "{log}");
    let lines = parse(&log);
    for line in &lines {
        assert!(line["message"].is_string() && line["target"].is_string(), "{line}");
        assert!(["INFO", "WARN", "ERROR"].contains(&line["level"].as_str().unwrap()), "{line}");
        chrono::DateTime::parse_from_rfc3339(line["timestamp"].as_str().unwrap()).unwrap();
    }
    let of = |route: &str| {
        let line = lines.iter().find(|l| l["route"] == route);
        line.unwrap_or_else(|| panic!("no line of {route} in {log}"))
    };
    let login = of("/api/auth/login");
    assert_eq!(
        (&login["request.id"], &login["status"], &login["method"]),
        (&json!("login-4711-abc"), &json!(200), &json!("POST"))
    );
    assert!(login["duration_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(login["peer.address"], "127.0.0.1");
    assert_eq!(of("/api/auth/me")["user.id"], me["user"]["id"]);
    assert_eq!(of("<unknown>")["status"], 404);
    assert!(!lines.iter().any(|l| l["route"] == "/health" || l["route"] == "/ready"), "probes flood the log");

    let secrets = [ADMIN.1, "hunter2", &access, &refresh, "geheim", "quince-jam"];
    for secret in secrets {
        assert!(!log.contains(secret), "the log holds `{secret}`");
    }
}

/// Runs a program on a terminal of its own; what comes on stdin is typed there.
const ON_A_TERMINAL: &str =
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

#[tokio::test]
async fn without_a_format_a_file_gets_json_and_a_terminal_text() {
    let settings = [("PORT", "0"), ("SERVER_HOST", "127.0.0.1"), ("METRICS_ADDR", "off")];
    let place = Place::new();
    let (code, log) = place.serve(&[], &settings).await.finish().await;
    assert_eq!(code, Some(0));
    assert!(parse(&log).iter().any(|line| line["message"] == "Stopped"), "{log}");

    let mut python = Command::new(programs::venv("python3"));
    python.args(["-c", ON_A_TERMINAL, env!("CARGO_BIN_EXE_workspace-server")]).current_dir(place.path());
    python.env_clear().envs(settings).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut terminal = python.spawn().unwrap();
    let mut lines = BufReader::new(terminal.stdout.take().unwrap()).lines();
    let mut shown = String::new();
    let watching = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("Serving at") {
                // Control and C.
                terminal.stdin.as_mut().unwrap().write_all(b"\x03").await.unwrap();
            }
            shown.push_str(&(line + "\n"));
        }
        terminal.wait().await.unwrap().code()
    };
    let code = tokio::time::timeout(Duration::from_secs(30), watching).await.expect("it ends");
    assert_eq!(code, Some(0), "{shown}");
    for said in ["INFO", "Serving at http://127.0.0.1:", "Stopping", "Stopped"] {
        assert!(shown.contains(said), "no `{said}` in {shown}");
    }
    assert!(!shown.contains(r#""message""#), "{shown}");
}

#[tokio::test]
async fn probes_are_logged_for_who_looks_closer() {
    let place = Place::new();
    let server =
        serve(&place, &[("LOG_LEVEL", "info,workspace_server=debug"), ("BASE_PATH", "/workspace")]).await;
    reqwest::get(format!("{}/health", server.base)).await.unwrap();
    let (code, log) = server.finish().await;
    assert_eq!(code, Some(0));
    let lines = parse(&log);
    let health = lines.iter().find(|l| l["route"] == "/health").unwrap();
    assert_eq!((&health["level"], &health["status"]), (&json!("DEBUG"), &json!(200)));
}
