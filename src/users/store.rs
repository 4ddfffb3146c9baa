//! Queries on accounts.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, Set, SqlErr};
use uuid::Uuid;

use super::entity::{ActiveModel, Column, Entity, Model};
use super::model::{Account, DisplayName, Username};
use crate::auth::Role;
use crate::clock::from_ms;

impl TryFrom<Model> for Account {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.id,
            username: row.username,
            name: row.name,
            role: row.role.parse::<Role>().map_err(DbErr::Custom)?,
            disabled: row.disabled,
            created_at: from_ms(row.created_at),
        })
    }
}

/// Every account.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Account>, DbErr> {
    Entity::find().all(db).await?.into_iter().map(Account::try_from).collect()
}

/// One account.
pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Account>, DbErr> {
    Entity::find_by_id(id).one(db).await?.map(Account::try_from).transpose()
}

/// Id and password hash of the account with this name, given in the form of [`super::model::key`].
pub async fn password_of(db: &impl ConnectionTrait, key: &str) -> Result<Option<(Uuid, String)>, DbErr> {
    let row = Entity::find().filter(Column::UsernameKey.eq(key)).one(db).await?;
    Ok(row.map(|row| (row.id, row.password_hash)))
}

/// Whether the account may log in and still has this password hash.
pub async fn may_log_in(db: &impl ConnectionTrait, id: Uuid, hash: &str) -> Result<bool, DbErr> {
    let row = Entity::find_by_id(id).one(db).await?;
    Ok(row.is_some_and(|row| !row.disabled && row.password_hash == hash))
}

/// Whether there is an admin other than `except` who is not disabled.
pub async fn another_admin(db: &impl ConnectionTrait, except: Option<Uuid>) -> Result<bool, DbErr> {
    let mut admins =
        Entity::find().filter(Column::Role.eq(Role::Admin.as_str())).filter(Column::Disabled.eq(false));
    if let Some(id) = except {
        admins = admins.filter(Column::Id.ne(id));
    }
    Ok(admins.count(db).await? > 0)
}

/// Adds an account; false when the user name is taken.
pub async fn insert(
    db: &impl ConnectionTrait,
    account: &Account,
    username: &Username,
    password_hash: String,
) -> Result<bool, DbErr> {
    let at = account.created_at.timestamp_millis();
    let row = ActiveModel {
        id: Set(account.id),
        username: Set(account.username.clone()),
        username_key: Set(username.key()),
        name: Set(account.name.clone()),
        role: Set(account.role.as_str().to_owned()),
        disabled: Set(account.disabled),
        password_hash: Set(password_hash),
        created_at: Set(at),
        updated_at: Set(at),
    };
    free(Entity::insert(row).exec_without_returning(db).await)
}

/// What [`update`] writes.
pub struct Update<'a> {
    pub username: Option<&'a Username>,
    pub name: Option<&'a DisplayName>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
    pub at_ms: i64,
}

/// Changes an account; false when the user name is taken.
pub async fn update(db: &impl ConnectionTrait, id: Uuid, change: Update<'_>) -> Result<bool, DbErr> {
    let mut row = ActiveModel { updated_at: Set(change.at_ms), ..Default::default() };
    if let Some(username) = change.username {
        row.username = Set(username.as_str().to_owned());
        row.username_key = Set(username.key());
    }
    if let Some(name) = change.name {
        row.name = Set(name.as_str().to_owned());
    }
    if let Some(role) = change.role {
        row.role = Set(role.as_str().to_owned());
    }
    if let Some(disabled) = change.disabled {
        row.disabled = Set(disabled);
    }
    free(Entity::update_many().set(row).filter(Column::Id.eq(id)).exec(db).await)
}

/// Replaces the password hash, if it still is `former` (where given); false when it is not.
pub async fn set_password(
    db: &impl ConnectionTrait,
    id: Uuid,
    former: Option<&str>,
    hash: String,
    at_ms: i64,
) -> Result<bool, DbErr> {
    let mut update = Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(hash))
        .col_expr(Column::UpdatedAt, Expr::value(at_ms))
        .filter(Column::Id.eq(id));
    if let Some(former) = former {
        update = update.filter(Column::PasswordHash.eq(former));
    }
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Turns a clash of user names into `false`.
fn free<T>(outcome: Result<T, DbErr>) -> Result<bool, DbErr> {
    match outcome {
        Ok(_) => Ok(true),
        Err(e) if matches!(e.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => Ok(false),
        Err(e) => Err(e),
    }
}
