//! Room in memory for bodies that are read, parsed or wait to be stored: so much for all, half of it for one sender.
//!
//! It is taken as bytes arrive: a body that is announced and does not come takes none from others. Where a sender is a key,
//! which all visitors of a page have in common, one address leaves room for the others.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::observe::metrics;

/// For all bodies at once, in KiB: 128 MiB.
const ALL_KIB: usize = 128 << 10;
/// For those of one sender, in KiB.
const SHARE_KIB: usize = ALL_KIB / 2;
/// For those of one address of a sender, in KiB, whatever its others do.
const OWN_KIB: usize = SHARE_KIB / 4;
/// What is left of a sender's share for addresses that have less than that, in KiB.
const LEFT_KIB: usize = SHARE_KIB / 2;

/// KiB that each sender, and each of a sender's addresses, has; those who have none are not in it.
#[derive(Debug, Default)]
struct Held {
    senders: HashMap<Uuid, usize>,
    addresses: HashMap<(Uuid, IpAddr), usize>,
}

/// Memory for bodies.
#[derive(Debug)]
pub struct Rooms {
    all: Arc<Semaphore>,
    held: Arc<Mutex<Held>>,
}

/// A share of it, given back when dropped.
#[derive(Debug)]
pub struct Room {
    all: Arc<Semaphore>,
    held: Arc<Mutex<Held>>,
    sender: Uuid,
    address: Option<IpAddr>,
    taken: Option<OwnedSemaphorePermit>,
}

impl Rooms {
    pub fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(ALL_KIB)), held: Arc::default() }
    }

    /// A room without any bytes yet, for a sender, and an address if the sender has it in common with others.
    pub fn open(&self, sender: Uuid, address: Option<IpAddr>) -> Room {
        Room { all: self.all.clone(), held: self.held.clone(), sender, address, taken: None }
    }
}

/// Replaces what `key` holds.
fn hold<K: Eq + Hash>(held: &mut HashMap<K, usize>, key: K, kib: usize) {
    if kib > 0 {
        held.insert(key, kib);
    } else {
        held.remove(&key);
    }
}

impl Held {
    /// Whether a sender may have `more` KiB, from this address.
    fn admits(&self, sender: Uuid, address: Option<IpAddr>, more: usize) -> bool {
        let of_sender = self.senders.get(&sender).copied().unwrap_or_default() + more;
        let within = address.is_none_or(|address| {
            self.addresses.get(&(sender, address)).copied().unwrap_or_default() + more <= OWN_KIB
        });
        of_sender <= if within { SHARE_KIB } else { SHARE_KIB - LEFT_KIB }
    }

    /// Notes that a room of `had` KiB has `has`.
    fn change(&mut self, sender: Uuid, address: Option<IpAddr>, had: usize, has: usize) {
        let now = |of: Option<&usize>| (of.copied().unwrap_or_default() + has).saturating_sub(had);
        let of_sender = now(self.senders.get(&sender));
        hold(&mut self.senders, sender, of_sender);
        if let Some(address) = address {
            let of_address = now(self.addresses.get(&(sender, address)));
            hold(&mut self.addresses, (sender, address), of_address);
        }
    }
}

impl Room {
    fn kib(&self) -> usize {
        self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits)
    }

    /// Tells how much all have; `gone` is about to be given back.
    fn tell(&self, gone: usize) {
        metrics::collect_room((ALL_KIB - self.all.available_permits() - gone) * 1024);
    }

    /// Takes or gives back, so that it is for `bytes`. False when there is none for so many now: it stays as it is.
    pub fn fit(&mut self, bytes: usize) -> bool {
        let (has, wants) = (self.kib(), bytes.div_ceil(1024).max(1));
        let mut held = self.held.lock().expect("no panic while held");
        if wants <= has {
            drop(self.taken.as_mut().and_then(|taken| taken.split(has - wants)));
        } else {
            if !held.admits(self.sender, self.address, wants - has) {
                return false;
            }
            let more = u32::try_from(wants - has).unwrap_or(u32::MAX);
            let Ok(more) = self.all.clone().try_acquire_many_owned(more) else { return false };
            match &mut self.taken {
                Some(taken) => taken.merge(more),
                None => self.taken = Some(more),
            }
        }
        held.change(self.sender, self.address, has, wants);
        self.tell(0);
        true
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut held = self.held.lock().expect("no panic while held");
        held.change(self.sender, self.address, self.kib(), 0);
        self.tell(self.kib());
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ANN: Uuid = Uuid::from_u128(1);
    const BEN: Uuid = Uuid::from_u128(2);

    #[test]
    fn one_sender_has_half_and_the_others_the_rest() {
        let rooms = Rooms::new();
        let open = |sender| rooms.open(sender, None);
        let (mut ann, mut more, mut ben) = (open(ANN), open(ANN), open(BEN));
        let half = SHARE_KIB * 1024;
        assert!(ann.fit(half) && !more.fit(1), "all of a sender's rooms count");
        assert!(ben.fit(half) && !ben.fit(half + 1));
        assert!(!open(Uuid::from_u128(3)).fit(1), "nothing is left");
        assert!(ann.fit(half - 1024) && more.fit(1024), "what is given back is there again");
        drop((ann, more, ben));
        assert_eq!(rooms.all.available_permits(), ALL_KIB);
        assert!(rooms.held.lock().unwrap().senders.is_empty());
    }

    #[test]
    fn one_address_leaves_room_for_the_others_of_a_sender() {
        let rooms = Rooms::new();
        let mut open: Vec<Room> =
            (0..4).map(|n| rooms.open(ANN, Some(Ipv4Addr::from_bits(n).into()))).collect();
        let (own, left) = (OWN_KIB * 1024, LEFT_KIB * 1024);
        assert!(open[0].fit(left) && !open[0].fit(left + 1), "alone it has more than its own");
        assert!(open[1].fit(own) && !open[1].fit(own + 1), "others have theirs, and no more");
        assert!(open[2].fit(own) && !open[3].fit(1), "as long as the sender has any");
        assert!(open[0].fit(own) && open[3].fit(own));
        drop(open);
        let held = rooms.held.lock().unwrap();
        assert!(held.senders.is_empty() && held.addresses.is_empty());
    }

    #[test]
    fn a_room_grows_and_shrinks_with_its_body() {
        let rooms = Rooms::new();
        let address = IpAddr::from(Ipv4Addr::LOCALHOST);
        let mut room = rooms.open(ANN, Some(address));
        for bytes in [0, 1, 1024, 1025, 5 << 20, 10] {
            assert!(room.fit(bytes));
            let kib = bytes.div_ceil(1024).max(1);
            let held = rooms.held.lock().unwrap();
            assert_eq!((room.kib(), held.senders[&ANN], held.addresses[&(ANN, address)]), (kib, kib, kib));
            assert_eq!(rooms.all.available_permits(), ALL_KIB - kib);
        }
    }
}
