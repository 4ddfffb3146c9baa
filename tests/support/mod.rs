//! A real server for each test: its own directory, its own port, a clock that the test moves.

mod actor;
pub mod binary;
pub mod database;
pub mod document;
pub mod loki;
pub mod programs;
pub mod stored;
mod ws;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use workspace_server::app::{App, Services};
use workspace_server::clock::Clock;
use workspace_server::config::{Config, FirstAdmin, Secret, Settings};

pub use actor::{Actor, Answer};
pub use ws::Ws;

/// Name and password of the admin that every [`TestApp`] starts with.
pub const ADMIN: (&str, &str) = ("root", "correct horse battery staple");
/// Password of every other account made by [`TestApp`].
pub const PASSWORD: &str = "a quite good password";

/// A running server.
pub struct TestApp {
    pub address: SocketAddr,
    pub metrics: SocketAddr,
    pub clock: Clock,
    pub services: Services,
    config: Config,
    dir: TempDir,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl TestApp {
    /// Starts a server on free ports with an admin, in an empty directory.
    pub async fn spawn() -> Self {
        Self::spawn_with(|_| {}).await
    }

    /// As [`TestApp::spawn`], with changes to the configuration.
    pub async fn spawn_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::from_settings(&Settings::default()).unwrap();
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.metrics = Some("127.0.0.1:0".parse().unwrap());
        config.database = dir.path().join("workspace.sqlite");
        config.first_admin =
            Some(FirstAdmin { username: ADMIN.0.to_owned(), password: Secret::new(ADMIN.1) });
        // Made when a test asks for one, and not because it moves the clock.
        config.backup.every = None;
        change(&mut config);
        Self::start(dir, config, Clock::system()).await
    }

    async fn start(dir: TempDir, config: Config, clock: Clock) -> Self {
        let app = Box::pin(App::build(config.clone(), clock.clone())).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let (address, metrics, services) =
            (app.address(), app.metrics_address().unwrap(), app.services().clone());
        let served = tokio::spawn(app.run_until(async move {
            let _ = stopped.await;
        }));
        Self { address, metrics, clock, services, config, dir, stop, served }
    }

    /// Stops the server, lets `away` pass on its clock, and starts it again on the same data.
    pub async fn restart_after(self, away: TimeDelta) -> Self {
        self.restart_with(away, |_| {}).await
    }

    /// As [`TestApp::restart_after`], with changes to the configuration.
    pub async fn restart_with(self, away: TimeDelta, change: impl FnOnce(&mut Config)) -> Self {
        let Self { clock, services, mut config, dir, stop, served, .. } = self;
        change(&mut config);
        drop(services);
        stop.send(()).unwrap();
        served.await.unwrap();
        clock.advance(away);
        Self::start(dir, config, clock).await
    }

    /// Stops the server and waits for its end.
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
    }

    /// The directory of the database.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// The address of `path` over HTTP.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address of the realtime endpoint.
    pub fn ws_url(&self) -> String {
        format!("ws://{}/chat", self.address)
    }

    /// Somebody who is not logged in.
    pub fn anon(&self) -> Actor {
        Actor::new(self, None)
    }

    /// The admin, logged in.
    pub async fn admin(&self) -> Actor {
        self.login(ADMIN.0, ADMIN.1).await
    }

    /// A new member, logged in.
    pub async fn member(&self, username: &str) -> Actor {
        self.account(username, "member").await
    }

    /// A new viewer, logged in.
    pub async fn viewer(&self, username: &str) -> Actor {
        self.account(username, "viewer").await
    }

    async fn account(&self, username: &str, role: &str) -> Actor {
        let body = serde_json::json!({"username": username, "password": PASSWORD, "role": role});
        self.admin().await.post("/api/users", &body).await.expect(201);
        self.login(username, PASSWORD).await
    }

    /// Logs in.
    pub async fn login(&self, username: &str, password: &str) -> Actor {
        let body = serde_json::json!({"username": username, "password": password});
        let answer = self.anon().post("/api/auth/login", &body).await.expect(200);
        Actor::new(self, Some(answer))
    }
}

/// Polls `check` until it gives a value, for at most ten seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut check: impl FnMut() -> F) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(value) = check().await {
            return value;
        }
        assert!(tokio::time::Instant::now() < deadline, "not within ten seconds: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
