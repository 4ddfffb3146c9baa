//! Identifiers: UUIDv7 for records, random strings for secrets.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::{NoContext, Timestamp, Uuid};

use crate::clock::Clock;

/// A new record id: UUIDv7, so that ids sort by creation.
pub fn new(clock: &Clock) -> Uuid {
    let now = clock.now();
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, now.timestamp_subsec_nanos()))
}

/// A new secret of 256 random bits, in URL-safe characters.
pub fn secret() -> String {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a secret: its SHA-256. Enough for a 256-bit random value; never for a password.
pub fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
