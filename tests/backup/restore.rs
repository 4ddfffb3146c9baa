//! What was acknowledged is in the backup, and comes back: whole, or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::process::Command;

use super::{Admin, SETTINGS, backups, everything, run, with_backup};
use crate::support::binary::{Place, Running};
use crate::support::{Ws, eventually, programs};

/// The epoch of the streams, as clients are told.
async fn epoch(running: &Running, admin: &Admin) -> String {
    let mut ws = Ws::open_at(&format!("{}/chat", running.base.replace("http", "ws")), &[]).await.unwrap();
    ws.ok("connect", &json!({"token": admin.token})).await;
    let opened = ws.ok("subscribe", &json!({"channel": "chat:general"})).await;
    opened["epoch"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_backup_under_load_has_every_write_that_was_acknowledged_before_it() {
    let place = Place::new();
    let running = place.serve(&[], &SETTINGS).await;
    let admin = Admin::of(&running).await;
    let first_epoch = epoch(&running, &admin).await;
    let going = Arc::new(AtomicBool::new(true));
    let acknowledged = Arc::<std::sync::Mutex<Vec<String>>>::default();
    let posters: Vec<_> = (0..4)
        .map(|poster| {
            let (admin, going, acknowledged) = (admin.clone(), going.clone(), acknowledged.clone());
            tokio::spawn(async move {
                for n in 0.. {
                    let body = format!("{poster}-{n}");
                    if !going.load(Ordering::Relaxed) {
                        break;
                    }
                    if admin.says(&body).await == Some(201) {
                        acknowledged.lock().unwrap().push(body);
                    }
                }
            })
        })
        .collect();
    let count = || acknowledged.lock().unwrap().len();
    eventually("there is something to lose", async || (count() > 50).then_some(())).await;
    let before = acknowledged.lock().unwrap().clone();
    run(&place, &["backup"]).await;
    let after = count();
    eventually("the load goes on", async || (count() > after + 20).then_some(())).await;
    going.store(false, Ordering::Relaxed);
    for poster in posters {
        poster.await.unwrap();
    }
    assert!(after > before.len(), "nothing was written during the backup");
    let all = acknowledged.lock().unwrap().len();
    running.kill().await;

    let data = place.path().join("data");
    assert!(data.join("workspace.sqlite-wal").exists(), "a killed server leaves its log");
    let said = run(&place, &["restore", "latest"]).await;
    assert!(said.contains("Restored `data/backups/workspace-") && said.contains("before-restore-"), "{said}");
    assert!(!data.join("workspace.sqlite-wal").exists() && !data.join("workspace.sqlite-shm").exists());
    let mode = fs::metadata(data.join("workspace.sqlite")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let running = place.serve(&[], &SETTINGS).await;
    // The token from before is good: the secret that signed it came back as well.
    let admin = Admin { base: running.base.clone(), ..admin };
    let heard = admin.heard().await;
    let missing: Vec<_> = before.iter().filter(|body| !heard.contains(*body)).collect();
    assert!(missing.is_empty(), "{} of {} are missing: {missing:?}", missing.len(), before.len());
    assert!(heard.len() < all, "what came after the backup is not in it");
    assert_ne!(epoch(&running, &admin).await, first_epoch);
    assert_eq!(running.stop().await, Some(0));

    // What was replaced is whole, and has everything.
    let mut entries = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path());
    let aside = entries.find(|path| path.to_string_lossy().contains("before-restore-")).unwrap();
    let mut sqlite3 = Command::new("sqlite3");
    sqlite3
        .arg(aside.join("workspace.sqlite"))
        .arg("PRAGMA integrity_check; SELECT COUNT(*) FROM chat_messages");
    assert_eq!(programs::run(&mut sqlite3, 30).await, format!("ok\n{all}\n"));
}

#[tokio::test]
async fn a_backup_alone_makes_a_server_on_another_machine() {
    let (place, file) = with_backup().await;
    let elsewhere = Place::new();
    let carried = elsewhere.path().join("carried.gz");
    fs::copy(&file, &carried).unwrap();
    let said = run(&elsewhere, &["restore", "carried.gz"]).await;
    assert!(!said.contains("before-restore"), "there was nothing before: {said}");
    let secret = |place: &Place| fs::read(place.path().join("data/workspace.jwt-secret")).unwrap();
    assert_eq!(secret(&place), secret(&elsewhere));
    let running = elsewhere.serve(&[], &SETTINGS).await;
    let admin = Admin::of(&running).await;
    assert_eq!(admin.heard().await.into_iter().collect::<Vec<_>>(), ["before"]);
    assert_eq!(running.stop().await, Some(0));
    // And without this program it is a database as any other.
    let mut sqlite3 = Command::new("sh");
    sqlite3
        .arg("-c")
        .arg("gunzip -c carried.gz >plain.sqlite && sqlite3 plain.sqlite 'SELECT body FROM chat_messages'");
    assert_eq!(programs::run(sqlite3.current_dir(elsewhere.path()), 30).await, "before\n");
}

#[tokio::test]
async fn a_running_server_is_not_restored_over() {
    let (place, _) = with_backup().await;
    let running = place.serve(&[], &SETTINGS).await;
    let admin = Admin::of(&running).await;
    assert_eq!(admin.says("after").await, Some(201));
    let line = place.fault(&["restore", "latest"], &SETTINGS).await;
    assert!(line.contains("is in use by another workspace-server; stop the server first"), "{line}");
    assert_eq!(admin.heard().await.len(), 2);
    assert_eq!(running.stop().await, Some(0));
    let line = Place::new().fault(&["restore", "latest"], &SETTINGS).await;
    assert_eq!(
        line,
        "restore: there is no backup in `data/backups`; name a file, or the directory in BACKUP_DIR"
    );
}

#[tokio::test]
async fn a_restore_that_is_killed_leaves_the_old_or_the_new_whole() {
    let (place, file) = with_backup().await;
    let running = place.serve(&[], &SETTINGS).await;
    let admin = Admin::of(&running).await;
    assert_eq!(admin.says("after").await, Some(201));
    running.kill().await;
    let data = place.path().join("data");
    let old = everything(&data);
    let (mut kept, mut replaced) = (0, 0);
    for round in 0..24 {
        // The same as before the first round, with a log beside the database.
        for entry in fs::read_dir(&data).unwrap() {
            let path = entry.unwrap().path();
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.unwrap();
        }
        fs::create_dir(file.parent().unwrap()).unwrap();
        for (path, bytes) in &old {
            fs::write(path, bytes).unwrap();
        }
        let mut restore = place.command(&["restore", "latest"], &SETTINGS).spawn().unwrap();
        let _ = tokio::time::timeout(Duration::from_millis(round * 4), restore.wait()).await;
        let _ = restore.kill().await;
        // Whoever comes next finishes what was decided, and nothing else.
        run(&place, &["migrate"]).await;
        let mut sqlite3 = Command::new("sqlite3");
        sqlite3.arg(data.join("workspace.sqlite"));
        sqlite3.arg("PRAGMA integrity_check; SELECT group_concat(body) FROM chat_messages");
        match programs::run(&mut sqlite3, 30).await.as_str() {
            "ok\nbefore,after\n" => kept += 1,
            "ok\nbefore\n" => replaced += 1,
            other => panic!("round {round}: {other}"),
        }
        assert!(!data.join("workspace.restore").exists());
    }
    assert!(kept > 0, "none was killed early enough");
    assert!(replaced > 0 || kept == 24, "{kept} kept, {replaced} replaced");
}

#[tokio::test]
async fn a_change_of_the_schema_is_backed_up_first() {
    let (place, file) = with_backup().await;
    // Made again, this change finds nothing to do.
    let undo = "DELETE FROM seaql_migrations WHERE version = 'm0020_last_error_from_before'";
    let mut sqlite3 = Command::new("sqlite3");
    programs::run(sqlite3.arg(place.path().join("data/workspace.sqlite")).arg(undo), 30).await;
    let running = place.serve(&[], &SETTINGS).await;
    assert!(running.printed.contains("changes of the schema"), "{}", running.printed);
    assert_eq!(running.stop().await, Some(0));
    let found = backups(file.parent().unwrap());
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].to_string_lossy().ends_with("-m0019.sqlite.gz"), "{found:?}");
    let manifest = fs::read_to_string(format!("{}.json", found[1].display())).unwrap();
    assert!(manifest.contains("\"reason\": \"migration\""), "{manifest}");
    // Nothing is pending any more.
    run(&place, &["migrate"]).await;
    assert_eq!(backups(file.parent().unwrap()).len(), 2);
    // What cannot be backed up is not changed, unless one says so.
    let mut sqlite3 = Command::new("sqlite3");
    programs::run(sqlite3.arg(place.path().join("data/workspace.sqlite")).arg(undo), 30).await;
    place.write("file", "");
    let settings: Vec<_> = SETTINGS.into_iter().chain([("BACKUP_DIR", "file/backups")]).collect();
    let line = place.fault(&[], &settings).await;
    assert!(line.starts_with("BACKUP_DIR: no backup could be made before the schema is changed"), "{line}");
    assert!(line.ends_with("or run `migrate --no-backup` first"), "{line}");
    let done = place.run(&["migrate", "--no-backup"], &settings, "").await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test]
async fn a_backup_that_is_killed_is_none_and_leaves_nothing_to_the_next() {
    let (place, file) = with_backup().await;
    let dir = file.parent().unwrap();
    for round in 0..12 {
        let mut making = place.command(&["backup"], &SETTINGS).spawn().unwrap();
        let _ = tokio::time::timeout(Duration::from_millis(round * 20), making.wait()).await;
        let _ = making.kill().await;
    }
    run(&place, &["backup"]).await;
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: Vec<_> = names.filter(|name| name != ".lock").collect();
    let found = backups(dir);
    assert_eq!(names.len(), 2 * found.len(), "a backup and what is said of it, and nothing else: {names:?}");
    // Whatever has the name of a backup is one.
    for file in found {
        run(&place, &["restore", file.to_str().unwrap()]).await;
    }
}
