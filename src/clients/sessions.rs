//! Which login belongs to which installation, in memory and bounded.

use std::collections::HashMap;

use uuid::Uuid;

/// Two generations: when the younger one is full the older one goes, and what is used moves to the younger one.
#[derive(Debug)]
pub struct Sessions {
    most: usize,
    young: HashMap<Uuid, Uuid>,
    old: HashMap<Uuid, Uuid>,
}

impl Sessions {
    /// Keeps at least `most` and at most twice as many.
    pub fn new(most: usize) -> Self {
        Self { most, young: HashMap::new(), old: HashMap::new() }
    }

    /// Notes where a login comes from now.
    pub fn learn(&mut self, session: Uuid, installation: Uuid) {
        if self.young.len() >= self.most && !self.young.contains_key(&session) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(session, installation);
    }

    /// Where a login comes from.
    pub fn installation(&mut self, session: Uuid) -> Option<Uuid> {
        if let Some(known) = self.young.get(&session) {
            return Some(*known);
        }
        let known = self.old.remove(&session)?;
        self.learn(session, known);
        Some(known)
    }

    /// Forgets every login of these installations.
    pub fn forget(&mut self, installations: &[Uuid]) {
        for generation in [&mut self.young, &mut self.old] {
            generation.retain(|_, installation| !installations.contains(installation));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let id = Uuid::from_u128;
        let mut sessions = Sessions::new(10);
        for n in 0..1_000 {
            sessions.learn(id(n), id(n + 1));
            assert_eq!(sessions.installation(id(0)), Some(id(1)), "after {n}");
            assert!(sessions.young.len() + sessions.old.len() <= 20);
        }
        assert_eq!(sessions.installation(id(500)), None);
        sessions.forget(&[id(1)]);
        assert_eq!(sessions.installation(id(0)), None);
    }
}
