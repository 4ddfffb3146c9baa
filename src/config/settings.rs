//! The settings as an operator writes them: one string each, from flags, environment or `.env`.
//!
//! Nothing is interpreted here; [`super::Config::from_settings`] does that and reports every fault in
//! one line. The table in the README is made from this struct.

use clap::Args;

/// Every setting. Flags win over the environment, which wins over `.env`, which wins over defaults.
#[derive(Args, Clone, Debug, Default)]
pub struct Settings {
    /// Port of the server, 0 for any free one
    #[arg(long, env = "PORT", value_name = "PORT", help_heading = "Settings", default_value = "8060")]
    pub port: Option<String>,
    /// Address to listen on
    #[arg(
        long,
        env = "SERVER_HOST",
        value_name = "ADDRESS",
        help_heading = "Settings",
        default_value = "0.0.0.0"
    )]
    pub server_host: Option<String>,
    /// Address and port of the Prometheus endpoint `/metrics`; `off` for none
    #[arg(
        long,
        env = "METRICS_ADDR",
        value_name = "ADDRESS:PORT",
        help_heading = "Settings",
        default_value = "127.0.0.1:9060"
    )]
    pub metrics_addr: Option<String>,
    /// File of the SQLite database; missing directories are made
    #[arg(
        long,
        env = "DATABASE_PATH",
        value_name = "FILE",
        help_heading = "Settings",
        default_value = "data/workspace.sqlite"
    )]
    pub database_path: Option<String>,
    /// Database URL (`sqlite://FILE`), wins over `DATABASE_PATH`
    #[arg(long, env = "DATABASE_URL", value_name = "URL", help_heading = "Settings", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Secret that signs access tokens, 32 characters or more; made and kept beside the database when absent
    #[arg(
        long,
        env = "JWT_SECRET",
        value_name = "SECRET",
        help_heading = "Settings",
        hide_env_values = true
    )]
    pub jwt_secret: Option<String>,
    /// File that holds `JWT_SECRET`
    #[arg(long, env = "JWT_SECRET_FILE", value_name = "FILE", help_heading = "Settings")]
    pub jwt_secret_file: Option<String>,
    /// Former secrets, comma-separated: tokens they signed stay valid until they expire
    #[arg(
        long,
        env = "JWT_SECRET_PREVIOUS",
        value_name = "SECRETS",
        help_heading = "Settings",
        hide_env_values = true
    )]
    pub jwt_secret_previous: Option<String>,
    /// File that holds `JWT_SECRET_PREVIOUS`, or one secret a line
    #[arg(long, env = "JWT_SECRET_PREVIOUS_FILE", value_name = "FILE", help_heading = "Settings")]
    pub jwt_secret_previous_file: Option<String>,
    /// Origins of other sites that may call the API and the WebSocket, comma-separated
    #[arg(long, env = "CORS_ORIGIN", value_name = "ORIGINS", help_heading = "Settings")]
    pub cors_origin: Option<String>,
    /// `production`, `development` or `test`; outside production a weak `JWT_SECRET` is only warned about
    #[arg(
        long,
        env = "NODE_ENV",
        value_name = "MODE",
        help_heading = "Settings",
        default_value = "production"
    )]
    pub node_env: Option<String>,
    /// Days that signals of client applications are kept, by kind; kinds that are not named keep their default
    #[arg(
        long,
        env = "SIGNALS_DAYS",
        value_name = "KIND=DAYS,...",
        help_heading = "Settings",
        default_value = "log=14,exception=90,measurement=30,event=30,span=7"
    )]
    pub signals_days: Option<String>,
    /// Most megabytes of signals, with who sent them and the errors that they are grouped into; the oldest are deleted first
    #[arg(
        long,
        env = "SIGNALS_MAX_MB",
        value_name = "MEGABYTES",
        help_heading = "Settings",
        default_value = "10240"
    )]
    pub signals_max_mb: Option<String>,
    /// Most megabytes of source maps, compressed; an application may have half of it, and its oldest versions go first
    #[arg(
        long,
        env = "SOURCE_MAPS_MAX_MB",
        value_name = "MEGABYTES",
        help_heading = "Settings",
        default_value = "1024"
    )]
    pub source_maps_max_mb: Option<String>,
    /// Directory of the backups; `backups` beside the database when absent
    #[arg(long, env = "BACKUP_DIR", value_name = "DIRECTORY", help_heading = "Settings")]
    pub backup_dir: Option<String>,
    /// Hours from one backup to the next that the server makes by itself; `off` for none
    #[arg(
        long,
        env = "BACKUP_EVERY_HOURS",
        value_name = "HOURS",
        help_heading = "Settings",
        default_value = "24"
    )]
    pub backup_every_hours: Option<String>,
    /// Verified backups that are kept; the oldest are removed
    #[arg(long, env = "BACKUP_KEEP", value_name = "NUMBER", help_heading = "Settings", default_value = "7")]
    pub backup_keep: Option<String>,
    /// Loki that the lines of the server and of client applications are pushed to, such as `http://loki:3100`
    #[arg(long, env = "LOKI_URL", value_name = "URL", help_heading = "Settings", hide_env_values = true)]
    pub loki_url: Option<String>,
    /// File that holds `LOKI_URL`
    #[arg(long, env = "LOKI_URL_FILE", value_name = "FILE", help_heading = "Settings")]
    pub loki_url_file: Option<String>,
    /// Address that people open, such as `https://workspace.example.org`; `workspace-server doctor` tries it
    #[arg(long, env = "PUBLIC_URL", value_name = "URL", help_heading = "Settings")]
    pub public_url: Option<String>,
    /// Path under which a reverse proxy serves everything, such as `/workspace`
    #[arg(long, env = "BASE_PATH", value_name = "PATH", help_heading = "Settings")]
    pub base_path: Option<String>,
    /// Networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, comma-separated
    #[arg(long, env = "TRUSTED_PROXIES", value_name = "NETWORKS", help_heading = "Settings")]
    pub trusted_proxies: Option<String>,
    /// User name of the first admin, made on an empty database
    #[arg(long, env = "ADMIN_USERNAME", value_name = "NAME", help_heading = "Settings")]
    pub admin_username: Option<String>,
    /// Password of the first admin
    #[arg(
        long,
        env = "ADMIN_PASSWORD",
        value_name = "PASSWORD",
        help_heading = "Settings",
        hide_env_values = true
    )]
    pub admin_password: Option<String>,
    /// File that holds `ADMIN_PASSWORD`
    #[arg(long, env = "ADMIN_PASSWORD_FILE", value_name = "FILE", help_heading = "Settings")]
    pub admin_password_file: Option<String>,
    /// Life of an access token, in seconds
    #[arg(
        long,
        env = "ACCESS_TOKEN_SECONDS",
        value_name = "SECONDS",
        help_heading = "Settings",
        default_value = "900"
    )]
    pub access_token_seconds: Option<String>,
    /// Life of an unused session, in days
    #[arg(long, env = "SESSION_DAYS", value_name = "DAYS", help_heading = "Settings", default_value = "30")]
    pub session_days: Option<String>,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,workspace_server=debug`
    #[arg(long, env = "LOG_LEVEL", value_name = "FILTER", help_heading = "Settings", default_value = "info")]
    pub log_level: Option<String>,
    /// `json`, `text`, or `auto`: text on a terminal, JSON elsewhere
    #[arg(
        long,
        env = "LOG_FORMAT",
        value_name = "FORMAT",
        help_heading = "Settings",
        default_value = "auto"
    )]
    pub log_format: Option<String>,
    /// Most TCP connections at once
    #[arg(
        long,
        env = "MAX_CONNECTIONS",
        value_name = "NUMBER",
        help_heading = "Settings",
        default_value = "20000"
    )]
    pub max_connections: Option<String>,
    /// Most TCP connections at once from one address that is not a trusted proxy
    #[arg(
        long,
        env = "MAX_CONNECTIONS_PER_ADDRESS",
        value_name = "NUMBER",
        help_heading = "Settings",
        default_value = "1000"
    )]
    pub max_connections_per_address: Option<String>,
}

impl Settings {
    /// Every setting by its environment name, with its value if it has one.
    pub fn pairs(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("PORT", self.port.clone()),
            ("SERVER_HOST", self.server_host.clone()),
            ("METRICS_ADDR", self.metrics_addr.clone()),
            ("DATABASE_PATH", self.database_path.clone()),
            ("DATABASE_URL", self.database_url.clone()),
            ("JWT_SECRET", self.jwt_secret.clone()),
            ("JWT_SECRET_FILE", self.jwt_secret_file.clone()),
            ("JWT_SECRET_PREVIOUS", self.jwt_secret_previous.clone()),
            ("JWT_SECRET_PREVIOUS_FILE", self.jwt_secret_previous_file.clone()),
            ("CORS_ORIGIN", self.cors_origin.clone()),
            ("NODE_ENV", self.node_env.clone()),
            ("SIGNALS_DAYS", self.signals_days.clone()),
            ("SIGNALS_MAX_MB", self.signals_max_mb.clone()),
            ("SOURCE_MAPS_MAX_MB", self.source_maps_max_mb.clone()),
            ("BACKUP_DIR", self.backup_dir.clone()),
            ("BACKUP_EVERY_HOURS", self.backup_every_hours.clone()),
            ("BACKUP_KEEP", self.backup_keep.clone()),
            ("LOKI_URL", self.loki_url.clone()),
            ("LOKI_URL_FILE", self.loki_url_file.clone()),
            ("PUBLIC_URL", self.public_url.clone()),
            ("BASE_PATH", self.base_path.clone()),
            ("TRUSTED_PROXIES", self.trusted_proxies.clone()),
            ("ADMIN_USERNAME", self.admin_username.clone()),
            ("ADMIN_PASSWORD", self.admin_password.clone()),
            ("ADMIN_PASSWORD_FILE", self.admin_password_file.clone()),
            ("ACCESS_TOKEN_SECONDS", self.access_token_seconds.clone()),
            ("SESSION_DAYS", self.session_days.clone()),
            ("LOG_LEVEL", self.log_level.clone()),
            ("LOG_FORMAT", self.log_format.clone()),
            ("MAX_CONNECTIONS", self.max_connections.clone()),
            ("MAX_CONNECTIONS_PER_ADDRESS", self.max_connections_per_address.clone()),
        ]
    }
}
