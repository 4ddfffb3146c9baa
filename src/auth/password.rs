//! Passwords: what is accepted, and the costly hash.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::AuthError;
use crate::config::Secret;

/// Fewest characters: with the login limiter, ten are out of reach of guessing.
const MIN: usize = 10;
/// Most characters, so that nobody makes us hash megabytes.
const MAX: usize = 128;
/// Argon2id as OWASP advises: 19 MiB, two passes, one lane; some 20 ms.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at once: each takes a core and 19 MiB.
const AT_ONCE: usize = 4;
/// How long a login waits for its turn before it is told to come back.
const WAIT: Duration = Duration::from_secs(10);
/// A hash with the costs above that no password has, verified for names that nobody has.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that keeps the rules.
#[derive(Clone, Debug)]
pub struct NewPassword(Secret);

impl NewPassword {
    /// Accepts 10 to 128 characters that are not the user name.
    ///
    /// # Errors
    /// What the password must be.
    pub fn parse(text: &str, username: &str) -> Result<Self, &'static str> {
        if !(MIN..=MAX).contains(&text.chars().count()) {
            return Err("must be 10 to 128 characters long");
        }
        if text.to_lowercase() == username.to_lowercase() {
            return Err("must not be the user name");
        }
        Ok(Self(Secret::new(text)))
    }
}

/// Hashes and verifies, a few at a time, away from the threads that serve.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    verified: Arc<AtomicU64>,
}

impl Passwords {
    pub fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), verified: Arc::default() }
    }

    /// The PHC string to keep of `password`.
    pub async fn hash(&self, password: NewPassword) -> Result<String, AuthError> {
        self.run(move || {
            let hash = argon2().hash_password(password.0.expose().as_bytes());
            hash.map(|h| h.to_string()).map_err(|e| AuthError::Internal(e.to_string()))
        })
        .await?
    }

    /// Whether `password` has this hash. Without a hash it costs the same and is never so.
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> Result<bool, AuthError> {
        let verified = self.verified.clone();
        self.run(move || {
            verified.fetch_add(1, Ordering::Relaxed);
            let phc = hash.as_deref().unwrap_or(NOBODY);
            let matches = argon2().verify_password(password.expose().as_bytes(), phc).is_ok();
            matches && hash.is_some()
        })
        .await
    }

    /// Hashes verified since the start.
    pub fn verified(&self) -> u64 {
        self.verified.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AuthError> {
        let turn = tokio::time::timeout(WAIT, self.turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(AuthError::Busy);
        };
        // The turn goes along: a caller who leaves does not make room before the work is done.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        done.await.map_err(|e| AuthError::Internal(e.to_string()))
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the costs are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        assert!(NewPassword::parse("0123456789", "ann").is_ok());
        assert!(NewPassword::parse(&"ä".repeat(128), "ann").is_ok());
        assert_eq!(NewPassword::parse("012345678", "ann").unwrap_err(), "must be 10 to 128 characters long");
        assert_eq!(
            NewPassword::parse(&"a".repeat(129), "ann").unwrap_err(),
            "must be 10 to 128 characters long"
        );
        assert_eq!(NewPassword::parse("Anna.Smith", "anna.smith").unwrap_err(), "must not be the user name");
    }

    #[tokio::test]
    async fn hashes_are_argon2id_with_the_advised_costs() {
        let passwords = Passwords::new();
        let hash = passwords.hash(NewPassword::parse("correct horse", "ann").unwrap()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(Secret::new("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(Secret::new("wrong horse"), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn the_hash_of_nobody_costs_as_much_and_never_matches() {
        // It must be read as a hash, or it would cost nothing.
        let mut out = [0u8; 32];
        argon2().hash_password_into(b"any", &[0u8; 16], &mut out).unwrap();
        let error = argon2().verify_password(b"any", NOBODY).unwrap_err();
        assert_eq!(error, argon2::password_hash::Error::PasswordInvalid);
        assert!(!Passwords::new().verify(Secret::new("any"), None).await.unwrap());
    }
}
