//! Disks that are full or cannot be written: a clear line, and nothing is lost.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tokio::process::Command;

use super::{Admin, SETTINGS, backups, run, with_backup};
use crate::support::binary::Place;
use crate::support::programs;

/// A small file system of its own, in memory.
struct Disk {
    dir: TempDir,
}

impl Disk {
    async fn of(kilobytes: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={kilobytes}k");
        let mut mount = Command::new("mount");
        programs::run(mount.args(["-t", "tmpfs", "-o", &size, "workspace-test"]).arg(dir.path()), 30).await;
        Self { dir }
    }

    async fn again(&self, options: &str) {
        let mut mount = Command::new("mount");
        programs::run(mount.args(["-o", &format!("remount,{options}")]).arg(self.dir.path()), 30).await;
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("--lazy").arg(self.dir.path()).status();
    }
}

#[tokio::test]
async fn a_backup_that_has_no_room_is_none_and_those_that_are_there_stay() {
    let (place, _) = with_backup().await;
    let disk = Disk::of(4_000).await;
    let dir = disk.at("backups").to_str().unwrap().to_owned();
    run(&place, &["backup", "--to", &dir]).await;
    // It takes what there is.
    fs::write(disk.at("filler"), vec![0; 5_000_000]).unwrap_err();
    let line = place.fault(&["backup", "--to", &dir, "--keep", "1"], &SETTINGS).await;
    assert!(line.starts_with(&format!("backup: `{dir}` has ")) && line.contains("bytes free"), "{line}");
    assert!(line.ends_with("make room, or name a directory on another disk"), "{line}");
    let left = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = left.filter(|name| name != ".lock").collect();
    assert_eq!(left.len(), 2, "the backup and what is said of it: {left:?}");
    fs::remove_file(disk.at("filler")).unwrap();
    run(&place, &["backup", "--to", &dir, "--keep", "1"]).await;
    assert_eq!(backups(disk.at("backups").as_path()).len(), 1);
    run(&place, &["restore", backups(disk.at("backups").as_path())[0].to_str().unwrap()]).await;
}

#[tokio::test]
async fn a_server_on_a_full_disk_loses_nothing_and_goes_on_when_there_is_room() {
    let (place, disk) = (Place::new(), Disk::of(6_000).await);
    let database = disk.at("workspace.sqlite").to_str().unwrap().to_owned();
    let settings: Vec<_> = SETTINGS.into_iter().chain([("DATABASE_PATH", database.as_str())]).collect();
    let running = place.serve(&[], &settings).await;
    let admin = Admin::of(&running).await;
    let mut acknowledged = Vec::new();
    for n in 0.. {
        let body = format!("{n} {}", "x".repeat(3_000));
        match admin.says(&body).await {
            Some(201) => acknowledged.push(body),
            Some(503) => break,
            other => panic!("{other:?} after {n}"),
        }
    }
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    running.kill().await;
    disk.again("size=20000k").await;
    let running = place.serve(&[], &settings).await;
    let admin = Admin { base: running.base.clone(), ..admin };
    let heard = admin.heard().await;
    assert!(
        acknowledged.iter().all(|body| heard.contains(body)),
        "{} of {}",
        heard.len(),
        acknowledged.len()
    );
    assert_eq!(admin.says("there is room").await, Some(201));
    assert_eq!(running.stop().await, Some(0));
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_written_is_named() {
    let (place, disk) = (Place::new(), Disk::of(8_000).await);
    let database = disk.at("workspace.sqlite").to_str().unwrap().to_owned();
    let settings: Vec<_> = SETTINGS.into_iter().chain([("DATABASE_PATH", database.as_str())]).collect();
    let running = place.serve(&[], &settings).await;
    assert_eq!(Admin::of(&running).await.says("before").await, Some(201));
    assert_eq!(running.stop().await, Some(0));
    let done = place.run(&["backup", "--to", "kept"], &settings, "").await;
    assert!(done.status.success());
    disk.again("ro").await;
    let file = backups(&place.path().join("kept"))[0].to_str().unwrap().to_owned();
    for args in [&[][..], &["migrate"], &["restore", &file], &["backup"]] {
        let line = place.fault(args, &settings).await;
        assert!(line.contains("Read-only file system") && line.contains("; name a "), "{args:?}: {line}");
        assert!(line.contains(disk.dir.path().to_str().unwrap()), "{args:?}: {line}");
    }
    disk.again("rw").await;
    let running = place.serve(&[], &settings).await;
    assert_eq!(Admin::of(&running).await.heard().await.len(), 1);
    assert_eq!(running.stop().await, Some(0));
}
