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
    /// Who is told, and unknown to some listener.
    again: HashSet<Uuid>,
    silent: u32,
}

impl Watch {
    /// A new listener was told the first `shown` of `now`; the others follow. Those who listen already may know an older
    /// state: then changes go on from that one, as they are right for both.
    pub fn begin(&mut self, now: &[Client], shown: usize) {
        self.silent = 0;
        let (shown, rest) = now.split_at(shown.min(now.len()));
        match &mut self.told {
            None => self.told = Some(shown.iter().map(|c| (c.id, c.clone())).collect()),
            // Told to all once more, which is nothing new to who knows them.
            Some(_) => self.again.extend(rest.iter().map(|c| c.id)),
        }
    }

    /// Nobody listens at this moment.
    pub fn nobody_listens(&mut self) {
        self.silent += 1;
        if self.silent > GRACE {
            self.told = None;
            self.again.clear();
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
        self.again.retain(|id| present.contains(id));
        // New ones first: those that change all the time would otherwise keep them out.
        let is_new = |c: &&Client| !told.contains_key(&c.id) || self.again.contains(&c.id);
        let new: Vec<&Client> = now.iter().filter(is_new).take(MOST).collect();
        let other = now.iter().filter(|c| !is_new(c) && told.get(&c.id) != Some(*c));
        let other: Vec<&Client> = other.take(MOST - new.len()).collect();
        for client in new.iter().chain(&other) {
            told.insert(client.id, (*client).clone());
            self.again.remove(&client.id);
        }
        changes.connected = new.into_iter().cloned().collect();
        changes.updated = other.into_iter().cloned().collect();
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
        watch.begin(&[client(1, 0)], 1);
        assert_eq!(watch.step(&[client(1, 0)]), None);
    }

    #[test]
    fn a_flood_is_told_in_portions() {
        let all: Vec<Client> = (0..1_200).map(|n| client(n, 0)).collect();
        let mut watch = Watch::default();
        watch.begin(&[], 0);
        let mut view = HashMap::new();
        for size in [MOST, MOST, 200] {
            let changes = watch.step(&all).unwrap();
            assert_eq!(changes.connected.len(), size);
            apply(&mut view, changes);
        }
        assert_eq!((view, watch.step(&all)), (as_view(&all), None));
    }

    #[test]
    fn who_is_not_in_the_first_answer_follows_also_for_a_second_listener() {
        let all: Vec<Client> = (0..1_600).map(|n| client(n, 0)).collect();
        let busy: Vec<Client> = (0..1_600).map(|n| client(n, u8::from(n < 1_000))).collect();
        let mut watch = Watch::default();
        for _ in 0..2 {
            watch.begin(&all, 1_000);
            let mut view = as_view(&all[..1_000]);
            // Everybody that was shown has changed by now, and does not hold the others up.
            for size in [MOST, 100] {
                let changes = watch.step(&busy).unwrap();
                assert_eq!((changes.connected.len(), changes.updated.len()), (size, MOST - size));
                apply(&mut view, changes);
            }
            assert_eq!(view.len(), 1_600);
            while let Some(changes) = watch.step(&all) {
                apply(&mut view, changes);
            }
            assert_eq!(view, as_view(&all));
        }
    }

    #[test]
    fn one_that_left_before_the_first_message_is_not_kept() {
        let mut watch = Watch::default();
        watch.begin(&[client(1, 0)], 1);
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
            shown in 0usize..12,
        ) {
            let mut watch = Watch::default();
            let mut views: Vec<HashMap<Uuid, Client>> = Vec::new();
            for (state, joins) in states.iter().zip(joins) {
                let now: Vec<Client> = state.iter().map(|(n, m)| client(*n, *m)).collect();
                if joins {
                    let shown = shown.min(now.len());
                    watch.begin(&now, shown);
                    views.push(as_view(&now[..shown]));
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
