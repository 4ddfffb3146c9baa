//! What a service manager is told, in the protocol of systemd: `READY=1` once the server answers, `WATCHDOG=1` while its
//! writer does, `STOPPING=1` at the end. Without `NOTIFY_SOCKET` nothing is said.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

use crate::db::Db;
use crate::monitoring::Monitor;

/// Tells until `stop`.
///
/// The watchdog is fed at half of its time, and only when the writer has done a job that changes nothing: a server that
/// serves pages and cannot store what it is given is one to start again. A full disk is no such fault: the writer answers.
pub async fn run(monitor: Monitor, db: Db, stop: CancellationToken) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    let failed = monitor.failed_checks().await;
    let status = if failed.is_empty() { "Serving".to_owned() } else { format!("Not ready: {failed}") };
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
    match sd_notify::watchdog_enabled().map(|time| time / 2) {
        Some(half) if !half.is_zero() => {
            while !stop.is_cancelled() {
                tokio::select! {
                    () = tokio::time::sleep(half) => feed(&db, half).await,
                    () = stop.cancelled() => {}
                }
            }
        }
        _ => stop.cancelled().await,
    }
    tell(&[NotifyState::Stopping, NotifyState::Status("Stopping")]);
}

async fn feed(db: &Db, patience: Duration) {
    match tokio::time::timeout(patience, db.answers()).await {
        Ok(Ok(())) => tell(&[NotifyState::Watchdog]),
        Ok(Err(e)) => {
            tracing::warn!(error = %e, "The writer fails, and the watchdog is not told that all is well")
        }
        Err(_) => tracing::warn!("The writer does not answer, and the watchdog is not told that all is well"),
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(state) {
        tracing::warn!(error = %e, "The service manager could not be told");
    }
}
