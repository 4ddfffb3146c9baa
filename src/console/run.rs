//! Running a verb: who may, what it does, and the row that it leaves.

use std::sync::Arc;

use serde_json::{Map, json};

use super::reply::Reply;
use super::spec::Name;
use super::verb::{To, Verb};
use super::{Console, show};
use crate::audit::{Action, Outcome};
use crate::auth::{AuthError, Identity, Role};
use crate::backup::BackupError;
use crate::clients::Recipients;
use crate::config::Secret;
use crate::realtime::{Connection, Error};
use crate::timestamp::Timestamp;

/// Who runs something, and over which connection.
pub struct Caller<'a> {
    pub who: &'a Arc<Identity>,
    pub connection: Arc<Connection>,
}

impl Caller<'_> {
    fn action(&self, action: String, outcome: Outcome) -> Action {
        Action {
            user_id: self.who.user_id,
            username: self.who.username.clone(),
            action,
            target: Map::new(),
            outcome,
            status: None,
            address: self.connection.address.to_string(),
            request_id: self.connection.id.clone(),
        }
    }
}

impl Console {
    /// Runs a line. Returns when its row in the audit log is durable.
    pub async fn run(&self, caller: &Caller<'_>, line: &str) -> Result<Reply, Error> {
        let audit = &self.slices.audit;
        if caller.who.role < Role::Admin {
            audit.record_try(caller.action("console".to_owned(), Outcome::Refused)).await;
            return Err(Error::PERMISSION_DENIED);
        }
        let named =
            |verb: Option<Name>| verb.map_or("console".to_owned(), |v| format!("console.{}", v.spec().word));
        let verb = match Verb::parse(line) {
            Ok(verb) => verb,
            Err(fault) => {
                // Nothing of the line: what was not understood may be a password in the wrong place.
                audit.record(caller.action(named(fault.verb()), Outcome::Refused)).await;
                return Ok(Reply::from(&fault));
            }
        };
        let done = match self.may(caller, &verb) {
            Ok(()) => self.call(caller, &verb).await,
            Err(refused) => Err(refused),
        };
        let outcome = match &done {
            Ok(reply) if reply.is_error() => Outcome::Refused,
            Ok(_) => Outcome::Ok,
            Err(Error::INTERNAL) => Outcome::Failed,
            Err(_) => Outcome::Refused,
        };
        let mut action = caller.action(named(Some(verb.name())), outcome);
        action.target = verb.arguments();
        audit.record(action).await;
        done
    }

    fn may(&self, caller: &Caller<'_>, verb: &Verb) -> Result<(), Error> {
        let spec = verb.name().spec();
        if spec.scope.is_some_and(|scope| !caller.who.has_scope(scope)) {
            return Err(Error::PERMISSION_DENIED);
        }
        if !spec.changes {
            return Ok(());
        }
        // An API token has no password to show.
        let session = caller.who.session_id().ok_or(Error::PERMISSION_DENIED)?;
        self.slices.auth.confirmed(session).map(drop).ok_or(Error::CONFIRMATION_REQUIRED)
    }

    /// Takes the password of a session, which then counts for some minutes. Gives until when.
    pub async fn confirm(&self, caller: &Caller<'_>, password: Secret) -> Result<Timestamp, Error> {
        let refused = || caller.action("console.confirm".to_owned(), Outcome::Refused);
        if caller.who.role < Role::Admin {
            self.slices.audit.record_try(refused()).await;
            return Err(Error::PERMISSION_DENIED);
        }
        let checked = match caller.who.session_id() {
            None => Err(Error::PERMISSION_DENIED),
            Some(session) => {
                let address = caller.connection.address;
                let until = self.slices.auth.confirm(caller.who, session, password, address).await;
                until.map_err(|e| match e {
                    AuthError::WrongPassword => Error::WRONG_PASSWORD,
                    AuthError::Limited { .. } | AuthError::Busy => Error::TOO_MANY_REQUESTS,
                    other => Error::internal(other),
                })
            }
        };
        let action = match checked {
            Ok(_) => caller.action("console.confirm".to_owned(), Outcome::Ok),
            Err(_) => refused(),
        };
        self.slices.audit.record(action).await;
        checked.map(Timestamp::from)
    }

    async fn call(&self, caller: &Caller<'_>, verb: &Verb) -> Result<Reply, Error> {
        let (who, slices) = (caller.who, &self.slices);
        Ok(match verb {
            Verb::Help(None) => show::verbs(),
            Verb::Help(Some(name)) => show::verb(*name),
            Verb::Clients(filter) => show::clients(&self.hub, filter.as_ref()),
            Verb::Client(id) => show::client(&self.hub, *id),
            Verb::Kick(id) => match slices.fleet.kick(who, *id) {
                0 => Reply::missing("client", "client"),
                n => Reply::done("kicked", format!("Disconnected {n}."), json!({"clients": n})),
            },
            Verb::Notify(to, text) => {
                let to = match to {
                    To::All => Some(Recipients::All),
                    To::Id(id) => Some(Recipients::Named(*id)),
                    To::User(name) => {
                        slices.auth.account_named(name.as_str()).map(|a| Recipients::User(a.id))
                    }
                };
                let Some(to) = to else { return Ok(Reply::missing("to", "account")) };
                match slices.fleet.notify(who, to, text.as_str()) {
                    0 => Reply::missing("to", "connected client"),
                    n => Reply::done("notified", format!("Sent to {n}."), json!({"clients": n})),
                }
            }
            Verb::LogLevel(id, level, minutes) => {
                let set = slices.fleet.set_log_level(who, *id, *level, minutes.get());
                match set.await.map_err(Error::internal)? {
                    None => Reply::missing("installation", "installation"),
                    Some(settings) => {
                        let text = format!("Logs at {} for {} minutes.", level.as_str(), minutes.get());
                        let values =
                            json!({"level": level, "minutes": minutes.get(), "until": settings.until});
                        Reply::done("log_level_set", text, values)
                    }
                }
            }
            Verb::Sessions(name) => match name {
                None => show::sessions(&slices.auth, None),
                Some(name) => match slices.auth.account_named(name.as_str()) {
                    Some(account) => show::sessions(&slices.auth, Some(account.id)),
                    None => Reply::missing("user", "account"),
                },
            },
            Verb::EndSession(id) => {
                let Some(session) = slices.auth.every_session().into_iter().find(|s| s.id == *id) else {
                    return Ok(Reply::missing("id", "session"));
                };
                match slices.auth.end_session(session.user_id, *id).await {
                    Ok(()) => Reply::done("session_ended", "The session is over.".to_owned(), json!({})),
                    Err(AuthError::NotFound) => Reply::missing("id", "session"),
                    Err(e) => return Err(Error::internal(e)),
                }
            }
            Verb::Users => show::users(&slices.auth),
            Verb::Stats => show::stats(&slices.monitor).await,
            Verb::Errors => show::errors(&self.db).await.map_err(Error::internal)?,
            Verb::Rooms => show::rooms(&slices.chat, who).await.map_err(Error::internal)?,
            Verb::Audit => show::audit(&slices.audit).await.map_err(Error::internal)?,
            Verb::Backups => show::backups(&slices.backups).await,
            Verb::Backup => match slices.backups.ask(None).await {
                Ok((begun, _)) => {
                    let text = "The backup is being made: `backups` shows what becomes of it.";
                    Reply::done("backup_begun", text.to_owned(), json!({"id": begun.id}))
                }
                Err(BackupError::Busy) => {
                    let text = "Another backup is being made.".to_owned();
                    Reply::Error { code: "busy", text, argument: None, usage: None, suggestion: None }
                }
                Err(e) => return Err(Error::internal(e)),
            },
            Verb::ServerLogLevel(level, minutes) => {
                let (levels, level, minutes) = (slices.logs.levels(), level.as_str(), minutes.get());
                let set = levels.set(level, Some(minutes), &who.username).map_err(Error::internal)?;
                let text = format!("The server logs at {level} for {minutes} minutes.");
                let until = set.until.map(Timestamp::from);
                let values = json!({"level": level, "minutes": minutes, "until": until});
                Reply::done("server_log_level_set", text, values)
            }
            Verb::Whoami => {
                let until = who.session_id().and_then(|session| slices.auth.confirmed(session));
                show::whoami(who, until)
            }
            Verb::Tail(conditions) => {
                Reply::Tail { channel: conditions.channel.clone(), filter: conditions.pairs.clone() }
            }
        })
    }
}
