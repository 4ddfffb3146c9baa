//! From arguments to a command.

use clap::Parser;
use workspace_server::cli::{self, Cli};

/// The allocator of musl takes one lock for every thread; this one keeps memory per thread, on every system alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run(Cli::parse)
}
