//! What the server runs in: a container or none, and how much it may open.

use std::fs;
use std::path::Path;

use super::report::Check;
use crate::config::Config;

/// Descriptors beside those of connections: database, listeners, log, tasks.
const OWN: u64 = 128;

/// What keeps the process apart from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    None,
    Lxc,
    Docker,
    Podman,
    Kubernetes,
    Other,
}

/// What is known of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub container: Container,
    /// Whether root in it is root outside; `None` when that cannot be told.
    pub privileged: Option<bool>,
    /// Whether it may hold containers itself.
    pub nesting: bool,
}

impl Machine {
    /// Looks around.
    pub fn look() -> Self {
        let read = |path: &str| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).ok();
        let there = |path: &str| Path::new(path).exists();
        let marks = Marks {
            environ: read("/proc/1/environ").unwrap_or_default(),
            manager: read("/run/systemd/container").unwrap_or_default(),
            docker: there("/.dockerenv"),
            podman: there("/run/.containerenv"),
            kubernetes: std::env::var_os("KUBERNETES_SERVICE_HOST").is_some(),
        };
        Self {
            container: marks.container(),
            privileged: read("/proc/self/uid_map").as_deref().and_then(privileged),
            nesting: there("/dev/.lxc/proc") || there("/dev/.lxc/sys"),
        }
    }

    /// What it is, and whether it should be.
    pub fn check(&self) -> Check {
        let name = "container";
        let root = match self.privileged {
            Some(true) => "privileged",
            Some(false) => "unprivileged",
            None => "of unknown privileges",
        };
        match self.container {
            Container::None => Check::ok(name, "none: the machine itself, or a virtual one"),
            Container::Lxc if self.privileged == Some(true) => Check::warn(
                name,
                "LXC, privileged: root in it is root of the host",
                "make it anew with `unprivileged: 1`, and restore a backup in it",
            ),
            Container::Lxc => {
                let nesting = if self.nesting { "with nesting" } else { "nesting not seen" };
                Check::ok(name, format!("LXC, {root}, {nesting}"))
            }
            Container::Docker => Check::ok(name, format!("Docker, {root}")),
            Container::Podman => Check::ok(name, format!("Podman, {root}")),
            Container::Kubernetes => Check::ok(name, format!("Kubernetes, {root}")),
            Container::Other => Check::ok(name, format!("of another kind, {root}")),
        }
    }
}

/// What containers leave for those in them to see.
struct Marks {
    environ: String,
    manager: String,
    docker: bool,
    podman: bool,
    kubernetes: bool,
}

impl Marks {
    fn container(&self) -> Container {
        let named = self.environ.split('\0').find_map(|pair| pair.strip_prefix("container="));
        let named = named.unwrap_or(self.manager.trim());
        match named {
            _ if self.kubernetes => Container::Kubernetes,
            // The innermost counts: Docker within LXC is Docker.
            _ if self.docker || named == "docker" => Container::Docker,
            _ if self.podman || named == "podman" => Container::Podman,
            "lxc" | "lxc-libvirt" => Container::Lxc,
            "" => Container::None,
            _ => Container::Other,
        }
    }
}

/// Whether root in this user namespace is root of the machine.
fn privileged(uid_map: &str) -> Option<bool> {
    let first: Vec<&str> = uid_map.lines().next()?.split_whitespace().collect();
    let [inside, outside, _] = first[..] else { return None };
    Some(inside == "0" && outside == "0")
}

/// How many descriptors this process may have, against what the settings promise.
pub fn descriptors(config: &Config) -> Check {
    let name = "descriptors";
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let Some(limit) = open_files(&limits) else {
        return Check::ok(name, "the limit is not known on this system");
    };
    let needed = config.max_connections as u64 + OWN;
    if limit >= needed {
        return Check::ok(name, format!("this process may open {limit} files"));
    }
    Check::warn(
        name,
        format!(
            "this process may open {limit} files, and MAX_CONNECTIONS={} needs {needed}",
            config.max_connections
        ),
        "set LimitNOFILE=65536 in the unit or `ulimits: nofile` in the compose file, or lower MAX_CONNECTIONS",
    )
}

/// The limit in force in the text of `/proc/self/limits`.
fn open_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_known_by_what_they_leave() {
        let marks = |environ: &str, manager: &str, docker, podman| Marks {
            environ: environ.to_owned(),
            manager: manager.to_owned(),
            docker,
            podman,
            kubernetes: false,
        };
        for (marks, container) in [
            (marks("PATH=/bin\0container=lxc\0", "", false, false), Container::Lxc),
            (marks("", "lxc\n", false, false), Container::Lxc),
            (marks("container=lxc\0", "", true, false), Container::Docker),
            (marks("container=podman\0", "", false, true), Container::Podman),
            (marks("container=systemd-nspawn", "", false, false), Container::Other),
            (marks("PATH=/bin\0", "", false, false), Container::None),
        ] {
            assert_eq!(marks.container(), container);
        }
        assert_eq!(privileged("         0          0 4294967295\n"), Some(true));
        assert_eq!(privileged("         0     100000      65536\n"), Some(false));
        assert_eq!(privileged(""), None);
    }

    #[test]
    fn what_is_wrong_has_a_fix() {
        let lxc = Machine { container: Container::Lxc, privileged: Some(true), nesting: true };
        assert!(lxc.check().fix.is_some());
        assert!(Machine { privileged: Some(false), ..lxc }.check().fix.is_none());
        let limits = "Limit      Soft Limit  Hard Limit  Units\nMax open files            1024                 524288               files\n";
        assert_eq!(open_files(limits), Some(1024));
    }
}
