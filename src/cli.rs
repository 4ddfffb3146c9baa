//! The command line: what the program can be asked to do.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Command, Parser, Subcommand};

use crate::app::App;
use crate::backup;
use crate::config::{Config, ConfigError, Settings, env_file};
use crate::observe::logging;
use crate::users::{self, UserTask};

/// A team's whole server: accounts, agenda, chat and a live view of every client.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 110, args_conflicts_with_subcommands = false)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Task>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run the server (the default)
    Serve,
    /// Ask a running server whether it is ready; exit code 0 if so
    Healthcheck,
    /// Print the OpenAPI document as JSON
    Openapi,
    /// Print the effective settings, secrets hidden
    Config {
        /// Print the table of all settings for the documentation instead
        #[arg(long)]
        markdown: bool,
        /// Print all settings as the lines of a `.env` file instead, each with its default and commented out
        #[arg(long, conflicts_with = "markdown")]
        dotenv: bool,
    },
    /// Bring the database's schema up to date and stop; what is there is backed up first
    Migrate {
        /// Change the schema without a backup
        #[arg(long)]
        no_backup: bool,
    },
    /// Back up everything and verify the backup, also while the server runs
    Backup {
        /// Directory of the backup, in place of BACKUP_DIR
        #[arg(long, value_name = "DIRECTORY")]
        to: Option<PathBuf>,
        /// Backups to keep there, in place of BACKUP_KEEP
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..=10_000))]
        keep: Option<u64>,
    },
    /// Look for what is wrong around the server, and say what to do about it; exit code 1 when something fails
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put a backup in the place of the data, while the server is stopped; the data from before is kept
    Restore {
        /// The file of the backup, or `latest` for the newest in BACKUP_DIR
        #[arg(value_name = "FILE|latest")]
        file: PathBuf,
    },
    /// Look after accounts while the server is stopped
    #[command(subcommand)]
    User(UserTask),
}

/// Runs what the arguments ask for. `parse` reads them, after `.env` has been put into the environment.
pub fn run(parse: impl FnOnce() -> Cli) -> ExitCode {
    let outcome = env_file::load(Path::new(".env")).and_then(|()| {
        let cli = parse();
        dispatch(cli.command.unwrap_or(Task::Serve), &cli.settings)
    });
    match outcome {
        Ok(code) => code,
        Err(e) => {
            let _ = writeln!(std::io::stderr(), "workspace-server: {e}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(task: Task, settings: &Settings) -> Result<ExitCode, ConfigError> {
    match task {
        Task::Openapi => say(crate::http::openapi_document()),
        Task::Config { markdown: true, .. } => say(settings_table()),
        Task::Config { dotenv: true, .. } => say(settings_file()),
        Task::Config { .. } => {
            Config::from_settings(settings)?;
            say(effective(settings))
        }
        Task::Serve => block_on(serve(Config::from_settings(settings)?)),
        Task::Migrate { no_backup } => block_on(migrate(Config::from_settings(settings)?, !no_backup)),
        Task::Backup { to, keep } => {
            let config = Config::from_settings(settings)?;
            block_on(async move { say(backup::backup(&config, to, keep.map(|keep| keep as usize)).await?) })
        }
        Task::Doctor { json } => block_on(async move {
            let (text, well) = crate::doctor::run(settings, json).await;
            say(text)?;
            Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }),
        Task::Restore { file } => {
            let config = Config::from_settings(settings)?;
            block_on(async move { say(backup::restore(&config, &file).await?) })
        }
        Task::User(task) => {
            let config = Config::from_settings(settings)?;
            block_on(async move { say(users::run_task(task, config).await?) })
        }
        Task::Healthcheck => block_on(crate::http::healthcheck(Config::from_settings(settings)?)),
    }
}

/// Prints to stdout; a reader that went away is no fault.
fn say(text: impl AsRef<str>) -> Result<ExitCode, ConfigError> {
    let _ = writeln!(std::io::stdout(), "{}", text.as_ref().trim_end());
    Ok(ExitCode::SUCCESS)
}

/// Longest wait for what runs on threads of its own, such as the hash of a password, when everything else has ended. With
/// the times of [`crate::app`] less than the ten seconds that supervisors wait.
const THREADS: Duration = Duration::from_secs(1);

fn block_on<F: Future<Output = Result<ExitCode, ConfigError>>>(task: F) -> Result<ExitCode, ConfigError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| {
        ConfigError::new("start", format!("no threads to be had ({e})"), "raise the process limit")
    })?;
    let outcome = runtime.block_on(task);
    // What is acknowledged is durable by now; whoever waits for the rest is gone.
    runtime.shutdown_timeout(THREADS);
    outcome
}

async fn serve(config: Config) -> Result<ExitCode, ConfigError> {
    let lines = logging::start(&config);
    let stop = crate::app::stop_signal();
    let app = App::build(config, crate::clock::Clock::system()).await?;
    app.keep_log(lines.tap).await?;
    app.ship_log(lines.loki);
    app.tune_log(lines.apply);
    app.announce();
    app.run_until(stop).await;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(config: Config, keep: bool) -> Result<ExitCode, ConfigError> {
    logging::start(&config);
    let _lock = crate::db::DataLock::prepare(&config.database)?;
    if keep {
        Box::pin(backup::before_migration(&config, &crate::clock::Clock::system())).await?;
    }
    crate::db::Db::open(&config.database).await?.close().await;
    say("The schema is up to date.")
}

/// Every setting with an environment name, in the order of the help.
fn settings_args() -> impl Iterator<Item = clap::Arg> {
    let command = Settings::augment_args(Command::new("settings"));
    command.get_arguments().filter(|a| a.get_env().is_some()).cloned().collect::<Vec<_>>().into_iter()
}

fn env_name(arg: &clap::Arg) -> String {
    arg.get_env().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The README's table of settings.
fn settings_table() -> String {
    let mut table = String::from("| setting | default | meaning |\n|---|---|---|\n");
    for arg in settings_args() {
        let default = arg
            .get_default_values()
            .first()
            .map(|d| format!("`{}`", d.to_string_lossy()))
            .unwrap_or_default();
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        table.push_str(&format!("| `{}` | {default} | {help} |\n", env_name(&arg)));
    }
    table
}

/// The lines of `compose/.env.example`: what a setting means, and its default behind a `#`.
fn settings_file() -> String {
    let mut file = String::new();
    for arg in settings_args() {
        let default = arg.get_default_values().first().map(|d| d.to_string_lossy().into_owned());
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        file.push_str(&format!("# {help}\n#{}={}\n", env_name(&arg), default.unwrap_or_default()));
    }
    file
}

/// The settings in force, one `NAME=value` a line.
fn effective(settings: &Settings) -> String {
    let values = settings.pairs();
    let mut text = String::new();
    for arg in settings_args() {
        let name = env_name(&arg);
        let value = values.iter().find(|(n, _)| *n == name).and_then(|(_, v)| v.as_deref()).unwrap_or("");
        let shown = if arg.is_hide_env_values_set() && !value.is_empty() { "[hidden]" } else { value };
        text.push_str(&format!("{name}={shown}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// As on a disk of the network that went away: nobody can end the thread.
    #[test]
    fn a_thread_that_hangs_does_not_hold_the_end_up() {
        let start = Instant::now();
        let task = async {
            drop(tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_secs(60))));
            Ok(ExitCode::SUCCESS)
        };
        assert!(block_on(task).is_ok());
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
}
