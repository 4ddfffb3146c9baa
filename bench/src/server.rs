//! The server as a process of its own.

use std::error::Error;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What ends a run.
pub type Fault = Box<dyn Error + Send + Sync>;

/// Longest wait for the server to start.
const START: Duration = Duration::from_secs(30);
/// Of every account: nobody else reaches a server that only listens to its own machine.
pub const PASSWORD: &str = "correct horse battery staple";

/// A running server with its data, which goes with it.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`
    pub url: String,
    metrics: String,
    /// Token of the admin.
    pub token: String,
    pub http: Client,
    data: TempDir,
}

impl Server {
    /// Starts `program` with `settings` beside those of every run.
    pub async fn start(program: &Path, settings: &[(&str, &str)]) -> Result<Self, Fault> {
        let data = tempfile::tempdir()?;
        // Free now; nobody else takes ports on this machine between two lines.
        let metrics = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut child = Command::new(program)
            .env_clear()
            .env("PORT", "0")
            .env("SERVER_HOST", "127.0.0.1")
            .env("METRICS_ADDR", &metrics)
            .env("DATABASE_PATH", data.path().join("workspace.sqlite"))
            .env("ADMIN_USERNAME", "root")
            .env("ADMIN_PASSWORD", PASSWORD)
            .env("LOG_FORMAT", "json")
            .envs(settings.iter().copied())
            .current_dir(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| format!("{} does not start: {e}", program.display()))?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let serving = async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, rest)) = line.split_once("Serving at ") {
                    return Ok(rest.split('"').next().unwrap_or_default().to_owned());
                }
            }
            Err::<_, Fault>("the server ended".into())
        };
        let url = tokio::time::timeout(START, serving).await??;
        // Read on, so that the server never waits for us to take its log.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let http = Client::builder().no_proxy().build()?;
        let login = json!({"username": "root", "password": PASSWORD});
        let login =
            http.post(format!("{url}/api/auth/login")).json(&login).send().await?.error_for_status()?;
        let token = text(&login.json().await?, "access_token");
        Ok(Self { child, url, metrics, token, http, data })
    }

    /// Asks the API as the admin, and gives the answer.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Fault> {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// The sum of every sample of a metric.
    pub async fn metric(&self, name: &str) -> Result<f64, Fault> {
        let text = self.http.get(format!("http://{}/metrics", self.metrics)).send().await?.text().await?;
        let samples = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        Ok(samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Megabytes of memory that the process holds.
    pub fn memory_mb(&self) -> Result<f64, Fault> {
        let id = self.child.id().ok_or("the server ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    /// Megabytes of the database, write-ahead log and all.
    pub fn data_mb(&self) -> Result<f64, Fault> {
        let mut bytes = 0;
        for entry in std::fs::read_dir(self.data.path())? {
            bytes += entry?.metadata()?.len();
        }
        Ok(bytes as f64 / 1_048_576.0)
    }
}

/// A text of an answer; empty when it is not there.
pub fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}
