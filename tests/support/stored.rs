//! What the database holds, to compare before and after what must change nothing.

use tokio::process::Command;

use super::{TestApp, programs};

/// Every stored row as SQL, read from outside the server, but for what a refused call may leave: when a session was
/// last used, failed logins, and that it was counted.
pub async fn rows(app: &TestApp) -> String {
    let mut sqlite3 = Command::new("sqlite3");
    sqlite3.arg("-readonly").arg(app.data_dir().join("workspace.sqlite")).arg(".dump --data-only");
    let dump = programs::run(&mut sqlite3, 30).await;
    let left = ["INSERT INTO session", "INSERT INTO series"];
    let kept: Vec<_> =
        dump.lines().filter(|line| !left.iter().any(|start| line.starts_with(start))).collect();
    kept.join("\n")
}
