//! Configuration: from strings to one checked struct, before anything binds.
//!
//! Owns the meaning of every setting and the words of every fault. Which strings there are stands in
//! [`settings`]; who reads `.env` is [`env_file`].

mod backup;
pub mod env_file;
mod loki;
mod retention;
pub mod settings;
mod values;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use url::{Origin, Url};

pub use backup::BackupSettings;
pub use loki::LokiUrl;
pub use retention::SignalRetention;
pub use settings::Settings;
pub use values::log_filter;

/// A value that must not be printed: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// Why the start stops: which setting, what was found, what to do. Prints as one line.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{setting}: {found}; {fix}")]
pub struct ConfigError {
    /// Name of the setting, as in the environment.
    pub setting: String,
    /// What was found there.
    pub found: String,
    /// What to do about it.
    pub fix: String,
}

impl ConfigError {
    /// A fault of `setting`.
    pub fn new(setting: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Self {
        let one_line = |text: String| text.replace(['\n', '\r'], " ");
        Self { setting: one_line(setting.into()), found: one_line(found.into()), fix: one_line(fix.into()) }
    }
}

/// How strict to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Weak secrets stop the start.
    Production,
    /// Weak secrets are only warned about.
    Development,
    /// As development; for automated tests.
    Test,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// The first admin, when configured.
#[derive(Clone, Debug)]
pub struct FirstAdmin {
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// The checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where Prometheus reads, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// The SQLite file.
    pub database: PathBuf,
    /// Secret for access tokens; `None` means the one kept beside the database.
    pub jwt_secret: Option<Secret>,
    /// Former secrets that still verify.
    pub jwt_secret_previous: Vec<Secret>,
    /// Other sites that may call us from a browser.
    pub cors_origins: Vec<Origin>,
    /// How strict to be.
    pub mode: Mode,
    /// The address that people open, if it is known; without a slash at the end.
    pub public_url: Option<Url>,
    /// Prefix of every path: empty, or `/name` without a slash at the end.
    pub base_path: String,
    /// Proxies whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The first admin to make on an empty database.
    pub first_admin: Option<FirstAdmin>,
    /// Life of an access token.
    pub access_token_ttl: Duration,
    /// Life of an unused session.
    pub session_ttl: Duration,
    /// How long signals of client applications are kept.
    pub signal_retention: SignalRetention,
    /// Most bytes of all source maps, compressed.
    pub source_maps_max_bytes: i64,
    /// Backups.
    pub backup: BackupSettings,
    /// The Loki that log lines are pushed to, if any.
    pub loki: Option<LokiUrl>,
    /// Filter of the logs, already checked.
    pub log_filter: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Most TCP connections at once.
    pub max_connections: usize,
    /// Most TCP connections at once from one address.
    pub max_connections_per_address: usize,
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first fault found, naming the setting.
    pub fn from_settings(s: &Settings) -> Result<Self, ConfigError> {
        let mode = match values::given(&s.node_env).unwrap_or("production") {
            "production" => Mode::Production,
            "development" => Mode::Development,
            "test" => Mode::Test,
            other => {
                return Err(ConfigError::new(
                    "NODE_ENV",
                    format!("found `{other}`"),
                    "use `production`, `development` or `test`",
                ));
            }
        };
        let log_format = match values::given(&s.log_format).unwrap_or("auto") {
            "auto" => LogFormat::Auto,
            "json" => LogFormat::Json,
            "text" => LogFormat::Text,
            other => {
                return Err(ConfigError::new(
                    "LOG_FORMAT",
                    format!("found `{other}`"),
                    "use `auto`, `json` or `text`",
                ));
            }
        };
        let host: IpAddr =
            values::parse("SERVER_HOST", &s.server_host, "0.0.0.0", "use an IP address such as 0.0.0.0")?;
        let port: u16 = values::parse("PORT", &s.port, "8060", "use a number from 0 to 65535")?;
        let metrics = match values::given(&s.metrics_addr) {
            Some("off") => None,
            _ => Some(values::parse(
                "METRICS_ADDR",
                &s.metrics_addr,
                "127.0.0.1:9060",
                "use ADDRESS:PORT such as 127.0.0.1:9060, or `off`",
            )?),
        };
        let jwt_secret = values::secret("JWT_SECRET", &s.jwt_secret, &s.jwt_secret_file)?;
        if let Some(secret) = &jwt_secret {
            values::check_jwt_secret("JWT_SECRET", secret, mode)?;
        }
        let former =
            values::secret("JWT_SECRET_PREVIOUS", &s.jwt_secret_previous, &s.jwt_secret_previous_file)?;
        let jwt_secret_previous = former.map_or_else(Vec::new, |former| values::secrets(&former));
        for secret in &jwt_secret_previous {
            values::check_jwt_secret("JWT_SECRET_PREVIOUS", secret, mode)?;
        }
        let loki = values::secret("LOKI_URL", &s.loki_url, &s.loki_url_file)?;
        let seconds = values::number("ACCESS_TOKEN_SECONDS", &s.access_token_seconds, "900", 10..=86_400)?;
        let days = values::number("SESSION_DAYS", &s.session_days, "30", 1..=3_650)?;
        Ok(Self {
            listen: SocketAddr::new(host, port),
            metrics,
            database: values::database(s)?,
            jwt_secret,
            jwt_secret_previous,
            cors_origins: values::list(&s.cors_origin).map(values::origin).collect::<Result<_, _>>()?,
            mode,
            public_url: values::public_url(&s.public_url)?,
            base_path: values::base_path(&s.base_path)?,
            trusted_proxies: values::list(&s.trusted_proxies)
                .map(values::network)
                .collect::<Result<_, _>>()?,
            first_admin: values::first_admin(s)?,
            access_token_ttl: Duration::from_secs(seconds),
            session_ttl: Duration::from_secs(days * 86_400),
            signal_retention: SignalRetention::read(&s.signals_days, &s.signals_max_mb)?,
            source_maps_max_bytes: retention::source_maps(&s.source_maps_max_mb)?,
            loki: LokiUrl::read(&loki.map(|url| url.expose().to_owned()))?,
            backup: BackupSettings::read(s)?,
            log_filter: values::log_filter(&s.log_level)?,
            log_format,
            max_connections: values::number("MAX_CONNECTIONS", &s.max_connections, "20000", 1..=10_000_000)?
                as usize,
            max_connections_per_address: values::number(
                "MAX_CONNECTIONS_PER_ADDRESS",
                &s.max_connections_per_address,
                "1000",
                1..=10_000_000,
            )? as usize,
        })
    }

    /// Directory of the database and of what is kept beside it.
    pub fn data_dir(&self) -> PathBuf {
        match self.database.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
            _ => PathBuf::from("."),
        }
    }

    /// Directory of the backups.
    pub fn backup_dir(&self) -> PathBuf {
        self.backup.dir.clone().unwrap_or_else(|| self.data_dir().join("backups"))
    }
}

#[cfg(test)]
mod tests;
