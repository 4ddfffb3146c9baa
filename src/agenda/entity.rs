//! The agenda's tables. Columns are explained in the migration.

macro_rules! table {
    ($module:ident, $name:literal, $(#[$doc:meta])* { $($(#[$attr:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        pub mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, DeriveEntityModel, PartialEq)]
            #[sea_orm(table_name = $name)]
            pub struct Model {
                $($(#[$attr])* pub $field: $type,)*
            }

            #[derive(Clone, Copy, Debug, DeriveRelation, EnumIter)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

table!(event, "agenda_events", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    owner_id: Uuid,
    uid: String,
    title: String,
    start_local: i64,
    length_seconds: i64,
    all_day: bool,
    time_zone: Option<String>,
    place: Option<String>,
    notes: Option<String>,
    color: Option<String>,
    visibility: String,
    attendees: String,
    reminders: String,
    rule: Option<String>,
    last_local: Option<i64>,
    exceptions: String,
    span_start: i64,
    span_end: Option<i64>,
    next_reminder: Option<i64>,
    version: i64,
    created_at: i64,
    updated_at: i64,
});

table!(attendee, "agenda_attendees", {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    event_id: Uuid,
});

table!(reminder, "agenda_reminders", {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    event_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    occurrence_local: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    minutes: i64,
    due_at: i64,
});

table!(feed, "agenda_feeds", {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: Uuid,
    digest: Vec<u8>,
    created_at: i64,
});

table!(settings, "agenda_settings", {
    #[sea_orm(primary_key, auto_increment = false)]
    user_id: Uuid,
    time_zone: String,
});
