//! Accounts from the command line, for the hour when nobody can log in.
//!
//! Works on the database of a server that is stopped: a running one keeps accounts in memory, and has the
//! page "People" and the API for this. Passwords come from a file or from stdin, never from an argument, which every
//! process of the machine could read.

use std::fmt::Write;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::model::{Account, DisplayName, Username};
use super::service::{NewAccount, UserError, Users};
use crate::auth::{Auth, NewPassword, Role};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::db::DataLock;
use crate::db::Db;
use crate::realtime::Hub;

/// What can be done to accounts.
#[derive(Debug, Subcommand)]
pub enum UserTask {
    /// Make an account; its password is read from stdin
    Add {
        /// User name: 3 to 32 letters, digits, `.`, `_` and `-`
        username: String,
        /// Name as shown to people; the user name when absent
        #[arg(long)]
        name: Option<String>,
        /// admin, member or viewer
        #[arg(long, default_value = "member")]
        role: Role,
        /// Read the password from this file instead
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Set an account's password, read from stdin, and end its sessions
    Password {
        /// User name, in any case
        username: String,
        /// Read the password from this file instead
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// List every account: user name, role, state, name
    List,
}

/// Does `task` and gives what to print.
///
/// # Errors
/// One line: the server runs, or an argument or the password is not acceptable.
pub async fn run(task: UserTask, config: Config) -> Result<String, ConfigError> {
    let makes = matches!(task, UserTask::Add { .. });
    if !makes && !config.database.exists() {
        return Err(ConfigError::new(
            "DATABASE_PATH",
            format!("there is no `{}`", config.database.display()),
            "name the file of the server",
        ));
    }
    let _lock = DataLock::prepare(&config.database).map_err(|e| {
        let fix = "stop the server first, or use the page People of its dashboard";
        if e.found.contains("is in use") { ConfigError::new(e.setting, e.found, fix) } else { e }
    })?;
    let clock = Clock::system();
    Box::pin(crate::backup::before_migration(&config, &clock)).await?;
    let db = Db::open(&config.database).await?;
    let hub = Hub::new(clock.clone());
    let auth = Auth::open(&config, &db, &clock, &hub).await?;
    let users = Users::new(db.clone(), clock, auth.clone());
    let done = act(task, &auth, &users).await;
    db.close().await;
    done
}

async fn act(task: UserTask, auth: &Auth, users: &Users) -> Result<String, ConfigError> {
    match task {
        UserTask::List => Ok(list(auth)),
        UserTask::Add { username, name, role, password_file } => {
            let wrong = |what: &str, found: &str, rule: &str| {
                ConfigError::new(what, format!("found `{found}`"), format!("it {rule}"))
            };
            let parsed = Username::parse(&username).map_err(|rule| wrong("user name", &username, rule))?;
            let name = name
                .map(|name| DisplayName::parse(&name).map_err(|rule| wrong("--name", &name, rule)))
                .transpose()?;
            let password = password(password_file.as_deref(), &username)?;
            let new = NewAccount { username: parsed, name, password, role };
            let account = users.create(new, None).await.map_err(|e| fault(&username, &e))?;
            Ok(format!("Made the {} `{}`.", account.role.as_str(), account.username))
        }
        UserTask::Password { username, password_file } => {
            let account =
                auth.account_named(&username).ok_or_else(|| fault(&username, &UserError::NotFound))?;
            let password = password(password_file.as_deref(), &account.username)?;
            users.reset_password(account.id, password).await.map_err(|e| fault(&username, &e))?;
            Ok(format!("Set the password of `{}` and ended its sessions.", account.username))
        }
    }
}

fn list(auth: &Auth) -> String {
    let mut text = String::new();
    for account in auth.accounts() {
        let Account { username, name, role, disabled, .. } = &*account;
        let state = if *disabled { "disabled" } else { "active" };
        let _ = writeln!(text, "{username}\t{}\t{state}\t{name}", role.as_str());
    }
    text
}

fn fault(username: &str, error: &UserError) -> ConfigError {
    ConfigError::new("user name", format!("found `{username}`: {error}"), "see `workspace-server user list`")
}

/// The first line of the file or of stdin.
fn password(file: Option<&Path>, username: &str) -> Result<NewPassword, ConfigError> {
    let unreadable = |from: &str, e: std::io::Error| {
        ConfigError::new("password", format!("{from} cannot be read ({e})"), "name a text file")
    };
    let text = match file {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|e| unreadable(&format!("`{}`", path.display()), e))?
        }
        None if std::io::stdin().is_terminal() => {
            return Err(ConfigError::new(
                "password",
                "stdin is a terminal, which would show it",
                "use --password-file, or pipe it in",
            ));
        }
        None => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map_err(|e| unreadable("stdin", e))?;
            line
        }
    };
    let line = text.lines().next().unwrap_or("");
    NewPassword::parse(line, username)
        .map_err(|rule| ConfigError::new("password", "found one that is not accepted", format!("it {rule}")))
}
