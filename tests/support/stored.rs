//! What the database holds, to compare before and after what must change nothing.

use tokio::process::Command;

use super::{TestApp, programs};

/// Every stored row as SQL, read from outside the server, but for what a refused call may leave: when a session was
/// last used, failed logins, that it was counted, what the fleet notes beside every call, and that it was tried.
pub async fn rows(app: &TestApp) -> String {
    let dump = everything(app).await;
    let noted = ["session", "series", "client_event", "installation", "app_version", "audit VALUES"];
    let beside = |line: &&str| noted.iter().any(|table| line.starts_with(&format!("INSERT INTO {table}")));
    let kept: Vec<_> = dump.lines().filter(|line| !beside(line)).collect();
    kept.join("\n")
}

/// Every stored row as SQL, read from outside the server.
pub async fn everything(app: &TestApp) -> String {
    let mut sqlite3 = Command::new("sqlite3");
    sqlite3.arg("-readonly").arg(app.data_dir().join("workspace.sqlite")).arg(".dump --data-only");
    programs::run(&mut sqlite3, 30).await
}
