//! What changed among the connected clients since the listeners were last told.

use std::collections::{HashMap, HashSet};

use poem_openapi::Object;
use uuid::Uuid;

use super::Client;

/// Clients told of in one message, so that it fits into every listener's queue when thousands connect at once.
/// The rest follows with the next ones.
const MOST: usize = 500;
/// Messages' worth of time without a listener after which nothing is remembered: a new listener's subscription
/// is counted a moment after it was answered.
const GRACE: u32 = 5;

/// What changed among the connected clients
#[derive(Clone, Debug, Default, Object, PartialEq)]
pub struct ClientChanges {
    /// New ones
    pub connected: Vec<Client>,
    /// Known ones with something new about them
    pub updated: Vec<Client>,
    /// Ids of those that left
    pub disconnected: Vec<Uuid>,
}

/// Remembers what listeners know.
#[derive(Debug, Default)]
pub struct Watch {
    told: Option<HashMap<Uuid, Client>>,
    silent: u32,
}

impl Watch {
    /// A new listener was told `now`. Others may know an older state: then changes go on from that one, as they
    /// are right for both.
    pub fn begin(&mut self, now: &[Client]) {
        self.silent = 0;
        self.told.get_or_insert_with(|| now.iter().map(|c| (c.id, c.clone())).collect());
    }

    /// Nobody listens at this moment.
    pub fn nobody_listens(&mut self) {
        self.silent += 1;
        if self.silent > GRACE {
            self.told = None;
        }
    }

    /// What changed up to `now`; `None` when nothing did.
    pub fn step(&mut self, now: &[Client]) -> Option<ClientChanges> {
        self.silent = 0;
        let told = self.told.get_or_insert_default();
        let mut changes = ClientChanges::default();
        let present: HashSet<Uuid> = now.iter().map(|c| c.id).collect();
        changes.disconnected = told.keys().filter(|id| !present.contains(id)).copied().collect();
        told.retain(|id, _| present.contains(id));
        let mut room = MOST;
        for client in now {
            let known = told.get(&client.id);
            if known == Some(client) {
                continue;
            }
            let list = if known.is_some() { &mut changes.updated } else { &mut changes.connected };
            list.push(client.clone());
            told.insert(client.id, client.clone());
            room -= 1;
            if room == 0 {
                break;
            }
        }
        (changes != ClientChanges::default()).then_some(changes)
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::Example;
    use proptest::prelude::*;

    use super::*;

    fn client(number: u16, messages_in: u8) -> Client {
        Client { id: Uuid::from_u128(number.into()), messages_in: messages_in.into(), ..Client::example() }
    }

    fn apply(view: &mut HashMap<Uuid, Client>, changes: ClientChanges) {
        for client in changes.connected.into_iter().chain(changes.updated) {
            view.insert(client.id, client);
        }
        changes.disconnected.iter().for_each(|id| drop(view.remove(id)));
    }

    fn as_view(clients: &[Client]) -> HashMap<Uuid, Client> {
        clients.iter().map(|c| (c.id, c.clone())).collect()
    }

    #[test]
    fn nothing_new_is_not_told() {
        let mut watch = Watch::default();
        watch.begin(&[client(1, 0)]);
        assert_eq!(watch.step(&[client(1, 0)]), None);
    }

    #[test]
    fn a_flood_is_told_in_portions() {
        let all: Vec<Client> = (0..1_200).map(|n| client(n, 0)).collect();
        let mut watch = Watch::default();
        watch.begin(&[]);
        let mut view = HashMap::new();
        for size in [MOST, MOST, 200] {
            let changes = watch.step(&all).unwrap();
            assert_eq!(changes.connected.len(), size);
            apply(&mut view, changes);
        }
        assert_eq!((view, watch.step(&all)), (as_view(&all), None));
    }

    #[test]
    fn one_that_left_before_the_first_message_is_not_kept() {
        let mut watch = Watch::default();
        watch.begin(&[client(1, 0)]);
        watch.nobody_listens();
        let changes = watch.step(&[]).unwrap();
        assert_eq!(changes.disconnected, [client(1, 0).id]);
    }

    proptest! {
        /// Whoever listens, since whenever, ends up with the truth.
        #[test]
        fn every_listener_sees_the_same(
            states in prop::collection::vec(prop::collection::btree_map(0u16..12, any::<u8>(), 0..12), 1..20),
            joins in prop::collection::vec(any::<bool>(), 20),
        ) {
            let mut watch = Watch::default();
            let mut views: Vec<HashMap<Uuid, Client>> = Vec::new();
            for (state, joins) in states.iter().zip(joins) {
                let now: Vec<Client> = state.iter().map(|(n, m)| client(*n, *m)).collect();
                if joins {
                    watch.begin(&now);
                    views.push(as_view(&now));
                }
                if views.is_empty() {
                    watch.nobody_listens();
                } else if let Some(changes) = watch.step(&now) {
                    views.iter_mut().for_each(|view| apply(view, changes.clone()));
                }
                for view in &views {
                    prop_assert_eq!(view, &as_view(&now));
                }
            }
        }
    }
}
