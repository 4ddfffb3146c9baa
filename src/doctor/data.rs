//! The database and its backups, and whether the clock fits to what they hold.

use std::fs;
use std::os::unix::fs::MetadataExt;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DatabaseConnection;

use super::report::Check;
use super::store;
use crate::backup::{self, Manifest};
use crate::clock::{Clock, from_ms};
use crate::config::Config;
use crate::db::{self, Db, Schema};

/// No clock can show less, in seconds since 1970: when this was written, 22 November 2026.
const WRITTEN: i64 = 1_795_305_600;
/// As far as clocks differ.
const LEEWAY: TimeDelta = TimeDelta::minutes(5);
/// Databases up to this many bytes are read through: some seconds at most.
const QUICK: u64 = 256 << 20;

/// Database, clock and backups.
pub async fn checks(config: &Config, clock: &Clock) -> Vec<Check> {
    let path = &config.database;
    let mut checks = Vec::new();
    let newest = match fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let found = format!("there is no `{}` yet", path.display());
            checks.push(Check::warn("database", found, "start the server once, or set DATABASE_PATH"));
            None
        }
        Err(e) => {
            let found = format!("`{}` cannot be read ({e})", path.display());
            checks.push(Check::fail("database", found, "give it to the user of the server"));
            None
        }
        Ok(file) => match db::peek(path).await {
            Err(e) => {
                let found = format!("`{}` cannot be opened ({e})", path.display());
                checks.push(Check::fail("database", found, "`workspace-server restore latest`"));
                None
            }
            Ok(conn) => {
                checks.push(database(config, &conn, &file).await);
                let newest = store::newest(&conn).await.ok().flatten();
                let _ = conn.close().await;
                newest
            }
        },
    };
    checks.push(judge_clock(clock.now(), newest));
    let dir = config.backup_dir();
    let kept = tokio::task::spawn_blocking(move || backup::kept(&dir)).await.unwrap_or_default();
    checks.push(backups(config, clock.now(), &kept));
    checks
}

async fn database(config: &Config, conn: &DatabaseConnection, file: &fs::Metadata) -> Check {
    let name = "database";
    let shown = config.database.display();
    let restore = "stop the server and run `workspace-server restore latest`";
    match db::migrations::state(conn).await {
        Err(e) => return Check::fail(name, format!("`{shown}` cannot be read ({e})"), restore),
        Ok(Schema::Newer(schema)) => {
            let found = format!("`{shown}` was written by a newer version (schema `{schema}`)");
            return Check::fail(name, found, "start that version, or restore a backup made by this one");
        }
        Ok(Schema::Behind(missing)) => {
            let found = format!("`{shown}` waits for {missing} changes of the schema");
            return Check::warn(name, found, "restart the server, or run `workspace-server migrate`");
        }
        Ok(Schema::Current) => {}
    }
    if file.mode() & 0o077 != 0 {
        let found = format!("`{shown}` can be read by others (mode {:o})", file.mode() & 0o777);
        return Check::warn(name, found, format!("run `chmod 600 {shown}`: it holds everybody's messages"));
    }
    let size = format!("`{shown}`, {} MB", file.size() >> 20);
    if file.size() > QUICK {
        return Check::ok(name, format!("{size}, too large to be read through here: backups do"));
    }
    match store::quick_check(conn).await {
        Ok(said) if said == "ok" => Check::ok(name, format!("{size}, whole")),
        Ok(said) => Check::fail(name, format!("{size}, damaged: {said}"), restore),
        Err(e) => Check::fail(name, format!("{size}, cannot be read ({e})"), restore),
    }
}

fn judge_clock(now: DateTime<Utc>, newest_ms: Option<i64>) -> Check {
    let name = "clock";
    let shown = now.format("%Y-%m-%d %H:%M:%S UTC");
    let fix = "set the clock, and have it kept by NTP (in a container: the clock of the host)";
    if now.timestamp() < WRITTEN {
        return Check::fail(name, format!("it is {shown}, before this program was written"), fix);
    }
    let Some(newest) = newest_ms.map(from_ms) else { return Check::ok(name, shown.to_string()) };
    if now + LEEWAY < newest {
        let found = format!(
            "it is {shown}, and the newest row in the database is of {}",
            newest.format("%Y-%m-%d %H:%M:%S UTC")
        );
        return Check::fail(name, found, fix);
    }
    Check::ok(name, format!("{shown}, after the newest row in the database"))
}

fn backups(config: &Config, now: DateTime<Utc>, kept: &[Manifest]) -> Check {
    let name = "backups";
    let dir = config.backup_dir();
    let shown = dir.display();
    let make = "run `workspace-server backup`, and see what the log says of the last one";
    let Some(newest) = kept.first() else {
        return Check::warn(name, format!("there is none in `{shown}`"), make);
    };
    let age = now - newest.content.created_at;
    let found = format!("{} in `{shown}`, the newest {} hours old", kept.len(), age.num_hours().max(0));
    let every = config.backup.every.and_then(|every| TimeDelta::from_std(every).ok());
    match every {
        Some(every) if age > every * 2 => Check::fail(name, found, make),
        None if age > TimeDelta::days(7) => Check::warn(
            name,
            format!("{found}, and the server makes none by itself"),
            "set BACKUP_EVERY_HOURS=24",
        ),
        _ if !dir.join(&newest.file).exists() => Check::fail(name, format!("{found}, and gone"), make),
        _ => Check::ok(name, found),
    }
}

/// Says in the log when the clock shows a time before that of the newest row: nothing is lost by that, but tokens, reminders
/// and retention go by the clock.
pub async fn warn_of_clock(db: &Db, clock: &Clock) {
    let Ok(newest) = store::newest(db.read()).await else { return };
    let check = judge_clock(clock.now(), newest);
    if let Some(fix) = check.fix {
        tracing::warn!(clock.found = check.found, "The clock is wrong: {}; {fix}", check.found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_clock_that_is_behind_is_told() {
        let now = from_ms(WRITTEN * 1_000 + 86_400_000);
        let verdict = |newest| judge_clock(now, newest).verdict;
        assert_eq!(verdict(None), Verdict::Ok);
        assert_eq!(verdict(Some(now.timestamp_millis() + 60_000)), Verdict::Ok);
        assert_eq!(verdict(Some(now.timestamp_millis() + 3_600_000)), Verdict::Fail);
        assert_eq!(judge_clock(from_ms(0), None).verdict, Verdict::Fail);
    }
}
