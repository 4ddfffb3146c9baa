//! Queries on groups of errors that are to go, or that name somebody who is.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use super::Id;
use super::faults;
use super::kept::{self, Owner};
use super::parts::ROW_BYTES;
use super::usage::{self, Beside};
use crate::db::{json, statement};
use crate::telemetry::signal::Body;

/// Exceptions of a group, the last ones, among which one of somebody else is looked for.
const LOOKED_AT: u32 = 100;

#[derive(FromQueryResult)]
struct Bytes {
    bytes: i64,
}

/// Deletes the groups that were not seen for longest, and not since `edge_ms` if it is given, of about `bytes` at most;
/// gives how many.
pub async fn delete_oldest(
    conn: &impl ConnectionTrait,
    edge_ms: Option<i64>,
    bytes: i64,
) -> Result<u64, DbErr> {
    // With what hangs on it, one has some hundred kilobytes at most.
    let sql = "DELETE FROM error_groups WHERE id IN (SELECT id FROM (SELECT id, SUM(bytes) OVER \
               (ORDER BY last_seen, id ROWS UNBOUNDED PRECEDING) - bytes AS before FROM (SELECT id, last_seen, bytes \
               FROM error_groups WHERE last_seen < $1 ORDER BY last_seen, id LIMIT 1000)) WHERE before < $2) \
               RETURNING bytes";
    let values = [edge_ms.unwrap_or(i64::MAX).into(), bytes.into()];
    let gone = Bytes::find_by_statement(statement(conn, sql, values)).all(conn).await?;
    usage::change(conn, Beside::Groups, -gone.iter().map(|gone| gone.bytes).sum::<i64>()).await?;
    Ok(gone.len() as u64)
}

/// Takes an owner's clients off their groups, at most `most` rows, and the owner's words with them; gives how many.
pub async fn forget_clients(conn: &impl ConnectionTrait, owner: &Owner, most: u64) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM error_group_clients WHERE (group_id, client) IN (SELECT group_id, client FROM error_group_clients \
         WHERE client IN ({}) LIMIT {most}) RETURNING group_id AS id",
        json::each_id("$1")
    );
    let gone = Id::find_by_statement(statement(conn, &sql, [json::ids(&owner.installations).into()]))
        .all(conn)
        .await?;
    let mut groups: BTreeMap<i64, i64> = BTreeMap::new();
    for Id { id } in &gone {
        *groups.entry(*id).or_default() += 1;
    }
    for (group, less) in &groups {
        let sql = "UPDATE error_groups SET clients = clients - $2, bytes = bytes - $3 WHERE id = $1";
        let values = [(*group).into(), (*less).into(), (less * ROW_BYTES).into()];
        conn.execute_raw(statement(conn, sql, values)).await?;
    }
    usage::change(conn, Beside::Groups, -(gone.len() as i64 * ROW_BYTES)).await?;
    retell(conn, &groups.into_keys().collect(), owner).await?;
    Ok(gone.len() as u64)
}

/// Gives groups the words of somebody else than an owner, as far as any are stored. Nobody knows any more whose words a
/// group has: without another's it has none, until its next exception.
pub async fn retell(conn: &impl ConnectionTrait, groups: &BTreeSet<i64>, owner: &Owner) -> Result<(), DbErr> {
    #[derive(FromQueryResult)]
    struct Other {
        body: String,
    }
    let [account, installations] = owner.values();
    let (owned, mut bytes) = (kept::owned(), 0);
    for group in groups {
        let sql = format!(
            "SELECT body FROM signals WHERE id = (SELECT s.id FROM (SELECT id, context_id FROM signals WHERE group_id = $3 \
             ORDER BY id DESC LIMIT {LOOKED_AT}) s JOIN signal_contexts c ON c.id = s.context_id \
             WHERE {owned} IS NOT TRUE ORDER BY s.id LIMIT 1)"
        );
        let values = [account.clone(), installations.clone(), (*group).into()];
        let other = Other::find_by_statement(statement(conn, &sql, values)).one(conn).await?;
        let body: Body = other.and_then(|other| serde_json::from_str(&other.body).ok()).unwrap_or_default();
        let message = faults::message(&body);
        let sql = "SELECT octet_length(message) AS bytes FROM error_groups WHERE id = $1";
        let had = Bytes::find_by_statement(statement(conn, sql, [(*group).into()])).one(conn).await?;
        let Some(Bytes { bytes: had }) = had else { continue };
        let more = message.len() as i64 - had;
        let sql = "UPDATE error_groups SET message = $2, bytes = bytes + $3 WHERE id = $1";
        conn.execute_raw(statement(conn, sql, [(*group).into(), message.into(), more.into()])).await?;
        bytes += more;
    }
    usage::change(conn, Beside::Groups, bytes).await
}
