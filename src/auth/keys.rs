//! Access tokens: signed JWTs, and the keys that sign and verify them.
//!
//! The first key signs, all verify, so a secret is replaced without logging anybody out: the new one comes first,
//! the old one stays until the tokens that it signed have expired.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config::{Config, ConfigError, Secret};

/// Who issues.
const ISSUER: &str = "workspace-server";
/// Whom a token is for: tokens of other programs that share the secret are refused.
const AUDIENCE: &str = "workspace-api";
/// The one algorithm, whatever a token's header says.
const ALGORITHM: Algorithm = Algorithm::HS256;

/// What an access token says. The rights are looked up, not carried.
#[derive(Debug, Deserialize, Serialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// Account.
    pub sub: Uuid,
    /// Session.
    pub sid: Uuid,
    iat: i64,
    exp: i64,
}

/// Why a token was refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It was good until it expired.
    Expired,
    /// It never was good.
    Invalid,
}

struct Key {
    kid: String,
    signs: EncodingKey,
    verifies: DecodingKey,
}

/// Every key, the signing one first.
pub struct Keys {
    keys: Vec<Key>,
    validation: Validation,
}

impl Keys {
    /// From the configuration, or from the file beside the database, which is made when it is not there.
    ///
    /// # Errors
    /// One line when that file cannot be made, read or used.
    pub fn open(config: &Config) -> Result<Self, ConfigError> {
        let mut secrets = match &config.jwt_secret {
            Some(secret) => vec![secret.clone()],
            None => kept(&config.database.with_extension("jwt-secret"))?,
        };
        secrets.extend(config.jwt_secret_previous.iter().cloned());
        Ok(Self::new(&secrets))
    }

    /// Keys from secrets; the first one signs.
    pub fn new(secrets: &[Secret]) -> Self {
        let keys = secrets.iter().map(|secret| {
            let bytes = secret.expose().as_bytes();
            Key {
                kid: kid(secret.expose()),
                signs: EncodingKey::from_secret(bytes),
                verifies: DecodingKey::from_secret(bytes),
            }
        });
        let mut validation = Validation::new(ALGORITHM);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // Expiry is checked here against our own clock, without leeway: issuer and verifier are one.
        validation.validate_exp = false;
        Self { keys: keys.collect(), validation }
    }

    /// An access token of a session.
    pub fn sign(&self, user: Uuid, session: Uuid, now: DateTime<Utc>, expires: DateTime<Utc>) -> String {
        let key = &self.keys[0];
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(ALGORITHM) };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: session,
            iat: now.timestamp(),
            exp: expires.timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &key.signs).expect("plain claims and an HMAC key")
    }

    /// What a token says, and when it expires.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<(Claims, DateTime<Utc>), Refusal> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Invalid)?;
        let key = self.keys.iter().find(|k| header.kid.as_deref() == Some(&k.kid)).ok_or(Refusal::Invalid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key.verifies, &self.validation)
            .map_err(|_| Refusal::Invalid)?
            .claims;
        let expires = DateTime::from_timestamp(claims.exp, 0).ok_or(Refusal::Invalid)?;
        if expires <= now { Err(Refusal::Expired) } else { Ok((claims, expires)) }
    }

    /// Secrets that only this server can make from `text`, one for each key.
    pub fn derive<'a>(&'a self, text: &str) -> impl Iterator<Item = String> + use<'a> {
        // No JWT can be mistaken for one of these, as its signed part has no NUL.
        let message = format!("derive\0{text}");
        self.keys.iter().map(move |key| {
            jsonwebtoken::crypto::sign(message.as_bytes(), &key.signs, ALGORITHM).expect("an HMAC key signs")
        })
    }
}

/// A key's public name: enough of a hash to tell keys apart, too little to learn anything.
fn kid(secret: &str) -> String {
    crate::id::digest(&format!("kid\0{secret}"))[..4].iter().map(|b| format!("{b:02x}")).collect()
}

/// The secrets kept in `path`, one a line; made on the first start.
fn kept(path: &Path) -> Result<Vec<Secret>, ConfigError> {
    let fault = |found: String| {
        ConfigError::new("JWT_SECRET", found, "set JWT_SECRET, or make the file readable and writable")
    };
    let shown = path.display();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let secret = crate::id::secret();
            write_new(path, &secret)
                .map_err(|e| fault(format!("none is set and `{shown}` cannot be made ({e})")))?;
            secret
        }
        Err(e) => return Err(fault(format!("none is set and `{shown}` cannot be read ({e})"))),
    };
    if std::fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o077 != 0) {
        tracing::warn!(
            "Others can read `{shown}`, which signs access tokens: `chmod 600` it and replace the secret"
        );
    }
    let secrets: Vec<Secret> =
        text.lines().map(str::trim).filter(|l| !l.is_empty()).map(Secret::new).collect();
    if secrets.is_empty() || secrets.iter().any(|s| s.expose().len() < 32) {
        return Err(ConfigError::new(
            "JWT_SECRET",
            format!("`{shown}` has no secret, or one of less than 32 characters"),
            "remove the file to have a new one made",
        ));
    }
    Ok(secrets)
}

/// Durable before it is used: a secret lost in a power cut would log everybody out.
fn write_new(path: &Path, secret: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{secret}")?;
    file.sync_all()
}
