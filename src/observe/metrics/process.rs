//! The process itself and what it was built from; what is measured only when somebody looks.

use metrics::{Unit, describe_gauge, gauge};
use metrics_process::Collector;

use crate::app::Services;

const BUILD: &str = "workspace_build_info";

pub(super) fn describe() {
    describe_gauge!(BUILD, Unit::Count, "Always 1; the labels say what this program was built from.");
    let build = Build::CURRENT;
    gauge!(BUILD, "version" => build.version, "commit" => build.commit, "rustc" => build.rustc).set(1.0);
    Collector::default().describe();
}

/// What the program was built from.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// Version of the package.
    pub version: &'static str,
    /// Commit of the source, or `unknown`.
    pub commit: &'static str,
    /// Version of the compiler, or `unknown`.
    pub rustc: &'static str,
}

impl Build {
    /// This program.
    pub const CURRENT: Self = Self {
        version: env!("CARGO_PKG_VERSION"),
        commit: match option_env!("WORKSPACE_COMMIT") {
            Some(commit) => commit,
            None => "unknown",
        },
        rustc: match option_env!("WORKSPACE_RUSTC") {
            Some(version) => version,
            None => "unknown",
        },
    };
}

/// What the kernel says of this process; `None` for what it does not say.
pub type Process = metrics_process::collector::Metrics;

/// Reads memory, CPU time and descriptors of this process: some microseconds.
pub fn process() -> Process {
    metrics_process::collector::collect()
}

/// Brings up to date what is measured only when somebody looks.
pub fn collect(services: &Services) {
    super::database::collect(&services.db);
    super::realtime::collect(&services.hub);
    Collector::default().collect();
}
