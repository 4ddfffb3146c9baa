//! Load for workspace-server: each run starts the server as a process of its own, in a directory of its own, does what
//! many clients do at once, prints figures, and ends with exit code 1 when one of them is out of bounds.
//!
//! What is right or wrong in a single answer belongs to the tests of the server.

mod demo;
mod latency;
mod server;
mod soak;
mod sockets;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Load for workspace-server
#[derive(Parser)]
struct Arguments {
    /// The server's program
    #[arg(long, global = true, default_value = "target/release/workspace-server")]
    server: PathBuf,
    #[command(subcommand)]
    run: Run,
}

#[derive(Subcommand)]
enum Run {
    /// Telemetry of many clients for a long time, while old signals are deleted
    Soak(soak::Soak),
    /// A believable team at work, to look at
    Demo(demo::Demo),
    /// Many connections that hear every message of one room
    Sockets(sockets::Sockets),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The server runs in a directory of its own.
    let server = match std::path::absolute(&arguments.server) {
        Ok(server) => server,
        Err(e) => {
            eprintln!("{}: {e}", arguments.server.display());
            return ExitCode::FAILURE;
        }
    };
    let faults = match arguments.run {
        Run::Soak(soak) => soak.run(&server).await,
        Run::Demo(demo) => match demo.run(&server).await {
            // Its end is no verdict.
            Ok(()) => return ExitCode::SUCCESS,
            Err(e) => Err(e),
        },
        Run::Sockets(sockets) => sockets.run(&server).await,
    };
    match faults {
        Ok(faults) if faults.is_empty() => {
            println!("all within bounds");
            ExitCode::SUCCESS
        }
        Ok(faults) => {
            faults.iter().for_each(|fault| println!("OUT OF BOUNDS: {fault}"));
            ExitCode::FAILURE
        }
        Err(e) => {
            eprintln!("the run ended early: {e}");
            ExitCode::FAILURE
        }
    }
}
