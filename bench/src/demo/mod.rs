//! A believable team at work, for whoever wants to see the server before using it: a server with people, rooms and
//! appointments, and clients that chat, report telemetry and fail now and then, until it is told to end.
//!
//! Owns what the team is and does. Nothing of it is a measurement.

mod life;
mod seed;
mod team;
mod telemetry;

use std::path::Path;
use std::time::Duration;

use clap::Args;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::server::{Fault, PASSWORD, Server};

/// Between the first clients, so that one sees them come; all are there after some seconds.
const ARRIVAL: Duration = Duration::from_millis(150);

#[derive(Args)]
pub struct Demo {
    /// Port of the dashboard; 0 takes a free one
    #[arg(long, default_value_t = 8060)]
    port: u16,
    /// Simulated clients
    #[arg(long, default_value_t = 30)]
    clients: usize,
    /// End after this many minutes; without it, at Ctrl+C
    #[arg(long)]
    minutes: Option<f64>,
}

impl Demo {
    pub async fn run(&self, program: &Path) -> Result<(), Fault> {
        // Only this machine: everybody knows the passwords.
        let port = self.port.to_string();
        let server = Server::start(program, &[("PORT", &port), ("NODE_ENV", "development")]).await?;
        let people = seed::people(&server).await?;
        let keys = seed::app_keys(&server).await?;
        let rooms = seed::rooms(&server, &people).await?;
        seed::agenda(&people).await?;
        println!("\n  The team is at work at {}\n", server.url);
        for (username, role) in [("root", "an admin"), ("marie", "a member"), ("guest", "a viewer")] {
            println!("  {username:<6} {role:<9} password: {PASSWORD}");
        }
        println!("\n  Everything is gone when this ends. Ctrl+C ends it.\n");
        let mut clients = JoinSet::new();
        for number in 0..self.clients {
            clients.spawn(life::Client::new(number, &server.url, &people, &keys, &rooms).live());
            sleep(ARRIVAL).await;
        }
        let ended = async {
            match self.minutes {
                Some(minutes) => sleep(Duration::from_secs_f64(minutes * 60.0)).await,
                None => drop(tokio::signal::ctrl_c().await),
            }
        };
        tokio::select! {
            () = ended => {}
            // Nobody leaves for good: only a fault ends a client.
            Some(client) = clients.join_next() => return Err(client.err().map_or("a client ended".into(), Into::into)),
        }
        Ok(())
    }
}
