//! Room in memory for bodies that are read, parsed or wait to be stored: so much for all, half of it for one sender.
//!
//! It is taken as bytes arrive: a body that is announced and does not come takes none from others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// For all bodies at once, in KiB: 128 MiB.
const ALL_KIB: usize = 128 << 10;
/// For those of one sender, in KiB.
const SHARE_KIB: usize = ALL_KIB / 2;

/// Memory for bodies.
#[derive(Debug)]
pub struct Rooms {
    all: Arc<Semaphore>,
    /// KiB that each sender has; those who have none are not in it.
    held: Arc<Mutex<HashMap<Uuid, usize>>>,
}

/// A share of it, given back when dropped.
#[derive(Debug)]
pub struct Room {
    all: Arc<Semaphore>,
    held: Arc<Mutex<HashMap<Uuid, usize>>>,
    sender: Uuid,
    taken: Option<OwnedSemaphorePermit>,
}

impl Rooms {
    pub fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(ALL_KIB)), held: Arc::default() }
    }

    /// A room without any bytes yet.
    pub fn open(&self, sender: Uuid) -> Room {
        Room { all: self.all.clone(), held: self.held.clone(), sender, taken: None }
    }
}

impl Room {
    fn kib(&self) -> usize {
        self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// Takes or gives back, so that it is for `bytes`. False when there is none for so many now: it stays as it is.
    pub fn fit(&mut self, bytes: usize) -> bool {
        let (has, wants) = (self.kib(), bytes.div_ceil(1024).max(1));
        let mut held = self.held.lock().expect("no panic while held");
        let of_sender = held.get(&self.sender).copied().unwrap_or_default();
        if wants <= has {
            drop(self.taken.as_mut().and_then(|taken| taken.split(has - wants)));
        } else {
            if of_sender + wants - has > SHARE_KIB {
                return false;
            }
            let more = u32::try_from(wants - has).unwrap_or(u32::MAX);
            let Ok(more) = self.all.clone().try_acquire_many_owned(more) else { return false };
            match &mut self.taken {
                Some(taken) => taken.merge(more),
                None => self.taken = Some(more),
            }
        }
        held.insert(self.sender, of_sender + wants - has);
        true
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut held = self.held.lock().expect("no panic while held");
        let left = held.get(&self.sender).map_or(0, |held| held.saturating_sub(self.kib()));
        if left > 0 {
            held.insert(self.sender, left);
        } else {
            held.remove(&self.sender);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Uuid = Uuid::from_u128(1);
    const BEN: Uuid = Uuid::from_u128(2);

    #[test]
    fn one_sender_has_half_and_the_others_the_rest() {
        let rooms = Rooms::new();
        let (mut ann, mut more, mut ben) = (rooms.open(ANN), rooms.open(ANN), rooms.open(BEN));
        let half = SHARE_KIB * 1024;
        assert!(ann.fit(half) && !more.fit(1), "all of a sender's rooms count");
        assert!(ben.fit(half) && !ben.fit(half + 1));
        assert!(!rooms.open(Uuid::from_u128(3)).fit(1), "nothing is left");
        assert!(ann.fit(half - 1024) && more.fit(1024), "what is given back is there again");
        drop((ann, more, ben));
        assert_eq!(rooms.all.available_permits(), ALL_KIB);
        assert!(rooms.held.lock().unwrap().is_empty());
    }

    #[test]
    fn a_room_grows_and_shrinks_with_its_body() {
        let rooms = Rooms::new();
        let mut room = rooms.open(ANN);
        for bytes in [0, 1, 1024, 1025, 5 << 20, 10] {
            assert!(room.fit(bytes));
            let kib = bytes.div_ceil(1024).max(1);
            assert_eq!((room.kib(), rooms.held.lock().unwrap()[&ANN]), (kib, kib));
            assert_eq!(rooms.all.available_permits(), ALL_KIB - kib);
        }
    }
}
