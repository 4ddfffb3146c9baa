//! `workspace-server healthcheck`: asks `/ready` of the server with the same settings, without curl or a shell.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::config::{Config, ConfigError};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Exit code 0 when the server is ready, 1 with a line on stderr when it is not.
///
/// # Errors
/// None of its own.
pub async fn run(config: Config) -> Result<ExitCode, ConfigError> {
    let Err(fault) = readiness(&config).await else { return Ok(ExitCode::SUCCESS) };
    let _ = writeln!(std::io::stderr(), "workspace-server: {fault}");
    Ok(ExitCode::FAILURE)
}

/// Asks the server of these settings whether it is ready; why not, in one line.
pub async fn readiness(config: &Config) -> Result<(), String> {
    let host = match config.listen.ip() {
        IpAddr::V4(a) if a.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(a) if a.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        address => address,
    };
    let address = SocketAddr::new(host, config.listen.port());
    let outcome = tokio::time::timeout(TIMEOUT, ask(address, &config.base_path)).await;
    match outcome {
        Ok(Ok(status)) if status == "200" => Ok(()),
        Ok(Ok(status)) => Err(format!("not ready: status {status}")),
        Ok(Err(e)) => Err(format!("no answer from {address}: {e}")),
        Err(_) => Err(format!("no answer from {address} within {} s", TIMEOUT.as_secs())),
    }
}

/// The status of `GET /ready`.
async fn ask(address: SocketAddr, base_path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {base_path}/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or("none").to_owned())
}
