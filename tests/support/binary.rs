//! The real program, as an operator starts it: in a directory of its own, with an empty environment.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// Longest wait for the program to end or to speak.
const PATIENCE: Duration = Duration::from_secs(30);

/// A directory to run the program in.
pub struct Place {
    dir: TempDir,
}

/// A program that serves.
pub struct Running {
    child: Child,
    /// What it printed until it served.
    pub printed: String,
    /// Where it serves.
    pub base: String,
    /// What it prints from then on.
    rest: JoinHandle<String>,
    /// What it says on stderr.
    pub said: Arc<Mutex<String>>,
}

impl Place {
    /// An empty directory.
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file into the directory.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The program with its arguments and settings, not started yet.
    pub fn command(&self, args: &[&str], settings: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workspace-server"));
        command.args(args).env_clear().envs(settings.iter().copied()).current_dir(self.dir.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs the program to its end, with `input` on stdin.
    pub async fn run(&self, args: &[&str], settings: &[(&str, &str)], input: &str) -> Output {
        let mut child = self.command(args, settings).spawn().unwrap();
        // Whoever does not read it closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
        tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("the program ends").unwrap()
    }

    /// Runs the program, which must fail with one line on stderr and exit code 1; gives the line.
    #[track_caller]
    pub fn fault<'a>(
        &'a self,
        args: &'a [&'a str],
        settings: &'a [(&'a str, &'a str)],
    ) -> impl Future<Output = String> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let output = self.run(args, settings, "").await;
            let line = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{caller}: {line}");
            assert!(line.ends_with('\n') && line.lines().count() == 1, "{caller}: not one line: {line}");
            line.trim_end().strip_prefix("workspace-server: ").expect("the program's name").to_owned()
        }
    }

    /// Starts the program and waits until it serves.
    pub async fn serve(&self, args: &[&str], settings: &[(&str, &str)]) -> Running {
        let mut child = self.command(args, settings).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut printed = String::new();
        let reading = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                printed.push_str(&line);
                printed.push('\n');
                if let Some((_, rest)) = line.split_once("Serving at ") {
                    let end = rest.find(['"', ' ']).unwrap_or(rest.len());
                    return Some(rest[..end].to_owned());
                }
            }
            None
        };
        let base = tokio::time::timeout(PATIENCE, reading).await.expect("the server speaks");
        let Some(base) = base else {
            let output = child.wait_with_output().await.unwrap();
            panic!("it does not serve:\n{printed}{}", String::from_utf8_lossy(&output.stderr));
        };
        // Whatever else it prints must not fill the pipe.
        let rest = tokio::spawn(async move {
            let mut rest = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                rest.push_str(&line);
                rest.push('\n');
            }
            rest
        });
        let said = Arc::<Mutex<String>>::default();
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let saying = said.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = errors.next_line().await {
                saying.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        Running { child, printed, base, rest, said }
    }
}

impl Running {
    /// The most memory that it has had so far, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Sends SIGTERM and gives the exit code.
    pub async fn stop(self) -> Option<i32> {
        self.finish().await.0
    }

    /// Ends it with SIGKILL: nothing of it runs after that.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends SIGTERM; gives the exit code and everything that was printed.
    pub async fn finish(mut self) -> (Option<i32>, String) {
        let id = self.child.id().unwrap().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        assert!(sent.success());
        let code = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap().code();
        (code, self.printed + &self.rest.await.unwrap())
    }
}
