//! Queries on events, feeds, settings and reminders.

pub mod reminders;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use uuid::Uuid;

use super::entity::{attendee, event, feed, settings};
use super::model::{Event, Label};
use super::row;
use super::text::Uid;

/// The event with this id, unless there is none or its row is damaged.
pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Event>, DbErr> {
    Ok(event::Entity::find_by_id(id).one(db).await?.and_then(row::readable))
}

/// What is said of an event beside its plan, which may be damaged.
pub async fn label(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Label>, DbErr> {
    let Some(row) = event::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let invited = attendee::Entity::find().filter(attendee::Column::EventId.eq(id)).all(db).await?;
    Ok(Some(row::label(&row, invited.into_iter().map(|row| row.user_id).collect())))
}

/// The event of this owner with this UID; `Err` inside when its row is damaged.
pub async fn by_uid(
    db: &impl ConnectionTrait,
    owner: Uuid,
    uid: &Uid,
) -> Result<Option<Result<Event, Damaged>>, DbErr> {
    let found = event::Entity::find()
        .filter(event::Column::OwnerId.eq(owner))
        .filter(event::Column::Uid.eq(uid.as_str()))
        .one(db)
        .await?;
    Ok(found.map(|row| row::readable(row).ok_or(Damaged)))
}

/// The event has a row that cannot be read.
pub struct Damaged;

/// Whether an event with this UID that the user sees belongs to somebody else.
pub async fn uid_of_another(db: &impl ConnectionTrait, user: Uuid, uid: &Uid) -> Result<bool, DbErr> {
    let found = event::Entity::find()
        .filter(visible(user))
        .filter(event::Column::OwnerId.ne(user))
        .filter(event::Column::Uid.eq(uid.as_str()))
        .count(db)
        .await?;
    Ok(found > 0)
}

/// How many events the user owns.
pub async fn owned(db: &impl ConnectionTrait, owner: Uuid) -> Result<u64, DbErr> {
    event::Entity::find().filter(event::Column::OwnerId.eq(owner)).count(db).await
}

/// How many events the user owns that others see and that are not over at `since`; of more than `most`, one more.
pub async fn shared(
    db: &impl ConnectionTrait,
    owner: Uuid,
    since: DateTime<Utc>,
    most: u64,
) -> Result<u64, DbErr> {
    let invited = Query::select()
        .column(attendee::Column::EventId)
        .from(attendee::Entity)
        .and_where(
            Expr::col((attendee::Entity, attendee::Column::EventId))
                .equals((event::Entity, event::Column::Id)),
        )
        .to_owned();
    let seen = Condition::any().add(event::Column::Visibility.eq("team")).add(Expr::exists(invited));
    let found: Vec<Uuid> = event::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .filter(event::Column::OwnerId.eq(owner))
        .filter(not_over(since))
        .filter(seen)
        .limit(most + 1)
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.len() as u64)
}

/// What the user sees: team events, their own, and those that they are invited to.
fn visible(user: Uuid) -> Condition {
    let invited = Query::select()
        .column(attendee::Column::EventId)
        .from(attendee::Entity)
        .and_where(attendee::Column::UserId.eq(user))
        .to_owned();
    Condition::any()
        .add(event::Column::Visibility.eq("team"))
        .add(event::Column::OwnerId.eq(user))
        .add(event::Column::Id.in_subquery(invited))
}

fn not_over(at: DateTime<Utc>) -> Condition {
    let at = at.timestamp_millis();
    Condition::any().add(event::Column::SpanEnd.is_null()).add(event::Column::SpanEnd.gte(at))
}

/// Up to `limit` events that the user sees and that have something between `from` and `to`, by id. Damaged rows are
/// left out.
pub async fn visible_between(
    db: &impl ConnectionTrait,
    user: Uuid,
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
    limit: u64,
) -> Result<Vec<Event>, DbErr> {
    let mut query = event::Entity::find().filter(visible(user)).filter(not_over(from));
    if let Some(to) = to {
        query = query.filter(event::Column::SpanStart.lt(to.timestamp_millis()));
    }
    let rows = query.order_by_asc(event::Column::Id).limit(limit).all(db).await?;
    Ok(rows.into_iter().filter_map(row::readable).collect())
}

/// Adds an event.
pub async fn insert(
    db: &impl ConnectionTrait,
    event: &Event,
    next_reminder: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    event::Entity::insert(row::write(event, next_reminder)).exec_without_returning(db).await?;
    invite(db, event).await
}

/// Writes a changed event over the version `former`; false when that is not the present one.
pub async fn update(
    db: &impl ConnectionTrait,
    event: &Event,
    former: i64,
    next_reminder: Option<DateTime<Utc>>,
) -> Result<bool, DbErr> {
    let updated = event::Entity::update_many()
        .set(row::write(event, next_reminder))
        .filter(event::Column::Id.eq(event.id))
        .filter(event::Column::Version.eq(former))
        .exec(db)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    attendee::Entity::delete_many().filter(attendee::Column::EventId.eq(event.id)).exec(db).await?;
    invite(db, event).await?;
    Ok(true)
}

async fn invite(db: &impl ConnectionTrait, event: &Event) -> Result<(), DbErr> {
    let rows: Vec<attendee::ActiveModel> = event
        .plan
        .accounts()
        .map(|user| attendee::ActiveModel { user_id: Set(user), event_id: Set(event.id) })
        .collect();
    if !rows.is_empty() {
        attendee::Entity::insert_many(rows).exec_without_returning(db).await?;
    }
    Ok(())
}

/// Deletes the version `former` of an event; false when that is not the present one.
pub async fn delete(db: &impl ConnectionTrait, id: Uuid, former: i64) -> Result<bool, DbErr> {
    let deleted = event::Entity::delete_many()
        .filter(event::Column::Id.eq(id))
        .filter(event::Column::Version.eq(former))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected > 0)
}

/// Since when the user has a feed.
pub async fn feed(db: &impl ConnectionTrait, user: Uuid) -> Result<Option<i64>, DbErr> {
    Ok(feed::Entity::find_by_id(user).one(db).await?.map(|row| row.created_at))
}

/// Whose feed has a token with this digest.
pub async fn feed_owner(db: &impl ConnectionTrait, digest: [u8; 32]) -> Result<Option<Uuid>, DbErr> {
    let found = feed::Entity::find().filter(feed::Column::Digest.eq(digest.to_vec())).one(db).await?;
    Ok(found.map(|row| row.user_id))
}

/// Makes or replaces the user's feed.
pub async fn set_feed(db: &impl ConnectionTrait, new: feed::Model) -> Result<(), DbErr> {
    let replace = OnConflict::column(feed::Column::UserId)
        .update_columns([feed::Column::Digest, feed::Column::CreatedAt])
        .to_owned();
    let row = feed::ActiveModel::from(new);
    feed::Entity::insert(row).on_conflict(replace).exec_without_returning(db).await.map(drop)
}

/// Ends the user's feed; false when there was none.
pub async fn delete_feed(db: &impl ConnectionTrait, user: Uuid) -> Result<bool, DbErr> {
    Ok(feed::Entity::delete_by_id(user).exec(db).await?.rows_affected > 0)
}

/// The clock of the user: UTC until they choose.
pub async fn zone(db: &impl ConnectionTrait, user: Uuid) -> Result<Tz, DbErr> {
    let found = settings::Entity::find_by_id(user).one(db).await?;
    Ok(found.and_then(|row| row.time_zone.parse().ok()).unwrap_or(Tz::UTC))
}

/// Sets the clock of the user.
pub async fn set_zone(db: &impl ConnectionTrait, user: Uuid, zone: Tz) -> Result<(), DbErr> {
    let replace =
        OnConflict::column(settings::Column::UserId).update_column(settings::Column::TimeZone).to_owned();
    let row = settings::ActiveModel { user_id: Set(user), time_zone: Set(zone.name().to_owned()) };
    settings::Entity::insert(row).on_conflict(replace).exec_without_returning(db).await.map(drop)
}

/// Every clock that an account reads, UTC first, the others by name.
pub async fn zones(db: &impl ConnectionTrait) -> Result<Vec<Tz>, DbErr> {
    let names: Vec<String> = settings::Entity::find()
        .select_only()
        .column(settings::Column::TimeZone)
        .distinct()
        .order_by_asc(settings::Column::TimeZone)
        .into_tuple()
        .all(db)
        .await?;
    let mut zones = vec![Tz::UTC];
    zones.extend(names.iter().filter_map(|name| name.parse::<Tz>().ok()).filter(|zone| *zone != Tz::UTC));
    Ok(zones)
}

/// The clock of every account that chose one.
pub async fn zones_by_account(db: &impl ConnectionTrait) -> Result<HashMap<Uuid, Tz>, DbErr> {
    let rows = settings::Entity::find().all(db).await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.user_id, row.time_zone.parse().ok()?))).collect())
}

/// When the event's reminders are looked at next.
pub async fn next_reminder(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<DateTime<Utc>>, DbErr> {
    let found: Option<Option<i64>> = event::Entity::find_by_id(id)
        .select_only()
        .column(event::Column::NextReminder)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.flatten().map(crate::clock::from_ms))
}

/// The events without a clock of their own that the user sees and that are not over at `from`, each with when its
/// reminders are looked at next. Damaged rows are left out.
pub async fn floating(
    db: &impl ConnectionTrait,
    user: Uuid,
    from: DateTime<Utc>,
) -> Result<Vec<(Event, Option<i64>)>, DbErr> {
    let rows = event::Entity::find()
        .filter(visible(user))
        .filter(event::Column::TimeZone.is_null())
        .filter(not_over(from))
        .all(db)
        .await?;
    let with_next = |row: event::Model| {
        let next = row.next_reminder;
        Some((row::readable(row)?, next))
    };
    Ok(rows.into_iter().filter_map(with_next).collect())
}

/// Has the event's reminders looked at by `at`, if they still were to be looked at next at `seen`.
pub async fn remind_by(
    db: &impl ConnectionTrait,
    id: Uuid,
    seen: Option<i64>,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let unchanged = match seen {
        Some(seen) => event::Column::NextReminder.eq(seen),
        None => event::Column::NextReminder.is_null(),
    };
    event::Entity::update_many()
        .col_expr(event::Column::NextReminder, Expr::value(at.timestamp_millis()))
        .filter(event::Column::Id.eq(id))
        .filter(unchanged)
        .exec(db)
        .await
        .map(drop)
}
