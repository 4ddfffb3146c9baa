//! Batches of things that were stored, told to whoever listens. Who is slow misses the oldest, and knows how many things
//! that were.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// Things that were told together.
#[derive(Debug)]
struct Batch<T> {
    /// How many were told before.
    before: u64,
    things: Vec<T>,
}

/// Tells. One task at a time may: the order is its.
#[derive(Debug)]
pub struct Teller<T> {
    sender: Sender<Arc<Batch<T>>>,
    told: AtomicU64,
}

/// Hears what is told from its beginning on.
#[derive(Debug)]
pub struct Listener<T> {
    receiver: Receiver<Arc<Batch<T>>>,
    heard: u64,
}

impl<T: Clone> Teller<T> {
    /// For listeners that may be `batches` behind.
    pub fn new(batches: usize) -> Self {
        Self { sender: channel(batches).0, told: AtomicU64::new(0) }
    }

    /// Whether somebody listens.
    pub fn is_heard(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Tells everybody who listens.
    pub fn tell(&self, things: Vec<T>) {
        if things.is_empty() {
            return;
        }
        let before = self.told.fetch_add(things.len() as u64, Ordering::Relaxed);
        // Nobody may listen.
        let _ = self.sender.send(Arc::new(Batch { before, things }));
    }

    /// Hears what is told from now on.
    pub fn listen(&self) -> Listener<T> {
        // In this order: what is told between the two is heard, and not taken for missed.
        let receiver = self.sender.subscribe();
        Listener { receiver, heard: self.told.load(Ordering::Relaxed) }
    }
}

impl<T: Clone> Listener<T> {
    /// What was told since the last call, and how much of it was missed.
    pub fn drain(&mut self) -> (Vec<T>, u64) {
        let (mut heard, mut missed) = (Vec::new(), 0);
        loop {
            match self.receiver.try_recv() {
                Ok(batch) => {
                    missed += batch.before.saturating_sub(self.heard);
                    self.heard = batch.before + batch.things.len() as u64;
                    heard.extend(batch.things.iter().cloned());
                }
                // The next batch says how many.
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return (heard, missed),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_slow_knows_how_much_was_missed() {
        let teller = Teller::new(2);
        teller.tell(vec![0]);
        assert!(!teller.is_heard());
        let (mut slow, mut quick) = (teller.listen(), teller.listen());
        for things in [vec![1, 2, 3], vec![], vec![4], vec![5, 6], vec![7]] {
            teller.tell(things.clone());
            assert_eq!(quick.drain(), (things, 0));
        }
        assert_eq!(slow.drain(), (vec![5, 6, 7], 4));
        assert_eq!(slow.drain(), (vec![], 0));
        teller.tell(vec![8]);
        assert_eq!(slow.drain(), (vec![8], 0));
    }
}
