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
    let text = match std::fs::read_to_string(path) {
        Ok(text) => literal(&text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => {
            return Err(ConfigError::new(
                format!("{shown}"),
                format!("cannot be read ({e})"),
                "mend or remove it",
            ));
        }
    };
    let known = names();
    for entry in dotenvy::from_read_iter(text.as_bytes()) {
        let (name, _) = entry.map_err(|e| {
            // The error quotes the line, which may hold a secret: say only where to look.
            let place = if let dotenvy::Error::LineParse(line, _) = e {
                line_of(&text, |text| text.find(&line))
            } else {
                String::new()
            };
            ConfigError::new(format!("{shown}{place}"), "is not NAME=value", "quote values that hold spaces")
        })?;
        if !known.contains(&name) {
            let place = line_of(&text, |text| {
                let mut lines = text.split_inclusive('\n');
                let line =
                    lines.find(|line| line.trim_start_matches("export ").trim_start().starts_with(&name))?;
                text.find(line)
            });
            return Err(ConfigError::new(
                name,
                format!("is in {shown}{place} but is no setting"),
                "see `workspace-server --help`",
            ));
        }
    }
    dotenvy::from_read(text.as_bytes()).map_err(|e| {
        ConfigError::new(format!("{shown}"), format!("cannot be read ({e})"), "mend or remove it")
    })
}

/// `text` with every `$` standing for itself. The library would put another variable in its place, which nobody
/// who writes `ADMIN_PASSWORD=pa$sword` means, and nobody would be told.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (mut quote, mut backslash) = (None, false);
        let comment = line.trim_start().starts_with('#');
        for c in line.chars() {
            match c {
                _ if backslash || comment => {}
                '$' if quote != Some('\'') => escaped.push('\\'),
                '\'' | '"' if quote == Some(c) => quote = None,
                '\'' | '"' if quote.is_none() => quote = Some(c),
                _ => {}
            }
            backslash = c == '\\' && !backslash && quote != Some('\'');
            escaped.push(c);
        }
    }
    escaped
}

/// `:<line>` of the place in `text` that `find` gives, counted from 1, as compilers write it; nothing without one.
fn line_of(text: &str, find: impl FnOnce(&str) -> Option<usize>) -> String {
    find(text).map_or_else(String::new, |at| format!(":{}", text[..at].matches('\n').count() + 1))
}

/// The environment names of every setting.
fn names() -> Vec<String> {
    Settings::augment_args(Command::new("settings"))
        .get_arguments()
        .filter_map(|arg| arg.get_env())
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dollar_is_a_dollar_however_it_is_quoted() {
        let text = "# it's $HOME\nA=pa$sword$\nB=\"pa$sword's\"\nC='pa$sword'\nD=pa\\$sword\nE='a'$b\"$c\"\n";
        let values: Vec<String> =
            dotenvy::from_read_iter(literal(text).as_bytes()).map(|entry| entry.unwrap().1).collect();
        assert_eq!(values, ["pa$sword$", "pa$sword's", "pa$sword", "pa$sword", "a$b$c"]);
    }
}
