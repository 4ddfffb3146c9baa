//! Who may send, how often, and how much at once. Decided before a byte of the body is read.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use poem::Request;
use url::Origin;
use uuid::Uuid;

use super::Refusal;
use super::room::{Room, Rooms};
use crate::auth::{Identity, Scope, Sender};
use crate::budget::{self, Budget, Budgets};
use crate::clock::Clock;
use crate::config::Config;
use crate::error::ApiError;
use crate::http::{Peer, network};
use crate::observe::{SignalsRefused, metrics};
use crate::telemetry::keys::{AppKey, AppKeys};

/// Requests a second from one address, which may be a whole office or a test machine.
const ADDRESS_RATE: u32 = 2_000;
/// Requests a second of one login: the SDK sends four.
const LOGIN_RATE: u32 = 50;
/// What an address has of a key for itself: one part of so many. Keys stand in web pages, and whoever takes one sends from
/// one address, or from a few.
const SHARE: i64 = 4;
/// What is left of a key's budget for addresses that have not used theirs: one part of so many.
const LEFT: i64 = 2;

/// Proof that somebody may send.
#[derive(Clone, Debug)]
pub enum Pass {
    /// An application key.
    Key(Arc<AppKey>),
    /// A login or an API token.
    Account(Arc<Identity>),
}

impl Pass {
    /// The account behind it, if there is one.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Key(_) => None,
            Self::Account(identity) => Some(identity),
        }
    }

    /// Whose batches these are: the same batch of another sender is another batch.
    pub fn credential(&self) -> Uuid {
        match self {
            Self::Key(key) => key.id,
            Self::Account(identity) => identity.user_id,
        }
    }
}

/// See the module.
pub struct Guard {
    clock: Clock,
    origins: HashSet<String>,
    rooms: Rooms,
    budgets: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    keys: Budgets<Uuid>,
    logins: Budgets<Uuid>,
    addresses: Budgets<IpAddr>,
    visitors: Budgets<(Uuid, IpAddr)>,
}

impl Tables {
    /// Takes a request of an address from the budget of a key. An address has a share for itself; beyond that it has
    /// what nobody else needs: an office may use a key up to its rate, and nobody else's page goes silent for it.
    ///
    /// # Errors
    /// The microseconds until there is one.
    fn spend(&mut self, key: &AppKey, address: Option<IpAddr>, now: i64) -> Result<(), i64> {
        let all = Budget::per_second(key.rate);
        let wait = self.keys.wait(all, &key.id, now);
        if wait > 0 {
            return Err(wait);
        }
        if let Some(address) = address {
            let own = self.visitors.spend(all.part(SHARE), (key.id, address), now);
            let spare = self.keys.wait(all.beyond(LEFT), &key.id, now);
            if let Err(own) = own
                && spare > 0
            {
                return Err(own.min(spare));
            }
        }
        self.keys.take(all, key.id, now);
        Ok(())
    }
}

impl Guard {
    pub fn new(config: &Config, clock: Clock) -> Self {
        let origins = config.cors_origins.iter().map(Origin::ascii_serialization).collect();
        Self { clock, origins, rooms: Rooms::new(), budgets: Mutex::default() }
    }

    /// Whether pages of this origin may use the whole server.
    pub fn is_configured(&self, origin: &str) -> bool {
        self.origins.contains(origin)
    }

    /// Lets the sender of a request in, or says why not.
    pub fn admit(&self, keys: &AppKeys, request: &Request) -> Result<Pass, Refusal> {
        let now = self.clock.now().timestamp_micros();
        let address = request.data::<Peer>().map(|peer| network(peer.0));
        let mut budgets = self.budgets.lock().expect("no panic while held");
        let limited = |wait| {
            let error = ApiError::too_many_requests(
                budget::seconds(wait),
                "Too many requests: send larger batches less often.",
            );
            (SignalsRefused::Rate, error)
        };
        if let Some(address) = address {
            budgets.addresses.spend(Budget::per_second(ADDRESS_RATE), address, now).map_err(limited)?;
        }
        let pass = pass(keys, request).map_err(|error| (SignalsRefused::Credential, error))?;
        match &pass {
            Pass::Key(key) => {
                let spent = budgets.spend(key, address, now);
                metrics::collect_limited(&key.app, spent.is_ok());
                spent
            }
            Pass::Account(who) => budgets.logins.spend(Budget::per_second(LOGIN_RATE), login(who), now),
        }
        .map_err(limited)?;
        Ok(pass)
    }

    /// A room for the body of somebody who may send, from this address. A key is shared by addresses; an account's own
    /// are all the same person.
    pub fn room(&self, pass: &Pass, address: Option<IpAddr>) -> Room {
        let shared = matches!(pass, Pass::Key(_));
        self.rooms.open(pass.credential(), address.map(network).filter(|_| shared))
    }
}

/// What a login's budget is kept under: the session, so that one device does not take another's.
fn login(who: &Identity) -> Uuid {
    who.session_id().unwrap_or(who.user_id)
}

fn pass(keys: &AppKeys, request: &Request) -> Result<Pass, ApiError> {
    if let Some(shown) = shown_key(request) {
        return keys.find(shown).map(Pass::Key).ok_or_else(|| {
            ApiError::unauthorized("unknown_app_key", "This application key does not exist, or was revoked.")
        });
    }
    match request.data::<Sender>() {
        Some(Sender::Known(who)) if who.has_scope(Scope::SignalsWrite) => Ok(Pass::Account(who.clone())),
        Some(Sender::Known(_)) => {
            Err(ApiError::forbidden("forbidden", "The API token is not made for `signals:write`."))
        }
        Some(Sender::Refused(error)) => Err(error.clone()),
        _ => Err(ApiError::unauthorized(
            "unauthorized",
            "Telemetry needs an application key (in the path, or in `X-API-Key`) or a bearer token.",
        )),
    }
}

/// The application key of a request: the rest of the path, or the header.
pub fn shown_key(request: &Request) -> Option<&str> {
    let of_path = request.raw_path_param("app_key");
    of_path.or_else(|| request.headers().get("x-api-key").and_then(|value| value.to_str().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_leaves_a_part_of_a_keys_budget_for_others() {
        let (mut tables, second) = (Tables::default(), 1_000_000);
        let key = AppKey {
            id: Uuid::from_u128(1),
            app: "desk".to_owned(),
            name: String::new(),
            key: String::new(),
            origins: Vec::new(),
            rate: 4,
            created_at: 0,
            created_by: Uuid::from_u128(2),
        };
        let mut send = |address: u8, now: i64| tables.spend(&key, Some([203, 0, 113, address].into()), now);
        // Forty at once: ten are each address's own, and twenty stay for those.
        for (address, admitted, wait) in
            [(1, 20, second / 4), (2, 10, second), (3, 10, second / 4), (4, 0, second / 4)]
        {
            for n in 0..admitted {
                assert_eq!(send(address, 0), Ok(()), "{n} of {address}");
            }
            assert_eq!(send(address, 0), Err(wait), "{address}");
        }
        // What one has for itself comes back slower than what all have.
        assert_eq!((send(1, second), send(1, second)), (Ok(()), Err(second)));
        assert_eq!((0..3).filter(|_| send(5, second).is_ok()).count(), 3);
        assert_eq!(send(5, second), Err(second / 4), "the key's own rate is for all");
        // Alone, one has the rate of the key.
        for n in 100..200 {
            assert_eq!((0..4).filter(|_| send(1, n * second).is_ok()).count(), 4);
        }
    }
}
