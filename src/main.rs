//! From arguments to a command.

use clap::Parser;
use workspace_server::cli::{self, Cli};

fn main() -> std::process::ExitCode {
    cli::run(Cli::parse)
}
