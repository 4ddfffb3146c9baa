//! What verbs show: rows of the slices that they ask.

use std::sync::atomic::Ordering::Relaxed;

use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use serde_json::{Value, json};
use uuid::Uuid;

use super::reply::{Cell, Reply};
use super::spec::{ALL, Name};
use super::verb::Short;
use crate::audit::{Audit, Filter};
use crate::auth::{Auth, Credential, Identity, SessionKind};
use crate::backup::{Backups, Manifest};
use crate::chat::{Chat, ChatError};
use crate::clients::{self, Client};
use crate::db::Db;
use crate::monitoring::Monitor;
use crate::realtime::Hub;
use crate::telemetry::errors;
use crate::timeline;
use crate::timestamp::Timestamp;

/// Rows of a table: more is for the pages and the API. With the widest rows some 60 KB.
const ROWS: usize = 200;

fn words(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

fn time(ms: i64) -> Value {
    json!(Timestamp::from_ms(ms))
}

/// Every verb.
pub fn verbs() -> Reply {
    let row = |spec: &super::spec::Spec| vec![json!(spec.usage()), json!(spec.summary), json!(spec.changes)];
    let columns = [("usage", Cell::Text), ("summary", Cell::Text), ("changes", Cell::Text)];
    Reply::table(&columns, ALL.iter().map(row).collect(), ALL.len())
}

/// One verb.
pub fn verb(name: Name) -> Reply {
    let spec = name.spec();
    Reply::pairs(vec![
        ("usage", json!(spec.usage())),
        ("summary", json!(spec.summary)),
        ("changes", json!(spec.changes)),
        ("scope", json!(spec.scope.map(|scope| scope.as_str()))),
    ])
}

/// Connected clients with a text in what names them.
pub fn clients(hub: &Hub, filter: Option<&Short>) -> Reply {
    let found = clients::found(hub, filter.map(Short::as_str));
    let row = |c: &Client| {
        vec![
            json!(c.id),
            json!(c.user.username),
            json!(words(&[&c.app, &c.app_version])),
            json!(words(&[&c.os, &c.os_version])),
            json!(c.hostname),
            json!(c.address),
            json!(c.rtt_ms.as_ref().map(|rtt| rtt.last)),
            json!(c.connected_at),
        ]
    };
    let columns = [
        ("id", Cell::Id),
        ("user", Cell::Text),
        ("app", Cell::Text),
        ("os", Cell::Text),
        ("host", Cell::Text),
        ("address", Cell::Text),
        ("rtt_ms", Cell::Number),
        ("since", Cell::Time),
    ];
    Reply::table(&columns, found.iter().take(ROWS).map(row).collect(), found.len())
}

/// A connected client, by its id or its installation's.
pub fn client(hub: &Hub, id: Uuid) -> Reply {
    let of_installation = || clients::connected(hub).into_iter().find(|c| c.installation == id);
    let Some(c) = clients::client(hub, id).or_else(of_installation) else {
        return Reply::missing("id", "connected client");
    };
    Reply::pairs(vec![
        ("id", json!(c.id)),
        ("installation", json!(c.installation)),
        ("user", json!(c.user.username)),
        ("name", json!(c.user.name)),
        ("app", json!(words(&[&c.app, &c.app_version]))),
        ("sdk", json!(c.sdk)),
        ("os", json!(words(&[&c.os, &c.os_version]))),
        ("host", json!(c.hostname)),
        ("locale", json!(c.locale)),
        ("address", json!(c.address)),
        ("since", json!(c.connected_at)),
        ("rtt_ms", json!(c.rtt_ms.as_ref().map(|rtt| rtt.last))),
        ("messages_in", json!(c.messages_in)),
        ("messages_out", json!(c.messages_out)),
        ("channels", json!(c.channels.join(" "))),
    ])
}

/// Sessions, of one account or of all.
pub fn sessions(auth: &Auth, user: Option<Uuid>) -> Reply {
    let mut found = user.map_or_else(|| auth.every_session(), |user| auth.sessions_of(user));
    found.sort_by_key(|s| std::cmp::Reverse((s.used_ms.load(Relaxed), s.id)));
    let name = |id: Uuid| auth.account(id).map(|account| account.username.clone());
    let rows = found.iter().take(ROWS).map(|s| {
        vec![
            json!(s.id),
            json!(name(s.user_id)),
            json!(s.kind.as_str()),
            json!(s.device),
            json!(s.address),
            time(s.created_ms),
            time(s.used_ms.load(Relaxed)),
        ]
    });
    let columns = [
        ("id", Cell::Id),
        ("user", Cell::Text),
        ("type", Cell::Text),
        ("device", Cell::Text),
        ("address", Cell::Text),
        ("since", Cell::Time),
        ("used", Cell::Time),
    ];
    Reply::table(&columns, rows.collect(), found.len())
}

/// Accounts.
pub fn users(auth: &Auth) -> Reply {
    let accounts = auth.accounts();
    let rows = accounts.iter().take(ROWS).map(|a| {
        let state = if a.disabled { "disabled" } else { "active" };
        vec![
            json!(a.username),
            json!(a.name),
            json!(a.role.as_str()),
            json!(state),
            json!(Timestamp::from(a.created_at)),
        ]
    });
    let columns = [
        ("user", Cell::Text),
        ("name", Cell::Text),
        ("role", Cell::Text),
        ("state", Cell::Text),
        ("since", Cell::Time),
    ];
    Reply::table(&columns, rows.collect(), accounts.len())
}

/// How the server is doing.
pub async fn stats(monitor: &Monitor) -> Reply {
    let s = monitor.status().await;
    Reply::pairs(vec![
        ("version", json!(s.build.version)),
        ("uptime_seconds", json!(s.uptime_seconds)),
        ("clients", json!(s.realtime.clients)),
        ("users_online", json!(s.realtime.users_online)),
        ("channels", json!(s.realtime.channels)),
        ("requests_per_second", json!(s.http.requests_per_second.minute)),
        ("errors_per_second", json!(s.http.errors_per_second.minute)),
        ("p95_ms", json!(s.http.latency_ms.minute.map(|latency| latency.p95))),
        ("messages_in_per_second", json!(s.realtime.messages_in_per_second.minute)),
        ("messages_out_per_second", json!(s.realtime.messages_out_per_second.minute)),
        ("database_bytes", json!(s.database.bytes)),
        ("write_queue", json!(s.database.write_queue)),
        ("memory_bytes", json!(s.process.memory_bytes)),
        ("cpu_percent", json!(s.process.cpu_percent)),
    ])
}

/// The errors that were seen last.
pub async fn errors(db: &Db) -> Result<Reply, DbErr> {
    let found = errors::latest(db, ROWS as i64).await?;
    let rows = found.iter().map(|e| {
        vec![
            time(e.last_seen),
            json!(e.app),
            json!(e.count),
            json!(e.clients),
            json!(e.r#type),
            json!(e.message),
            json!(e.culprit),
        ]
    });
    let columns = [
        ("last_seen", Cell::Time),
        ("app", Cell::Text),
        ("count", Cell::Number),
        ("clients", Cell::Number),
        ("type", Cell::Text),
        ("message", Cell::Text),
        ("culprit", Cell::Text),
    ];
    let total = found.len();
    Ok(Reply::table(&columns, rows.collect(), total))
}

/// The rooms that the caller may read.
pub async fn rooms(chat: &Chat, who: &Identity) -> Result<Reply, ChatError> {
    let found = chat.rooms(who, None, None, ROWS as u64).await?;
    let rows = found.iter().map(|r| {
        vec![
            json!(r.id),
            json!(r.name),
            json!(r.kind),
            json!(r.last_offset),
            json!(r.unread),
            json!(r.last_message_at),
        ]
    });
    let columns = [
        ("id", Cell::Id),
        ("name", Cell::Text),
        ("type", Cell::Text),
        ("events", Cell::Number),
        ("unread", Cell::Number),
        ("last_message", Cell::Time),
    ];
    let total = found.len();
    Ok(Reply::table(&columns, rows.collect(), total))
}

/// What was done last with an administrator's rights.
pub async fn audit(audit: &Audit) -> Result<Reply, DbErr> {
    let found = audit.list(&Filter::default(), None, ROWS as u64).await?;
    let rows = found.iter().map(|row| {
        let (a, target) = (&row.action, Value::from(row.action.target.clone()));
        vec![
            time(timeline::ms(row.id)),
            json!(a.username),
            json!(a.action),
            json!(a.outcome.as_str()),
            json!(a.status),
            json!(if a.target.is_empty() { String::new() } else { target.to_string() }),
            json!(a.address),
        ]
    });
    let columns = [
        ("time", Cell::Time),
        ("user", Cell::Text),
        ("action", Cell::Text),
        ("outcome", Cell::Text),
        ("status", Cell::Number),
        ("target", Cell::Text),
        ("address", Cell::Text),
    ];
    let total = found.len();
    Ok(Reply::table(&columns, rows.collect(), total))
}

/// Backups, with the one that is being made or was tried last when there is none of it.
pub async fn backups(backups: &Backups) -> Reply {
    let kept = backups.list().await;
    let row = |made: &Manifest| {
        vec![
            json!(Timestamp::from(made.content.created_at)),
            json!("ok"),
            json!(made.content.reason),
            json!(made.size_bytes),
            json!(made.content.all_rows()),
            json!(made.file),
        ]
    };
    let mut rows: Vec<_> = kept.iter().take(ROWS).map(row).collect();
    if let Some(attempt) = backups.unfinished() {
        let state = attempt.error.map_or(json!("running"), |error| json!(error));
        let time = json!(Timestamp::from(attempt.started_at));
        rows.insert(0, vec![time, state, json!(attempt.reason), Value::Null, Value::Null, Value::Null]);
        rows.truncate(ROWS);
    }
    let columns = [
        ("time", Cell::Time),
        ("state", Cell::Text),
        ("reason", Cell::Text),
        ("bytes", Cell::Number),
        ("rows", Cell::Number),
        ("file", Cell::Text),
    ];
    let total = rows.len().max(kept.len());
    Reply::table(&columns, rows, total)
}

/// Who asks.
pub fn whoami(who: &Identity, confirmed: Option<DateTime<Utc>>) -> Reply {
    let credential = match &who.credential {
        Credential::Session { kind: SessionKind::Cookie, .. } => "cookie",
        Credential::Session { kind: SessionKind::Token, .. } => "token",
        Credential::ApiToken { .. } => "api_token",
    };
    Reply::pairs(vec![
        ("user", json!(who.username)),
        ("name", json!(who.name)),
        ("role", json!(who.role.as_str())),
        ("credential", json!(credential)),
        ("session", json!(who.session_id())),
        ("confirmed_until", json!(confirmed.map(Timestamp::from))),
    ])
}
