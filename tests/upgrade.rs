//! Databases of earlier versions: each becomes what a new one is, and what is in them stays.

use std::fs;
use std::path::{Path, PathBuf};

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::json;
use uuid::Uuid;
use workspace_server::clients::installation_id;
use workspace_server::db::{Db, statement};

use crate::support::programs::root;
use crate::support::{TestApp, database};

/// The version that first had telemetry and the fleet.
const FLEET: usize = 7;

/// Every migration in its order.
fn migrations() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join("src/db/migrations")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Writes a database as a version with the first `count` migrations left it, with `data` in it.
async fn write(path: &Path, count: usize, data: &str) {
    let mut sql = "BEGIN; CREATE TABLE seaql_migrations (version varchar NOT NULL PRIMARY KEY, \
                   applied_at bigint NOT NULL);\n"
        .to_owned();
    for file in &migrations()[..count] {
        sql.push_str(&fs::read_to_string(file).unwrap());
        let name = file.file_stem().unwrap().to_str().unwrap();
        sql.push_str(&format!("\nINSERT INTO seaql_migrations VALUES ('{name}', 1790000000);\n"));
    }
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let db = Database::connect(ConnectOptions::new(url).max_connections(1).to_owned()).await.unwrap();
    db.execute_unprepared(&(sql + data + "COMMIT;")).await.unwrap();
    db.close().await.unwrap();
}

/// The schema as SQLite tells it.
async fn schema(db: &Db) -> Vec<(String, String)> {
    let sql = "SELECT name, COALESCE(sql, '') FROM sqlite_schema WHERE name NOT LIKE '%seaql_migrations%' ORDER BY name";
    let rows = db.read().query_all_raw(statement(db.read(), sql, [])).await.unwrap();
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
}

#[tokio::test]
async fn every_earlier_database_gets_the_schema_of_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let new = Db::open(&dir.path().join("new.sqlite")).await.unwrap();
    let wanted = schema(&new).await;
    assert!(wanted.len() > 80, "{} objects", wanted.len());
    for count in 1..=migrations().len() {
        let path = dir.path().join(format!("{count}.sqlite"));
        write(&path, count, "").await;
        let old = Db::open(&path).await.unwrap();
        assert_eq!(schema(&old).await, wanted, "from the first {count}");
        old.close().await;
    }
    new.close().await;
}

/// An id as a literal of SQL.
fn blob(id: Uuid) -> String {
    format!("x'{}'", id.simple())
}

/// An admin, a message, and what a client of the fleet had sent, as version [`FLEET`] kept it. Times are hours of
/// `now`, in milliseconds.
fn data(now: i64, password_hash: &str) -> String {
    let (root, room) = (blob(Uuid::from_u128(1)), "zeroblob(16)");
    let (client, quiet) = (installation_id("desk", "i-1"), installation_id("desk", "i-2"));
    let hour = 3_600_000;
    let id = |hours: i64, n: i64| ((now - hours * hour) << 20) | n;
    let installation = |id: Uuid, key: &str| {
        format!(
            "INSERT INTO installation VALUES ({}, 'desk', '{key}', 'installation', {root}, 'root', '1.0.0', '', 'Linux', '6', \
             '{key}-pc', 'fr-FR', '10.0.0.9', {}, {now}, 3, 2);\n",
            blob(id),
            now - 48 * hour
        )
    };
    let context = |id: i64, installation: Uuid, meta: &str| {
        format!(
            "INSERT INTO signal_contexts VALUES ({id}, randomblob(32), 'desk', '1.0.0', '', {}, 's1', {root}, '', '', 'Linux', \
             '6', '', 'rooms', '', '{meta}', {now});\n",
            blob(installation)
        )
    };
    let exception = |id: i64, value: &str| {
        let body = json!({"type": "Error", "value": value});
        format!(
            "INSERT INTO signals VALUES ({id}, 1, 4, 1, NULL, 5, NULL, NULL, 'Error: {value}', '{body}');\n"
        )
    };
    let long = format!("{} and the rest", "É".repeat(130));
    [
        format!(
            "INSERT INTO users VALUES ({root}, 'root', 'root', 'Root', 'admin', 0, '{password_hash}', {now}, {now});\n\
             INSERT INTO chat_messages VALUES (1, {}, {room}, 1, {root}, 'kept for years', NULL, '[]', '[]', NULL, {now}, NULL, NULL);\n\
             UPDATE chat_rooms SET last_offset = 1, messages = 1, last_message_at = {now};\n\
             INSERT INTO agenda_keys VALUES ({root}, 'k', x'00', x'00', {now});\n",
            blob(Uuid::from_u128(2))
        ),
        installation(client, "i-1") + &installation(quiet, "i-2"),
        context(1, client, r#"{"app":{"name":"desk"}}"#) + &context(2, quiet, "{}"),
        exception(id(30, 1), "first") + &exception(id(2, 1), &long),
        format!("INSERT INTO signals VALUES ({}, 0, 2, 2, NULL, NULL, NULL, NULL, 'a line', '{{}}');\n", id(1, 1)),
        // Of a group that is gone: nobody else is to have its id.
        format!("INSERT INTO signals VALUES ({}, 1, 4, 1, NULL, 9, NULL, NULL, 'E: gone', '{{}}');\n", id(29, 1)),
        format!(
            "INSERT INTO error_groups VALUES (5, {}, 'desk', 'Error', 'first', '', {}, {}, 2);\n\
             INSERT INTO error_group_versions VALUES (5, '1.0.0', 1, 2, 2);\n\
             INSERT INTO error_group_clients VALUES (5, {});\n\
             INSERT INTO signal_usage VALUES ({}, 1, 3, 1000);\n\
             INSERT INTO signal_batches VALUES (x'000102030405060708090a0b0c0d0e0f', {now});\n",
            blob(Uuid::from_u128(7)),
            now - 30 * hour,
            now - 2 * hour,
            blob(client),
            now / 86_400_000,
        ),
    ]
    .concat()
}

#[tokio::test]
async fn what_an_earlier_version_kept_is_there_and_has_what_came_later() {
    let now = chrono::Utc::now().timestamp_millis();
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("old.sqlite");
    let new = TestApp::spawn().await;
    let hash: String =
        database::rows(&new, "SELECT password_hash FROM users").await[0].try_get_by_index(0).unwrap();
    new.stop().await;
    write(&old, FLEET, &data(now, &hash)).await;
    let app = TestApp::spawn_with(|config| {
        fs::copy(&old, &config.database).unwrap();
    })
    .await;
    let admin = app.admin().await;
    let found = admin.get("/api/chat/search?q=years").await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
    // The error has its trend, and what it takes is counted.
    let error = admin.get("/api/errors").await.expect(200)["items"][0].take();
    assert_eq!(
        (&error["message"], &error["count"], &error["clients"]),
        (&json!("first"), &json!(2), &json!(1))
    );
    assert_eq!((&error["state"], &error["trend"][21]), (&json!("open"), &json!(1)), "{error}");
    let bytes = "SELECT SUM(bytes) FROM error_groups";
    let counted = "SELECT bytes FROM telemetry_usage WHERE what = 'groups'";
    assert_eq!(database::number(&app, bytes).await, database::number(&app, counted).await);
    assert!(database::number(&app, "SELECT bytes FROM telemetry_usage WHERE what = 'contexts'").await > 600);
    // The last error of a client is known, as far as it is kept, and no other's.
    let page = admin.get("/api/installations?sort=hostname").await.expect(200);
    let last = &page["items"][0]["last_error"];
    let message = last["message"].as_str().unwrap();
    assert_eq!(message, format!("Error: {}", "É".repeat(121)));
    assert!(last["time"].as_str().is_some_and(|time| time.starts_with("20")), "{last}");
    assert_eq!(page["items"][1]["last_error"], json!(null));
    // The next group has an id that no signal has, and the next error is that of the client.
    let ben = app.member("ben").await;
    let meta = json!({"app": {"name": "desk", "version": "1.1.0", "installationId": "i-1"}});
    let batch = json!({"meta": meta, "exceptions": [{"type": "Error", "value": "anew"}]});
    assert_eq!(ben.post("/collect", &batch).await.status, 202);
    assert_eq!(database::number(&app, "SELECT MAX(id) FROM error_groups").await, 10);
    let anew = admin.get("/api/errors?search=anew").await.expect(200)["items"][0]["id"].take();
    let detail = admin.get(&format!("/api/errors/{}", anew.as_str().unwrap())).await.expect(200);
    assert_eq!(detail["occurrences"].as_array().unwrap().len(), 1, "not those of the one that is gone");
    app.stop().await;
}
