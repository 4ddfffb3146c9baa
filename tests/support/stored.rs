//! What the database holds, to compare before and after what must change nothing.

use tokio::process::Command;

use super::{TestApp, programs};

/// Tables in which also a refused call leaves something: that it was counted, what the fleet notes beside every call, and
/// that it was tried.
const BESIDE: [&str; 10] = [
    "app_version",
    "audit",
    "client_event",
    "installation",
    "installation_day",
    "installation_version",
    "series",
    "series_day",
    "series_fold",
    "series_hour",
];
/// Sessions, but for when they were last used.
const SESSIONS: &str = "SELECT 'sessions', hex(id), hex(user_id), kind, hex(secret_digest), hex(former_digest), device, \
                        address, created_at FROM sessions ORDER BY id;";

/// Every stored row as text, read from outside the server, but for what a refused call may leave.
pub async fn rows(app: &TestApp) -> String {
    let dump = everything(app).await;
    let beside = |line: &str| {
        let table = line.strip_prefix("INSERT INTO ").and_then(|row| row.split(" VALUES(").next());
        table.is_some_and(|table| table == "sessions" || BESIDE.contains(&table))
    };
    let kept: Vec<_> = dump.lines().filter(|line| !beside(line)).collect();
    kept.join("\n") + "\n" + &ask(app, SESSIONS).await
}

/// Every stored row as SQL, read from outside the server.
pub async fn everything(app: &TestApp) -> String {
    ask(app, ".dump --data-only").await
}

async fn ask(app: &TestApp, question: &str) -> String {
    let mut sqlite3 = Command::new("sqlite3");
    sqlite3.arg("-readonly").arg(app.data_dir().join("workspace.sqlite")).arg(question);
    programs::run(&mut sqlite3, 30).await
}
