//! Maps that were read, by what they hold: the same content is the same map, whoever uploaded it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::map::Map;

/// What identifies a map's content.
pub type Digest = [u8; 32];

/// Most bytes of maps in memory: those of some ten large applications. A map that is larger is read each time.
const MAX_BYTES: usize = 128 << 20;

/// See the module.
#[derive(Debug)]
pub struct Cache {
    inner: Mutex<Inner>,
    most: usize,
}

#[derive(Debug, Default)]
struct Inner {
    maps: HashMap<Digest, Entry>,
    bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    map: Arc<Map>,
    used: u64,
}

impl Inner {
    fn remove(&mut self, digest: &Digest) {
        if let Some(entry) = self.maps.remove(digest) {
            self.bytes -= entry.map.bytes;
        }
    }
}

impl Cache {
    /// Empty.
    pub fn new() -> Self {
        Self::with_room(MAX_BYTES)
    }

    fn with_room(most: usize) -> Self {
        Self { inner: Mutex::default(), most }
    }

    /// The map, if it is known.
    pub fn get(&self, digest: &Digest) -> Option<Arc<Map>> {
        let mut inner = self.inner.lock().expect("no panic while held");
        inner.uses += 1;
        let used = inner.uses;
        let entry = inner.maps.get_mut(digest)?;
        entry.used = used;
        Some(entry.map.clone())
    }

    /// Remembers a map; those that were not used for longest make room. Gives the bytes of all.
    pub fn put(&self, digest: Digest, map: &Arc<Map>) -> usize {
        let mut inner = self.inner.lock().expect("no panic while held");
        if map.bytes > self.most {
            return inner.bytes;
        }
        inner.remove(&digest);
        inner.bytes += map.bytes;
        inner.uses += 1;
        let used = inner.uses;
        inner.maps.insert(digest, Entry { map: map.clone(), used });
        while inner.bytes > self.most {
            // Each counts for kilobytes at least: there are not so many.
            let oldest = inner.maps.iter().min_by_key(|(_, entry)| entry.used).map(|(digest, _)| *digest);
            let Some(oldest) = oldest else { break };
            inner.remove(&oldest);
        }
        inner.bytes
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.inner.lock().expect("no panic while held").maps.len()
    }

    /// Forgets a map. Gives the bytes of all.
    pub fn forget(&self, digest: &Digest) -> usize {
        let mut inner = self.inner.lock().expect("no panic while held");
        inner.remove(digest);
        inner.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> Arc<Map> {
        Arc::new(Map::read(br#"{"version":3,"sources":["a"],"names":[],"mappings":"AAAA"}"#).unwrap())
    }

    #[test]
    fn what_was_used_last_stays() {
        let map = map();
        let cache = Cache::with_room(2 * map.bytes);
        for digest in [[1; 32], [2; 32]] {
            cache.put(digest, &map);
        }
        cache.get(&[1; 32]).unwrap();
        assert_eq!(cache.put([3; 32], &map), 2 * map.bytes);
        let known = [1, 2, 3].map(|n| cache.get(&[n; 32]).is_some());
        assert_eq!(known, [true, false, true]);
        cache.put([3; 32], &map);
        assert_eq!(cache.forget(&[1; 32]), map.bytes);
        assert_eq!((cache.forget(&[1; 32]), cache.forget(&[3; 32])), (map.bytes, 0));
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let map = map();
        let cache = Cache::with_room(map.bytes - 1);
        assert_eq!(cache.put([1; 32], &map), 0);
        assert!(cache.get(&[1; 32]).is_none());
    }
}
