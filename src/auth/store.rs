//! Queries on sessions and API tokens.

use std::sync::atomic::{AtomicI64, Ordering};

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use uuid::Uuid;

use super::directory::{ApiToken, Digest, Session};
use super::entity::{session, token};
use super::{Scope, SessionKind};

impl TryFrom<session::Model> for Session {
    type Error = DbErr;

    fn try_from(row: session::Model) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.id,
            user_id: row.user_id,
            kind: if row.kind == "cookie" { SessionKind::Cookie } else { SessionKind::Token },
            digest: digest(row.secret_digest)?,
            device: row.device,
            address: row.address,
            created_ms: row.created_at,
            used_ms: AtomicI64::new(row.last_used_at),
        })
    }
}

impl TryFrom<token::Model> for ApiToken {
    type Error = DbErr;

    fn try_from(row: token::Model) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.id,
            user_id: row.user_id,
            name: row.name,
            digest: digest(row.digest)?,
            scopes: row.scopes.split(' ').filter_map(Scope::named).collect(),
            created_ms: row.created_at,
            used_ms: AtomicI64::new(row.last_used_at.unwrap_or(0)),
            expires_ms: row.expires_at,
        })
    }
}

fn digest(bytes: Vec<u8>) -> Result<Digest, DbErr> {
    bytes.try_into().map_err(|_| DbErr::Custom("a digest in the database is not 32 bytes long".to_owned()))
}

/// Every session.
pub async fn sessions(db: &impl ConnectionTrait) -> Result<Vec<Session>, DbErr> {
    session::Entity::find().all(db).await?.into_iter().map(Session::try_from).collect()
}

/// Every API token.
pub async fn tokens(db: &impl ConnectionTrait) -> Result<Vec<ApiToken>, DbErr> {
    token::Entity::find().all(db).await?.into_iter().map(ApiToken::try_from).collect()
}

/// Adds a session that ends at `expires_ms` unless it is used.
pub async fn insert_session(db: &impl ConnectionTrait, s: &Session, expires_ms: i64) -> Result<(), DbErr> {
    let row = session::ActiveModel {
        id: Set(s.id),
        user_id: Set(s.user_id),
        kind: Set(s.kind.as_str().to_owned()),
        secret_digest: Set(s.digest.to_vec()),
        former_digest: Set(None),
        device: Set(s.device.clone()),
        address: Set(s.address.clone()),
        created_at: Set(s.created_ms),
        last_used_at: Set(s.used_ms.load(Ordering::Relaxed)),
        expires_at: Set(expires_ms),
    };
    session::Entity::insert(row).exec_without_returning(db).await.map(drop)
}

/// Which sessions of an account are beyond its `most` recently used ones.
pub async fn surplus(db: &impl ConnectionTrait, user: Uuid, most: u64) -> Result<Vec<Uuid>, DbErr> {
    session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(session::Column::UserId.eq(user))
        .order_by_desc(session::Column::LastUsedAt)
        .order_by_desc(session::Column::Id)
        .offset(most)
        // SQLite knows no offset without a limit.
        .limit(1_000)
        .into_tuple()
        .all(db)
        .await
}

/// A token session.
pub async fn token_session(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<session::Model>, DbErr> {
    let session = session::Entity::find_by_id(id);
    session.filter(session::Column::Kind.eq(SessionKind::Token.as_str())).one(db).await
}

/// Replaces a session's refresh token.
pub async fn rotate(
    db: &impl ConnectionTrait,
    s: &Session,
    former: &Digest,
    expires_ms: i64,
) -> Result<(), DbErr> {
    let row = session::ActiveModel {
        secret_digest: Set(s.digest.to_vec()),
        former_digest: Set(Some(former.to_vec())),
        address: Set(s.address.clone()),
        last_used_at: Set(s.used_ms.load(Ordering::Relaxed)),
        expires_at: Set(expires_ms),
        ..Default::default()
    };
    session::Entity::update_many().set(row).filter(session::Column::Id.eq(s.id)).exec(db).await.map(drop)
}

/// Ends sessions of an account: one of them, or all but `except`. Gives the ids of those that were.
pub async fn end_sessions(
    db: &impl ConnectionTrait,
    user: Uuid,
    only: Option<Uuid>,
    except: Option<Uuid>,
) -> Result<Vec<Uuid>, DbErr> {
    let mut of_user = Condition::all().add(session::Column::UserId.eq(user));
    if let Some(id) = only {
        of_user = of_user.add(session::Column::Id.eq(id));
    }
    if let Some(id) = except {
        of_user = of_user.add(session::Column::Id.ne(id));
    }
    let ids: Vec<Uuid> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(of_user.clone())
        .into_tuple()
        .all(db)
        .await?;
    session::Entity::delete_many().filter(of_user).exec(db).await?;
    Ok(ids)
}

/// Removes sessions by id.
pub async fn delete_sessions(db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<(), DbErr> {
    session::Entity::delete_many().filter(session::Column::Id.is_in(ids.to_vec())).exec(db).await.map(drop)
}

/// Notes when a session was last used.
pub async fn session_used(
    db: &impl ConnectionTrait,
    id: Uuid,
    used_ms: i64,
    expires_ms: i64,
) -> Result<(), DbErr> {
    session::Entity::update_many()
        .col_expr(session::Column::LastUsedAt, Expr::value(used_ms))
        .col_expr(session::Column::ExpiresAt, Expr::value(expires_ms))
        .filter(session::Column::Id.eq(id))
        .exec(db)
        .await
        .map(drop)
}

/// How many API tokens an account has.
pub async fn count_tokens(db: &impl ConnectionTrait, user: Uuid) -> Result<u64, DbErr> {
    token::Entity::find().filter(token::Column::UserId.eq(user)).count(db).await
}

/// Adds an API token.
pub async fn insert_token(db: &impl ConnectionTrait, t: &ApiToken) -> Result<(), DbErr> {
    let scopes: Vec<&str> = t.scopes.iter().map(|s| s.as_str()).collect();
    let row = token::ActiveModel {
        id: Set(t.id),
        user_id: Set(t.user_id),
        name: Set(t.name.clone()),
        digest: Set(t.digest.to_vec()),
        scopes: Set(scopes.join(" ")),
        created_at: Set(t.created_ms),
        last_used_at: Set(None),
        expires_at: Set(t.expires_ms),
    };
    token::Entity::insert(row).exec_without_returning(db).await.map(drop)
}

/// Gives an API token the digest of another secret; none when there is no such token.
pub async fn renew_token(
    db: &impl ConnectionTrait,
    id: Uuid,
    digest: &Digest,
) -> Result<Option<ApiToken>, DbErr> {
    token::Entity::update_many()
        .col_expr(token::Column::Digest, Expr::value(digest.to_vec()))
        .filter(token::Column::Id.eq(id))
        .exec(db)
        .await?;
    token::Entity::find_by_id(id).one(db).await?.map(ApiToken::try_from).transpose()
}

/// Removes an API token of an account; false when it has none of that id.
pub async fn delete_token(db: &impl ConnectionTrait, user: Uuid, id: Uuid) -> Result<bool, DbErr> {
    let done = token::Entity::delete_many()
        .filter(token::Column::UserId.eq(user))
        .filter(token::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Removes API tokens by id.
pub async fn delete_tokens(db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<(), DbErr> {
    token::Entity::delete_many().filter(token::Column::Id.is_in(ids.to_vec())).exec(db).await.map(drop)
}

/// Notes when an API token was last used.
pub async fn token_used(db: &impl ConnectionTrait, id: Uuid, used_ms: i64) -> Result<(), DbErr> {
    token::Entity::update_many()
        .col_expr(token::Column::LastUsedAt, Expr::value(used_ms))
        .filter(token::Column::Id.eq(id))
        .exec(db)
        .await
        .map(drop)
}
