//! For whom a task works at the moment, so that a line about a fault names the request or the client that met it.

use std::fmt;
use std::sync::Arc;

tokio::task_local! {
    static CURRENT: Cause;
}

/// What made the server do something.
#[derive(Clone, Debug)]
pub enum Cause {
    /// A request over HTTP, by the id that is in its answer.
    Request(Arc<str>),
    /// A command over the WebSocket, by the id of the connection.
    Client(Arc<str>),
}

impl Cause {
    /// Runs `work` on its behalf.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// The cause of this task; none in one that the server runs by itself.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// The request's id, if it is one.
    pub fn request(&self) -> Option<&str> {
        if let Self::Request(id) = self { Some(id) } else { None }
    }

    /// The connection's id, if it is one.
    pub fn client(&self) -> Option<&str> {
        if let Self::Client(id) = self { Some(id) } else { None }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "Request {id}"),
            Self::Client(id) => write!(f, "A command of client {id}"),
        }
    }
}
