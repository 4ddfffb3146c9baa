//! Puts the compiler's version into the program, for `workspace_build_info`.
//!
//! The commit comes from `WORKSPACE_COMMIT` when whoever builds a release sets it: asking git here would
//! build everything again after each commit.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=WORKSPACE_COMMIT");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    if let Ok(output) = Command::new(rustc).arg("--version").output()
        && let Some(version) = String::from_utf8_lossy(&output.stdout).split(' ').nth(1)
    {
        println!("cargo:rustc-env=WORKSPACE_RUSTC={version}");
    }
}
