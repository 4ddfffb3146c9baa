//! The administrators' console: a fixed set of typed verbs, and no shell.
//!
//! Owns the rpc methods `console.run`, `console.confirm` and `console.complete`: how a line is read, what it answers, and
//! the password that is asked for again before something changes. What a verb does belongs to the slice that it calls;
//! that it was run is written by `audit`, whatever became of it.

mod complete;
mod line;
mod reply;
mod rt;
mod run;
mod show;
mod spec;
mod verb;

use tokio_util::task::TaskTracker;

use crate::audit::Audit;
use crate::auth::Auth;
use crate::backup::Backups;
use crate::chat::Chat;
use crate::clients::Fleet;
use crate::db::Db;
use crate::logs::Logs;
use crate::monitoring::Monitor;
use crate::realtime::Hub;

/// The slices that verbs call.
#[derive(Clone)]
pub struct Slices {
    /// Who did what.
    pub audit: Audit,
    /// Accounts and sessions.
    pub auth: Auth,
    /// Copies of everything.
    pub backups: Backups,
    /// Rooms.
    pub chat: Chat,
    /// Clients.
    pub fleet: Fleet,
    /// The live tail, and what the server logs.
    pub logs: Logs,
    /// How the server is doing.
    pub monitor: Monitor,
}

/// The console. Clones share everything.
#[derive(Clone)]
pub struct Console {
    slices: Slices,
    db: Db,
    hub: Hub,
    tasks: TaskTracker,
}

impl Console {
    /// A console over `slices`.
    pub fn new(db: &Db, hub: &Hub, tasks: &TaskTracker, slices: Slices) -> Self {
        Self { slices, db: db.clone(), hub: hub.clone(), tasks: tasks.clone() }
    }
}
