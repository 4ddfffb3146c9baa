//! The storage driver of a Docker beside the server, when its socket can be reached.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::report::Check;

/// Where Docker listens.
const SOCKET: &str = "/var/run/docker.sock";
/// Longest wait for it.
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest answer, in bytes.
const LONGEST: u64 = 1 << 20;

/// What it says of its storage; `None` when there is none that answers.
pub async fn check() -> Option<Check> {
    let answer = tokio::time::timeout(PATIENCE, ask()).await.ok()?.ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    let info: Value = serde_json::from_str(body.trim()).ok()?;
    judge(info["Driver"].as_str()?)
}

fn judge(driver: &str) -> Option<Check> {
    let name = "docker";
    Some(match driver {
        "vfs" => Check::warn(
            name,
            "the storage driver is vfs, which copies every layer of every image",
            "use overlay2: on ZFS give /var/lib/docker a volume with ext4",
        ),
        "fuse-overlayfs" => Check::warn(
            name,
            "the storage driver is fuse-overlayfs, on which backups of a frozen container may hang",
            "use overlay2, which works in unprivileged containers since Linux 5.11",
        ),
        driver => Check::ok(name, format!("the storage driver is {driver}")),
    })
}

async fn ask() -> std::io::Result<String> {
    let mut socket = UnixStream::connect(SOCKET).await?;
    // HTTP/1.0, so that the answer ends with the connection, and is in one piece.
    socket.write_all(b"GET /info HTTP/1.0\r\nHost: docker\r\n\r\n").await?;
    let mut answer = Vec::new();
    socket.take(LONGEST).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn drivers_that_fill_the_disk_are_named() {
        assert_eq!(judge("vfs").unwrap().verdict, Verdict::Warn);
        assert_eq!(judge("overlay2").unwrap().verdict, Verdict::Ok);
    }
}
