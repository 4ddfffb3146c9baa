//! The `.env` file of the working directory.

use std::path::Path;

use clap::{Args, Command};

use super::{ConfigError, Settings};

/// Puts the settings of `path` into the environment, where they do not override what is there.
///
/// Must run before any thread exists. A file that is not there is no fault.
///
/// # Errors
/// A line that cannot be read, or a name that no setting has: a typing error there would otherwise leave
/// the default in force without a word.
pub fn load(path: &Path) -> Result<(), ConfigError> {
    let shown = path.display();
    let entries = match dotenvy::from_path_iter(path) {
        Ok(entries) => entries,
        Err(dotenvy::Error::Io(e)) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => {
            return Err(ConfigError::new(
                format!("{shown}"),
                format!("cannot be read ({e})"),
                "mend or remove it",
            ));
        }
    };
    let known = names();
    for entry in entries {
        let (name, _) = entry.map_err(|e| {
            // The error quotes the line, which may hold a secret: say only where to look.
            let place = if let dotenvy::Error::LineParse(_, column) = e {
                format!(" near column {column}")
            } else {
                String::new()
            };
            ConfigError::new(
                format!("{shown}"),
                format!("has a line that is not NAME=value{place}"),
                "quote values that hold spaces",
            )
        })?;
        if !known.contains(&name) {
            return Err(ConfigError::new(
                name,
                format!("is in {shown} but is no setting"),
                "see `workspace-server --help`",
            ));
        }
    }
    dotenvy::from_path(path).map_err(|e| {
        ConfigError::new(format!("{shown}"), format!("cannot be read ({e})"), "mend or remove it")
    })
}

/// The environment names of every setting.
fn names() -> Vec<String> {
    Settings::augment_args(Command::new("settings"))
        .get_arguments()
        .filter_map(|arg| arg.get_env())
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}
