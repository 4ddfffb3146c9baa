//! What waits to be written to one socket: bounded by bytes, so that one slow reader costs at most that much.

use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// Most bytes that may wait for one socket. Text is shared between sockets, so this bounds what is kept alive.
pub const LIMIT_BYTES: usize = 1 << 20;
/// Overhead counted for each frame, so that a million empty frames are not free.
const FRAME_OVERHEAD: usize = 64;

/// The queue did not take a frame: its reader is too slow.
#[derive(Debug, PartialEq, Eq)]
pub struct Full {
    /// Bytes that wait.
    pub bytes: usize,
}

/// The queue between those who publish and the task that writes.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    frames: VecDeque<Utf8Bytes>,
    bytes: usize,
    /// A frame was refused. What came behind the gap would hide it from a reader that recovers by offset.
    broken: bool,
}

impl Outbox {
    /// Puts a frame at the end. Never blocks.
    ///
    /// # Errors
    /// When the limit is reached; the frame is not taken, and none after it.
    pub fn push(&self, frame: Utf8Bytes) -> Result<(), Full> {
        let mut waiting = self.waiting.lock().expect("no panic while held");
        let size = frame.len() + FRAME_OVERHEAD;
        // A single frame may be larger than the limit: a long recovery must be possible.
        if waiting.broken || (waiting.bytes > 0 && waiting.bytes + size > LIMIT_BYTES) {
            waiting.broken = true;
            return Err(Full { bytes: waiting.bytes });
        }
        waiting.bytes += size;
        waiting.frames.push_back(frame);
        let first = waiting.frames.len() == 1;
        drop(waiting);
        if first {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits until there is something, then takes all of it into `batch`.
    ///
    /// Safe to cancel: frames are taken at the end, without a wait in between.
    pub async fn take(&self, batch: &mut VecDeque<Utf8Bytes>) {
        loop {
            if self.try_take(batch) {
                return;
            }
            self.filled.notified().await;
        }
    }

    /// Takes all that is there; false if nothing was.
    pub fn try_take(&self, batch: &mut VecDeque<Utf8Bytes>) -> bool {
        let mut waiting = self.waiting.lock().expect("no panic while held");
        if waiting.frames.is_empty() {
            return false;
        }
        waiting.bytes = 0;
        std::mem::swap(&mut waiting.frames, batch);
        waiting.frames.clear();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_keeps_the_order_and_refuses_what_is_too_much() {
        let outbox = Outbox::default();
        let frame = Utf8Bytes::from("x".repeat(LIMIT_BYTES / 4));
        let mut batch = VecDeque::new();
        for _ in 0..2 {
            for _ in 0..3 {
                outbox.push(frame.clone()).unwrap();
            }
            outbox.take(&mut batch).await;
            assert_eq!(batch.len(), 3, "what was taken makes room");
            batch.clear();
        }
        for _ in 0..3 {
            outbox.push(frame.clone()).unwrap();
        }
        assert!(outbox.push(frame).is_err());
        assert!(outbox.push("behind the gap".into()).is_err());
        outbox.take(&mut batch).await;
        assert_eq!(batch.len(), 3);
        assert!(outbox.push("behind the gap".into()).is_err());
    }

    #[test]
    fn one_large_frame_is_taken_by_an_empty_queue() {
        let outbox = Outbox::default();
        outbox.push(Utf8Bytes::from("x".repeat(2 * LIMIT_BYTES))).unwrap();
        assert!(outbox.push(Utf8Bytes::from("x")).is_err());
    }
}
