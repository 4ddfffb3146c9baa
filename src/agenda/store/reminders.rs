//! Queries on reminders: what is due, and what waits for its account.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::agenda::entity::{event, reminder};

/// When the next event has something due.
pub async fn next_due(db: &impl ConnectionTrait) -> Result<Option<DateTime<Utc>>, DbErr> {
    let next: Option<i64> = event::Entity::find()
        .select_only()
        .column(event::Column::NextReminder)
        .filter(event::Column::NextReminder.is_not_null())
        .order_by_asc(event::Column::NextReminder)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(next.map(crate::clock::from_ms))
}

/// Events with something due, the longest due first.
pub async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    most: u64,
) -> Result<Vec<event::Model>, DbErr> {
    event::Entity::find()
        .filter(event::Column::NextReminder.lte(now.timestamp_millis()))
        .order_by_asc(event::Column::NextReminder)
        .limit(most)
        .all(db)
        .await
}

/// What a turn saw of an event.
pub struct Looked {
    pub id: Uuid,
    pub version: i64,
    pub due_ms: Option<i64>,
}

/// Sets when the event's reminders are looked at again, if nobody changed it or that time since.
pub async fn move_on(
    db: &impl ConnectionTrait,
    event: &Looked,
    next: Option<DateTime<Utc>>,
) -> Result<bool, DbErr> {
    let moved = event::Entity::update_many()
        .col_expr(event::Column::NextReminder, Expr::value(next.map(|at| at.timestamp_millis())))
        .filter(event::Column::Id.eq(event.id))
        .filter(event::Column::Version.eq(event.version))
        .filter(event::Column::NextReminder.eq(event.due_ms))
        .exec(db)
        .await?;
    Ok(moved.rows_affected > 0)
}

/// Adds reminders that wait for their accounts; the same one again moves its time.
pub async fn insert(db: &impl ConnectionTrait, rows: Vec<reminder::Model>) -> Result<(), DbErr> {
    use reminder::Column::{DueAt, EventId, Minutes, OccurrenceLocal, UserId};
    // 200 rows of five values: well below the number of values that a statement may have.
    for rows in rows.chunks(200) {
        let newer =
            OnConflict::columns([UserId, EventId, OccurrenceLocal, Minutes]).update_column(DueAt).to_owned();
        let rows = rows.iter().cloned().map(reminder::ActiveModel::from);
        reminder::Entity::insert_many(rows).on_conflict(newer).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What waits for an account, the earliest first.
pub async fn waiting(
    db: &impl ConnectionTrait,
    user: Uuid,
    most: u64,
) -> Result<Vec<reminder::Model>, DbErr> {
    reminder::Entity::find()
        .filter(reminder::Column::UserId.eq(user))
        .order_by_asc(reminder::Column::DueAt)
        .limit(most)
        .all(db)
        .await
}

/// The accounts for which something waits.
pub async fn awaited(db: &impl ConnectionTrait) -> Result<BTreeSet<Uuid>, DbErr> {
    let users: Vec<Uuid> = reminder::Entity::find()
        .select_only()
        .column(reminder::Column::UserId)
        .distinct()
        .into_tuple()
        .all(db)
        .await?;
    Ok(users.into_iter().collect())
}

/// Removes what was due before `oldest_ms`.
pub async fn forget(db: &impl ConnectionTrait, oldest_ms: i64) -> Result<(), DbErr> {
    reminder::Entity::delete_many().filter(reminder::Column::DueAt.lt(oldest_ms)).exec(db).await.map(drop)
}

/// Removes one that waits no more.
pub async fn remove(db: &impl ConnectionTrait, row: &reminder::Model) -> Result<(), DbErr> {
    let key = (row.user_id, row.event_id, row.occurrence_local, row.minutes);
    reminder::Entity::delete_by_id(key).exec(db).await.map(drop)
}
