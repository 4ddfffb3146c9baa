//! `workspace-server doctor`: what is wrong around the server, and what to do about it.
//!
//! Owns the command, `GET /api/doctor`, and the words for a clock that is behind. It changes nothing but for a file of some
//! kilobytes that it writes to measure the disk, and removes. Whether the server can serve now is `monitoring`'s `/ready`.

mod api;
mod data;
mod disk;
mod docker;
mod machine;
mod outside;
mod report;
mod store;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

pub use api::DoctorApi;
pub use data::warn_of_clock;
pub use report::{Check, Report, Verdict};

use crate::clock::Clock;
use crate::config::{Config, ConfigError, Settings};

/// How long a report is good for: it makes the disk work.
const FRESH: Duration = Duration::from_secs(10);

/// Looks at a running server from inside. Clones share everything.
#[derive(Clone)]
pub struct Doctor {
    config: Arc<Config>,
    clock: Clock,
    last: Arc<Mutex<Option<(Instant, Report)>>>,
}

impl Doctor {
    /// Looks at the server of `config`.
    pub fn new(config: &Config, clock: &Clock) -> Self {
        Self { config: Arc::new(config.clone()), clock: clock.clone(), last: Arc::default() }
    }

    /// The report, at most ten seconds old.
    pub async fn report(&self) -> Report {
        let mut last = self.last.lock().await;
        if let Some((at, report)) = last.as_ref()
            && at.elapsed() < FRESH
        {
            return report.clone();
        }
        let report = Report { checks: examine(&self.config, &self.clock).await };
        *last = Some((Instant::now(), report.clone()));
        report
    }
}

/// Everything that can be found out, in the order of reading.
async fn examine(config: &Config, clock: &Clock) -> Vec<Check> {
    let machine = machine::Machine::look();
    let (data, docker, outside) =
        tokio::join!(data::checks(config, clock), docker::check(), outside::checks(config),);
    let mut checks = vec![machine.check()];
    checks.extend(docker);
    checks.push(machine::descriptors(config));
    checks.extend(disk::checks(config, &machine).await);
    checks.extend(data);
    checks.extend(outside);
    checks
}

/// The command: what to print, and whether nothing failed.
pub async fn run(settings: &Settings, json: bool) -> (String, bool) {
    let checks = match Config::from_settings(settings) {
        Err(ConfigError { setting, found, fix }) => {
            vec![Check::fail("settings", format!("{setting}: {found}"), fix)]
        }
        Ok(config) => {
            let mut checks = vec![Check::ok("settings", "all of them can be read")];
            checks.push(outside::server(&config).await);
            checks.extend(examine(&config, &Clock::system()).await);
            checks
        }
    };
    let report = Report { checks };
    (if json { report.json() } else { report.lines() }, report.verdict() != Verdict::Fail)
}
