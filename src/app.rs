//! From a configuration to a running server, and back to nothing in the right order.
//!
//! [`App::build`] opens the database, takes the addresses and starts every task; [`App::run_until`] serves until
//! told to stop. Nothing here is global: tests run several servers in one process.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;

use crate::agenda::{self, Agenda};
use crate::audit::Audit;
use crate::auth::Auth;
use crate::backup::{self, Backups};
use crate::chat::Chat;
use crate::clients::{DiagnosticsRpc, Fleet};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, Settings};
use crate::console::{Console, Slices};
use crate::db::{DataLock, Db};
use crate::doctor::{self, Doctor};
use crate::http::{self, Acceptor};
use crate::inbox::Inbox;
use crate::logs::{Apply, Levels, Logs, Tap};
use crate::monitoring::{self, Monitor, MonitorChannels};
use crate::observe::{self, ServerLines};
use crate::realtime::Hub;
use crate::supervisor;
use crate::telemetry::Telemetry;

/// How long requests in progress may take to finish after the stop signal.
const DRAIN: Duration = Duration::from_secs(4);
/// How long tasks may take to finish after the stop signal: requests use some of them, and sockets finish the commands
/// that they have begun and say goodbye, which takes four seconds at most.
const TASKS: Duration = Duration::from_secs(6);
/// Longest time for the last writes: with the others, less than the ten seconds that supervisors wait.
const CLOSE: Duration = Duration::from_millis(2_500);

/// What slices are made of. Clones share everything.
#[derive(Clone)]
pub struct Services {
    /// The checked configuration.
    pub config: Arc<Config>,
    /// Time.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// Who is calling.
    pub auth: Auth,
    /// Channels and connections.
    pub hub: Hub,
    /// What accounts are told.
    pub inbox: Inbox,
    /// Events and reminders.
    pub agenda: Agenda,
    /// Rooms and messages.
    pub chat: Chat,
    /// Installations of client applications.
    pub fleet: Fleet,
    /// How the server is doing.
    pub monitor: Monitor,
    /// What client applications report.
    pub telemetry: Telemetry,
    /// What the server and client applications say.
    pub logs: Logs,
    /// Who did what.
    pub audit: Audit,
    /// Copies of everything.
    pub backups: Backups,
    /// What is wrong around the server.
    pub doctor: Doctor,
    /// Owner of every task.
    pub tasks: TaskTracker,
    /// Cancelled when the server stops.
    pub stop: CancellationToken,
    /// The Prometheus recorder's text.
    pub metrics: PrometheusHandle,
}

impl Services {
    /// Services that hold no data, to make the API document from.
    pub fn for_document() -> Self {
        let config = Config::from_settings(&Settings::default()).expect("the defaults are valid");
        let clock = Clock::system();
        let hub = Hub::new(clock.clone());
        let auth = Auth::for_document();
        Self::new(config, clock, Db::disconnected(), hub, auth)
    }

    fn new(config: Config, clock: Clock, db: Db, hub: Hub, auth: Auth) -> Self {
        let inbox = Inbox::new(db.clone(), hub.clone(), clock.clone());
        hub.register(Arc::new(inbox.clone()));
        let agenda = Agenda::new(&db, &clock, &hub, &inbox, &auth);
        let fleet = Fleet::new(&db, &clock, &hub);
        hub.register(Arc::new(DiagnosticsRpc(fleet.clone())));
        let stop = CancellationToken::new();
        let monitor = Monitor::new(clock.clone(), db.clone(), hub.clone(), stop.clone());
        let tasks = TaskTracker::new();
        let audit = Audit::new(&db, &clock, &tasks);
        let backups = Backups::new(&config, &db, &clock, &tasks, &stop);
        let chat = Chat::new(&db, &clock, &hub, &inbox, &tasks, &stop);
        hub.register(Arc::new(chat.clone()));
        let telemetry = Telemetry::new(&config, &db, &clock, &auth, &fleet, monitor.series());
        hub.register(Arc::new(telemetry.clone()));
        let levels = Levels::new(&config.log_filter, &clock);
        let logs = Logs::new(levels, &db, &clock, &hub, &auth, &telemetry);
        let slices = Slices {
            audit: audit.clone(),
            auth: auth.clone(),
            backups: backups.clone(),
            chat: chat.clone(),
            fleet: fleet.clone(),
            logs: logs.clone(),
            monitor: monitor.clone(),
        };
        hub.register(Arc::new(Console::new(&db, &hub, &tasks, slices)));
        hub.register(Arc::new(MonitorChannels { monitor: monitor.clone(), logs: logs.clone() }));
        Self {
            doctor: Doctor::new(&config, &clock),
            config: Arc::new(config),
            hub,
            inbox,
            agenda,
            chat,
            fleet,
            monitor,
            telemetry,
            logs,
            audit,
            backups,
            clock,
            db,
            auth,
            tasks,
            stop,
            metrics: observe::metrics::start(),
        }
    }
}

/// A server that has its addresses and is ready to serve.
pub struct App {
    services: Services,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    storing: Storing,
    lock: DataLock,
}

/// What stores signals: it ends after all who may still bring some, be it a request whose body is still arriving.
#[derive(Default)]
struct Storing {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Storing {
    async fn finish(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl App {
    /// Opens everything and takes the addresses.
    ///
    /// # Errors
    /// One line that names the setting at fault.
    pub async fn build(config: Config, clock: Clock) -> Result<Self, ConfigError> {
        let lock = DataLock::prepare(&config.database)?;
        let listener = bind("PORT", config.listen).await?;
        let metrics = match config.metrics {
            Some(address) => Some(bind("METRICS_ADDR", address).await?),
            None => None,
        };
        Box::pin(backup::before_migration(&config, &clock)).await?;
        let db = Db::open(&config.database).await?;
        doctor::warn_of_clock(&db, &clock).await;
        let hub = Hub::new(clock.clone());
        let auth = Auth::open(&config, &db, &clock, &hub).await?;
        let services = Services::new(config, clock, db, hub, auth);
        services.chat.start();
        services.fleet.load().await.map_err(|e| {
            ConfigError::new(
                "DATABASE_PATH",
                format!("the fleet in `{}` cannot be read ({e})", services.config.database.display()),
                "restore a backup or report this line",
            )
        })?;
        services.fleet.start(&services.tasks, &services.stop);
        let series = services.monitor.series();
        series.load().await.map_err(|e| {
            let path = services.config.database.display();
            ConfigError::new("DATABASE_PATH", format!("cannot read `{path}` ({e})"), "restore a backup")
        })?;
        services.tasks.spawn(series.clone().run(services.stop.clone()));
        services.telemetry.load().await.map_err(|e| {
            ConfigError::new(
                "DATABASE_PATH",
                format!(
                    "the application keys in `{}` cannot be read ({e})",
                    services.config.database.display()
                ),
                "restore a backup or report this line",
            )
        })?;
        let storing = Storing::default();
        storing.tasks.spawn(services.telemetry.clone().run(storing.stop.clone()));
        services.tasks.spawn(services.telemetry.clone().run_retention(services.stop.clone()));
        services.tasks.spawn(services.telemetry.clone().run_loki(services.stop.clone()));
        services.tasks.spawn(services.logs.clone().run_tail(services.stop.clone()));
        services.tasks.spawn(agenda::run_reminders(services.agenda.clone(), services.stop.clone()));
        Ok(Self { services, listener, metrics, storing, lock })
    }

    /// Keeps this process's log lines in the database, too. One server of a process can.
    ///
    /// # Errors
    /// One line when the database fails.
    pub async fn keep_log(&self, tap: Tap) -> Result<(), ConfigError> {
        let Services { logs, stop, tasks, config, .. } = &self.services;
        let keeping = logs.keep(tap, stop.clone()).await.map_err(|e| {
            ConfigError::new(
                "DATABASE_PATH",
                format!("the log in `{}` cannot be read ({e})", config.database.display()),
                "restore a backup or report this line",
            )
        })?;
        tasks.spawn(keeping);
        Ok(())
    }

    /// Puts changes of the log level in force with `apply`. One server of a process can.
    pub fn tune_log(&self, apply: Apply) {
        self.services.logs.levels().attach(apply);
    }

    /// Pushes this process's log lines to Loki, if there is one.
    pub fn ship_log(&self, lines: Option<ServerLines>) {
        let Services { stop, tasks, .. } = &self.services;
        if let Some(lines) = lines {
            tasks.spawn(lines.run(stop.clone()));
        }
    }

    /// What the server is made of.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The address that it serves on.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap_or(self.services.config.listen)
    }

    /// The address of `/metrics`, if there is one.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|l| l.local_addr().ok())
    }

    /// Says where to go: the address, and the set-up link as long as there is no admin.
    ///
    /// The link is a secret and goes to stderr, where people look, and not into the log, which travels.
    pub fn announce(&self) {
        let base = format!("http://{}{}", reachable(self.address()), self.services.config.base_path);
        info!(address = %self.address(), version = env!("CARGO_PKG_VERSION"), "Serving at {base}");
        if let Some(address) = self.metrics_address() {
            info!(address = %address, "Metrics at http://{}/metrics", reachable(address));
        }
        if let Some(token) = self.services.auth.setup_token() {
            let mut stderr = std::io::stderr();
            let _ = writeln!(
                stderr,
                "\n  There is no admin yet. Open this link to make the first one; it works once:"
            );
            let _ = writeln!(stderr, "  {base}/setup#{token}\n");
            if self.address().ip().is_unspecified() {
                let _ = writeln!(
                    stderr,
                    "  From another machine, put this one's name or address in place of `localhost`.\n"
                );
            }
        }
    }

    /// Serves until `signal`, then stops in order: no new connections, requests and commands of sockets finished, sockets
    /// closed with 3001, tasks ended, queued writes committed.
    pub async fn run_until(self, signal: impl Future<Output = ()>) {
        let Self { services, listener, metrics, storing, lock } = self;
        let stop = services.stop.clone();
        let metrics_server = metrics.map(|listener| {
            let stop = stop.clone();
            services.tasks.spawn(http::serve_metrics(listener, services.clone(), stop))
        });
        services.tasks.spawn(services.auth.clone().upkeep(stop.clone()));
        services.tasks.spawn(services.audit.clone().run(stop.clone()));
        services.tasks.spawn(services.backups.clone().run());
        services.tasks.spawn(supervisor::run(services.monitor.clone(), services.db.clone(), stop.clone()));
        services.tasks.spawn(services.logs.levels().clone().run(stop.clone()));
        let (monitor, prometheus) = (services.monitor.clone(), services.metrics.clone());
        services.tasks.spawn(monitoring::run(monitor, prometheus, stop.clone()));
        let server = poem::Server::new_with_acceptor(Acceptor::new(listener, &services.config))
            .run_with_graceful_shutdown(http::routes(&services), stop.cancelled(), Some(DRAIN));
        let stopping = async {
            signal.await;
            info!("Stopping");
            services.hub.shutdown();
            stop.cancel();
            Instant::now()
        };
        let (served, stopped) = tokio::join!(server, stopping);
        if let Err(e) = served {
            tracing::error!(error = %e, "The listener failed");
        }
        drop(metrics_server);
        services.tasks.close();
        if tokio::time::timeout_at(stopped + TASKS, services.tasks.wait()).await.is_err() {
            tracing::warn!(left = services.tasks.len(), "Some tasks did not end in time");
        }
        services.hub.release();
        let closing = async {
            storing.finish().await;
            services.fleet.finish().await;
            // After everything that is counted.
            services.monitor.series().close().await;
            services.db.close().await;
        };
        if tokio::time::timeout(CLOSE, closing).await.is_err() {
            tracing::warn!(
                "The database did not close in time; what was acknowledged is in its log, and safe"
            );
        }
        drop(lock);
        info!("Stopped");
    }
}

async fn bind(setting: &str, address: SocketAddr) -> Result<TcpListener, ConfigError> {
    TcpListener::bind(address).await.map_err(|e| {
        let fix = match e.kind() {
            std::io::ErrorKind::AddrInUse => "stop the program that has it, or choose another",
            std::io::ErrorKind::PermissionDenied => "choose a port above 1023",
            _ => "choose an address of this machine",
        };
        ConfigError::new(setting, format!("cannot listen on {address} ({e})"), fix)
    })
}

/// The address as a browser on this machine can open it.
fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("localhost:{}", address.port()) } else { address.to_string() }
}

/// Completes on SIGTERM or SIGINT. The call itself begins to watch: a signal that comes before the future is
/// awaited is not lost, and does not kill.
pub fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("signals can be watched");
    let mut interrupt = signal(SignalKind::interrupt()).expect("signals can be watched");
    async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
