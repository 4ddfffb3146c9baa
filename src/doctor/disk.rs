//! Where the data lies: on what kind of file system, how quick it is, and how much room there is.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::machine::{Container, Machine};
use super::report::Check;
use crate::config::Config;

/// Below this the server is not ready any more, in bytes: as in `monitoring::readiness`.
const LEAST: u64 = 64 << 20;
/// Below this share of the disk one should look.
const SHARE: f64 = 0.05;
/// How often the disk is asked to write: some, as the first is slower.
const WRITES: usize = 16;
/// A commit waits this long at least. A good disk takes less than 5 ms.
const SLOW: Duration = Duration::from_millis(25);
const TOO_SLOW: Duration = Duration::from_millis(250);

/// File systems over a network, where the locks and shared memory of SQLite's log are not to be relied on.
const NETWORK: [&str; 14] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "ceph",
    "glusterfs",
    "fuse.glusterfs",
    "fuse.sshfs",
    "lustre",
    "afs",
    "fuse.rclone",
    "fuse.s3fs",
];

/// Where a path lies.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mount {
    /// The directory of its file system that is mounted: `/` unless it is a part of it.
    root: String,
    point: String,
    kind: String,
}

/// Everything about the disk of the data. A disk may hang: it is asked on a thread of its own.
pub async fn checks(config: &Config, machine: &Machine) -> Vec<Check> {
    let (dir, machine) = (config.data_dir(), machine.clone());
    let looked = tokio::task::spawn_blocking(move || look(&dir, &machine));
    match tokio::time::timeout(Duration::from_secs(20), looked).await {
        Ok(Ok(checks)) => checks,
        _ => {
            let found = "the disk of the data did not answer within 20 seconds";
            vec![Check::fail("disk", found, "look at the machine's log for faults of the disk")]
        }
    }
}

fn look(dir: &Path, machine: &Machine) -> Vec<Check> {
    let Ok(path) = fs::canonicalize(dir) else {
        let found = format!("there is no `{}`", dir.display());
        return vec![Check::warn("data", found, "start the server once, or set DATABASE_PATH")];
    };
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut checks = Vec::new();
    checks.extend(mount_of(&mounts, &path).map(|mount| judge(&mount, &path, machine)));
    checks.push(room(&path));
    checks.push(sync(&path));
    checks
}

/// The last of the deepest mounts that hold `path`.
fn mount_of(mountinfo: &str, path: &Path) -> Option<Mount> {
    let parse = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let left: Vec<&str> = left.split(' ').collect();
        let (root, point) = (plain(left.get(3)?), plain(left.get(4)?));
        Some(Mount { root, point, kind: right.split(' ').next()?.to_owned() })
    };
    let holding = mountinfo.lines().filter_map(parse).filter(|mount| path.starts_with(&mount.point));
    holding.max_by_key(|mount| Path::new(&mount.point).components().count())
}

/// A path as the kernel writes it, with octal numbers for what would end it.
fn plain(written: &str) -> String {
    written.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

fn judge(mount: &Mount, dir: &Path, machine: &Machine) -> Check {
    let name = "file system";
    let (kind, dir) = (&mount.kind, dir.display());
    let on = format!("`{dir}` is on {kind}, mounted at `{}`", mount.point);
    if NETWORK.contains(&kind.as_str()) {
        let fix = "move it to a disk of this machine: SQLite loses data over a network";
        return Check::fail(name, format!("{on}, over a network"), fix);
    }
    if matches!(kind.as_str(), "tmpfs" | "ramfs") {
        return Check::fail(
            name,
            format!("{on}, in memory"),
            "move it to a disk: it is gone with the next start",
        );
    }
    let inner = matches!(machine.container, Container::Docker | Container::Podman | Container::Kubernetes);
    if inner && kind == "overlay" {
        let fix = "mount a volume there: it is gone with the container";
        return Check::fail(name, format!("{on}, the container's own layer"), fix);
    }
    // A volume of Docker is a part of a file system as well, and is what it should be.
    if machine.container == Container::Lxc && mount.root != "/" && mount.point != "/" && kind != "btrfs" {
        return Check::warn(
            name,
            format!("{on}, a bind mount of `{}` of the host: Proxmox never backs those up", mount.root),
            "make it a volume (`mp0: STORAGE:SIZE,mp=PATH,backup=1`), or have `backups/` carried elsewhere",
        );
    }
    if kind.starts_with("fuse") || kind == "virtiofs" {
        let fix = "move it to a local file system if commits are slow or locks fail";
        return Check::warn(name, format!("{on}, which another program serves"), fix);
    }
    Check::ok(name, on)
}

fn room(dir: &Path) -> Check {
    let name = "free space";
    let stat = match rustix::fs::statvfs(dir) {
        Ok(stat) => stat,
        Err(e) => {
            return Check::fail(name, format!("the disk does not say ({e})"), "look at the machine's log");
        }
    };
    let (free, all) =
        (stat.f_bavail.saturating_mul(stat.f_frsize), stat.f_blocks.saturating_mul(stat.f_frsize));
    let found = format!("{} MB of {} MB", free >> 20, all >> 20);
    let fix = "remove what is not needed, or enlarge the disk; SIGNALS_MAX_MB and BACKUP_KEEP bound what the server keeps";
    if free < LEAST {
        return Check::fail(name, found, fix);
    }
    if stat.f_files > 0 && stat.f_favail < 1_000 {
        return Check::fail(name, format!("only {} files more fit", stat.f_favail), fix);
    }
    if (free as f64) < all as f64 * SHARE { Check::warn(name, found, fix) } else { Check::ok(name, found) }
}

/// How long the disk takes until a write is safe: that is how long every commit takes.
fn sync(dir: &Path) -> Check {
    let name = "fsync";
    match measured(dir) {
        Err(e) => Check::fail(
            name,
            format!("nothing can be written to `{}` ({e})", dir.display()),
            "give the directory to the user of the server, and mount it for writing",
        ),
        Ok(mut times) => {
            times.sort_unstable();
            let median = times[times.len() / 2];
            let worst = times.last().copied().unwrap_or_default();
            let ms = |time: Duration| time.as_secs_f64() * 1e3;
            let found = format!("median {:.1} ms, worst {:.1} ms", ms(median), ms(worst));
            let fix = "every write waits this long: use a local SSD, or another storage for the data";
            match median {
                slow if slow >= TOO_SLOW => Check::fail(name, found, fix),
                slow if slow >= SLOW => Check::warn(name, found, fix),
                _ => Check::ok(name, found),
            }
        }
    }
}

/// A file that is removed at the end.
struct Probe(PathBuf);

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn measured(dir: &Path) -> std::io::Result<Vec<Duration>> {
    let path = dir.join(format!(".doctor-{}", std::process::id()));
    let mut file = File::create(&path)?;
    let _probe = Probe(path);
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let start = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_all()?;
        times.push(start.elapsed());
        if times.iter().sum::<Duration>() > Duration::from_secs(5) {
            break;
        }
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    const INFO: &str = "\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/share rw - nfs4 nas:/data rw
31 22 8:1 /srv/work\\040space /var/workspace/data rw - ext4 /dev/sda1 rw
32 22 0:41 / /run rw - tmpfs tmpfs rw
33 22 0:42 / /app rw - overlay overlay rw
34 22 0:43 / /pool rw - zfs rpool/data/subvol-1-disk-1 rw
";

    #[test]
    fn where_the_data_must_not_lie_is_told_apart() {
        let of = |container| Machine { container, privileged: Some(false), nesting: false };
        let verdict = |path: &str, container| {
            let mount = mount_of(INFO, Path::new(path)).unwrap();
            let check = judge(&mount, Path::new(path), &of(container));
            assert_eq!(check.fix.is_some(), check.verdict != Verdict::Ok);
            check.verdict
        };
        assert_eq!(verdict("/home/x", Container::None), Verdict::Ok);
        assert_eq!(verdict("/mnt/share/x", Container::None), Verdict::Fail);
        assert_eq!(verdict("/run/x", Container::None), Verdict::Fail);
        assert_eq!(verdict("/app/data", Container::Docker), Verdict::Fail);
        assert_eq!(verdict("/var/workspace/data", Container::Docker), Verdict::Ok);
        assert_eq!(verdict("/var/workspace/data", Container::Lxc), Verdict::Warn);
        assert_eq!(verdict("/pool/data", Container::Lxc), Verdict::Ok);
        assert_eq!(mount_of(INFO, Path::new("/var/workspace/data")).unwrap().root, "/srv/work space");
    }
}
