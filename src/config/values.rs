//! How single values are read and checked.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use ipnet::IpNet;
use tracing_subscriber::filter::{LevelFilter, Targets};
use url::{Origin, Url};

use super::{ConfigError, FirstAdmin, Mode, Secret, Settings};

/// Shortest secret accepted in production: HS256 wants as many bits as its hash, 256.
const MIN_SECRET: usize = 32;

/// The value if there is one; an empty string counts as none, as compose files write absent values so.
pub fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().map(str::trim).filter(|v| !v.is_empty())
}

/// The comma-separated parts of a list.
pub fn list(value: &Option<String>) -> impl Iterator<Item = &str> {
    given(value).into_iter().flat_map(|v| v.split(',')).map(str::trim).filter(|v| !v.is_empty())
}

pub fn parse<T: FromStr>(
    name: &str,
    value: &Option<String>,
    default: &str,
    fix: &str,
) -> Result<T, ConfigError> {
    let text = given(value).unwrap_or(default);
    text.parse().map_err(|_| ConfigError::new(name, format!("found `{text}`"), fix))
}

pub fn number(
    name: &str,
    value: &Option<String>,
    default: &str,
    range: RangeInclusive<u64>,
) -> Result<u64, ConfigError> {
    let fix = format!("use a number from {} to {}", range.start(), range.end());
    let n: u64 = parse(name, value, default, &fix)?;
    if range.contains(&n) { Ok(n) } else { Err(ConfigError::new(name, format!("found `{n}`"), fix)) }
}

/// A secret, from its own setting or from the file that `NAME_FILE` names.
pub fn secret(
    name: &str,
    value: &Option<String>,
    file: &Option<String>,
) -> Result<Option<Secret>, ConfigError> {
    let file_name = format!("{name}_FILE");
    match (given(value), given(file)) {
        (Some(_), Some(_)) => {
            Err(ConfigError::new(name, format!("found both {name} and {file_name}"), "set only one of them"))
        }
        (Some(text), None) => Ok(Some(Secret::new(text))),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path).map_err(|e| {
                ConfigError::new(
                    &file_name,
                    format!("cannot read `{path}` ({e})"),
                    "name a file that can be read",
                )
            })?;
            let text = text.trim();
            if text.is_empty() {
                return Err(ConfigError::new(
                    file_name,
                    format!("`{path}` is empty"),
                    "write the secret into it",
                ));
            }
            Ok(Some(Secret::new(text)))
        }
        (None, None) => Ok(None),
    }
}

/// The secrets of a list, comma-separated or one a line.
pub fn secrets(list: &Secret) -> Vec<Secret> {
    let parts = list.expose().split([',', '\n']).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(Secret::new).collect()
}

/// Refuses short and placeholder secrets in production.
pub fn check_jwt_secret(name: &str, secret: &Secret, mode: Mode) -> Result<(), ConfigError> {
    if mode != Mode::Production {
        return Ok(());
    }
    let text = secret.expose();
    let fix =
        "use 32 random characters or more (`openssl rand -base64 48`), or leave it out to have one made";
    if text.len() < MIN_SECRET {
        return Err(ConfigError::new(name, format!("found a secret of {} characters", text.len()), fix));
    }
    let lower = text.to_ascii_lowercase();
    let placeholder = [
        "changeme",
        "change-me",
        "change_me",
        "your-secret",
        "your_secret",
        "yoursecret",
        "placeholder",
        "example",
    ]
    .iter()
    .any(|word| lower.contains(word));
    let distinct = text.bytes().collect::<std::collections::BTreeSet<_>>().len();
    if placeholder || distinct < 8 {
        return Err(ConfigError::new(name, "found a placeholder", fix));
    }
    Ok(())
}

pub fn database(s: &Settings) -> Result<PathBuf, ConfigError> {
    let Some(url) = given(&s.database_url) else {
        return Ok(PathBuf::from(given(&s.database_path).unwrap_or("data/workspace.sqlite")));
    };
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    let path = path.map(|p| p.split('?').next().unwrap_or(p));
    match path {
        Some(":memory:") => {
            Err(ConfigError::new("DATABASE_URL", "found an in-memory database", "name a file"))
        }
        Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
        // The URL may hold a password: name only its scheme.
        _ => {
            let scheme = url.split(':').next().unwrap_or("");
            Err(ConfigError::new("DATABASE_URL", format!("found the scheme `{scheme}`"), "use sqlite://FILE"))
        }
    }
}

pub fn origin(text: &str) -> Result<Origin, ConfigError> {
    let fix = "use origins such as https://app.example.org, comma-separated";
    let url =
        Url::parse(text).map_err(|_| ConfigError::new("CORS_ORIGIN", format!("found `{text}`"), fix))?;
    let origin = url.origin();
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !origin.is_tuple() || !bare || !matches!(url.scheme(), "http" | "https") {
        return Err(ConfigError::new("CORS_ORIGIN", format!("found `{text}`"), fix));
    }
    Ok(origin)
}

pub fn public_url(value: &Option<String>) -> Result<Option<Url>, ConfigError> {
    let Some(text) = given(value) else { return Ok(None) };
    let fix = "use the address that people open, such as https://workspace.example.org";
    let url = Url::parse(text).map_err(|_| ConfigError::new("PUBLIC_URL", format!("found `{text}`"), fix))?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !matches!(url.scheme(), "http" | "https") || !plain || url.password().is_some() {
        // It may hold a password.
        return Err(ConfigError::new(
            "PUBLIC_URL",
            format!("found the scheme `{}`, or more than a host and a path", url.scheme()),
            fix,
        ));
    }
    Ok(Some(url))
}

pub fn network(text: &str) -> Result<IpNet, ConfigError> {
    text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from)).map_err(|_| {
        ConfigError::new(
            "TRUSTED_PROXIES",
            format!("found `{text}`"),
            "use addresses or networks such as 10.0.0.0/8",
        )
    })
}

pub fn base_path(value: &Option<String>) -> Result<String, ConfigError> {
    let Some(text) = given(value) else {
        return Ok(String::new());
    };
    let trimmed = text.trim_end_matches('/');
    let clean = trimmed.is_empty()
        || (trimmed.starts_with('/')
            && !trimmed.contains("//")
            // A client resolves these away before it asks.
            && !trimmed.split('/').any(|part| matches!(part, "." | ".."))
            && trimmed.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.')));
    if clean {
        Ok(trimmed.to_owned())
    } else {
        Err(ConfigError::new("BASE_PATH", format!("found `{text}`"), "use a path such as /workspace"))
    }
}

pub fn first_admin(s: &Settings) -> Result<Option<FirstAdmin>, ConfigError> {
    let password = secret("ADMIN_PASSWORD", &s.admin_password, &s.admin_password_file)?;
    match (given(&s.admin_username), password) {
        (None, None) => Ok(None),
        (Some(username), Some(password)) => Ok(Some(FirstAdmin { username: username.to_owned(), password })),
        (Some(_), None) => {
            Err(ConfigError::new("ADMIN_PASSWORD", "found none beside ADMIN_USERNAME", "set both or neither"))
        }
        (None, Some(_)) => {
            Err(ConfigError::new("ADMIN_USERNAME", "found none beside ADMIN_PASSWORD", "set both or neither"))
        }
    }
}

/// Checks a filter of the logs, as in `LOG_LEVEL`; `info` when there is none.
///
/// # Errors
/// When it is none.
pub fn log_filter(value: &Option<String>) -> Result<String, ConfigError> {
    let text = given(value).unwrap_or("info");
    let fix = "use error, warn, info, debug or trace, or a filter such as info,workspace_server=debug";
    let fault = || ConfigError::new("LOG_LEVEL", format!("found `{text}`"), fix);
    Targets::from_str(text).map_err(|_| fault())?;
    // A lone word that is no level would be taken as the name of a part of some program, and silence all others.
    let lone = text.split(',').map(str::trim).filter(|part| !part.is_empty() && !part.contains('='));
    for part in lone {
        LevelFilter::from_str(part).map_err(|_| fault())?;
    }
    Ok(text.to_owned())
}
