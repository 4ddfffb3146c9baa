//! Programs that tests run beside the server: where `scripts/install-test-deps.sh` put them, and a run with a deadline.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// Root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file under `tests/js`; with its npm packages, it can be given to `node`.
pub fn js(file: &str) -> PathBuf {
    installed(root().join("tests/js/node_modules"));
    installed(root().join("tests/js").join(file))
}

/// A program that is installed for the tests alone, in the `test-deps` of Cargo's target directory.
pub fn tool(name: &str) -> PathBuf {
    installed(Path::new(env!("CARGO_TARGET_TMPDIR")).join("../test-deps/bin").join(name))
}

/// A program of the Python environment of the tests.
pub fn venv(name: &str) -> PathBuf {
    installed(Path::new(env!("CARGO_TARGET_TMPDIR")).join("../test-deps/venv/bin").join(name))
}

fn installed(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: run `make test-deps`", path.display());
    path
}

/// Runs `command` to its end and gives what it printed; fails the test, with all that it printed, when the exit
/// code is not 0 or `seconds` have passed.
pub async fn run(command: &mut Command, seconds: u64) -> String {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}: run `make test-deps`"));
    let output = tokio::time::timeout(Duration::from_secs(seconds), child.wait_with_output())
        .await
        .unwrap_or_else(|_| panic!("{program} has not ended after {seconds} s"))
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} failed ({}):\n{out}\n{err}", output.status);
    out.into_owned()
}
