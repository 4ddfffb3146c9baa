//! Starts that must fail: one line that names the setting, exit code 1; 2 for a wrong use of the command line.

use sea_orm::{ConnectionTrait, Database};

use crate::support::binary::Place;

/// Settings that let the program start without touching anything outside its directory.
const FREE: [(&str, &str); 3] = [("PORT", "0"), ("SERVER_HOST", "127.0.0.1"), ("METRICS_ADDR", "off")];

fn with<'a>(extra: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    FREE.iter()
        .copied()
        .filter(|(name, _)| !extra.iter().any(|(n, _)| n == name))
        .chain(extra.iter().copied())
        .collect()
}

#[tokio::test]
async fn a_busy_port() {
    let place = Place::new();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let line = place.fault(&[], &with(&[("PORT", &port)])).await;
    assert!(line.starts_with(&format!("PORT: cannot listen on 127.0.0.1:{port}")), "{line}");
    assert!(line.ends_with("stop the program that has it, or choose another"), "{line}");
    let metrics = format!("127.0.0.1:{port}");
    let line = place.fault(&[], &with(&[("METRICS_ADDR", &metrics)])).await;
    assert!(line.starts_with("METRICS_ADDR: cannot listen"), "{line}");
}

#[tokio::test]
async fn a_database_that_cannot_be_used() {
    let place = Place::new();
    let dir = place.path().to_str().unwrap();
    let line = place.fault(&[], &with(&[("DATABASE_PATH", dir)])).await;
    assert!(line.starts_with(&format!("DATABASE_PATH: `{dir}` is a directory")), "{line}");

    // Not even root can write there.
    let line = place.fault(&[], &with(&[("DATABASE_PATH", "/proc/no/data.sqlite")])).await;
    assert!(line.starts_with("DATABASE_PATH: cannot make the directory `/proc/no`"), "{line}");
    let line = place.fault(&[], &with(&[("DATABASE_PATH", "/proc/data.sqlite")])).await;
    assert!(line.starts_with("DATABASE_PATH: cannot write `/proc/data.sqlite`"), "{line}");

    place.write("file", "");
    let line = place.fault(&[], &with(&[("DATABASE_PATH", "file/data.sqlite")])).await;
    assert!(line.starts_with("DATABASE_PATH: cannot make the directory `file`"), "{line}");

    let text = "this is a letter to a friend, and no database at all".repeat(100);
    let letter = place.write("letter.txt", &text);
    let line = place.fault(&[], &with(&[("DATABASE_PATH", "letter.txt")])).await;
    assert!(line.starts_with("DATABASE_PATH: cannot use `letter.txt`"), "{line}");
    assert_eq!(std::fs::read_to_string(letter).unwrap(), text, "somebody else's file is left alone");
}

#[tokio::test]
async fn a_database_of_a_newer_version() {
    let place = Place::new();
    let output = place.run(&["migrate"], &with(&[]), "").await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let url = format!("sqlite://{}", place.path().join("data/workspace.sqlite").display());
    let db = Database::connect(url).await.unwrap();
    db.execute_unprepared("INSERT INTO seaql_migrations VALUES ('m9999_future', 0)").await.unwrap();
    db.close().await.unwrap();
    let line = place.fault(&[], &with(&[])).await;
    assert!(
        line.starts_with(
            "DATABASE_PATH: `data/workspace.sqlite` was written by a newer version (schema `m9999_future`)"
        ),
        "{line}"
    );
}

#[tokio::test]
async fn a_database_that_another_server_has() {
    let place = Place::new();
    let running = place.serve(&[], &with(&[])).await;
    let line = place.fault(&[], &with(&[])).await;
    assert!(
        line.starts_with("DATABASE_PATH: `data/workspace.sqlite` is in use by another workspace-server"),
        "{line}"
    );
    assert_eq!(running.stop().await, Some(0));
}

#[tokio::test]
async fn wrong_settings_are_named_with_what_was_found_and_what_to_do() {
    let place = Place::new();
    let short = place.write("short", "tiny\n");
    let loki = place.write("loki", "ftp://u:hidden-word@loki\n");
    for (name, value, line) in [
        ("PORT", "70000", "PORT: found `70000`; use a number from 0 to 65535"),
        ("SERVER_HOST", "localhost", "SERVER_HOST: found `localhost`; use an IP address such as 0.0.0.0"),
        ("NODE_ENV", "prod", "NODE_ENV: found `prod`; use `production`, `development` or `test`"),
        ("CORS_ORIGIN", "http://a,b", "CORS_ORIGIN: found `b`; use origins such as"),
        (
            "JWT_SECRET",
            "your-secret-key-your-secret-key-your",
            "JWT_SECRET: found a placeholder; use 32 random",
        ),
        ("JWT_SECRET", "short", "JWT_SECRET: found a secret of 5 characters; use 32 random"),
        ("JWT_SECRET_FILE", short.to_str().unwrap(), "JWT_SECRET: found a secret of 4 characters"),
        ("JWT_SECRET_FILE", "/no/such/file", "JWT_SECRET_FILE: cannot read `/no/such/file`"),
        ("JWT_SECRET_PREVIOUS", "short", "JWT_SECRET_PREVIOUS: found a secret of 5 characters"),
        (
            "JWT_SECRET_PREVIOUS_FILE",
            short.to_str().unwrap(),
            "JWT_SECRET_PREVIOUS: found a secret of 4 characters",
        ),
        (
            "JWT_SECRET_PREVIOUS_FILE",
            "/no/such/file",
            "JWT_SECRET_PREVIOUS_FILE: cannot read `/no/such/file`",
        ),
        ("LOKI_URL_FILE", loki.to_str().unwrap(), "LOKI_URL: found the scheme `ftp`; use an address such as"),
        ("LOKI_URL_FILE", "/no/such/file", "LOKI_URL_FILE: cannot read `/no/such/file`"),
        ("ADMIN_USERNAME", "root", "ADMIN_PASSWORD: found none beside ADMIN_USERNAME"),
        ("LOG_LEVEL", "info,workspace_server=loud", "LOG_LEVEL: found"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL: found `loud`; use error, warn, info"),
        (
            "LOKI_URL",
            "ftp://u:hidden-word@loki",
            "LOKI_URL: found the scheme `ftp`; use an address such as http://",
        ),
        ("LOKI_URL", "http://u:hidden-word@loki:x", "LOKI_URL: found no URL; use an address such as http://"),
        ("BASE_PATH", "/..", "BASE_PATH: found `/..`; use a path such as"),
        ("DATABASE_URL", "postgres://u:hidden-word@h/d", "DATABASE_URL: found the scheme `postgres`"),
    ] {
        let found = place.fault(&[], &with(&[(name, value)])).await;
        assert!(found.starts_with(line), "{name}={value}: {found}");
        assert!(!found.contains("hidden-word") && !found.contains("your-secret-key"), "{found}");
    }
    for (name, password, line) in [
        ("r", "correct horse battery staple", "ADMIN_USERNAME: found `r`; it must be 3 to 32"),
        ("root", "short", "ADMIN_PASSWORD: found one that is too weak; it must be 10 to 128"),
    ] {
        let found = place.fault(&[], &with(&[("ADMIN_USERNAME", name), ("ADMIN_PASSWORD", password)])).await;
        assert!(found.starts_with(line), "{found}");
    }
    assert!(!place.path().join("data").join("workspace.jwt-secret-x").exists());
}

#[tokio::test]
async fn a_kept_secret_that_is_no_secret() {
    let place = Place::new();
    place.run(&["migrate"], &with(&[]), "").await;
    place.write("data/workspace.jwt-secret", "short\n");
    let line = place.fault(&[], &with(&[])).await;
    assert!(
        line.starts_with("JWT_SECRET: `data/workspace.jwt-secret` has no secret, or one of less than 32"),
        "{line}"
    );
}

#[tokio::test]
async fn a_wrong_env_file() {
    let place = Place::new();
    place.write(".env", "PORT=0\nJWT_SECERT=abc\n");
    let line = place.fault(&[], &with(&[])).await;
    assert_eq!(line, "JWT_SECERT: is in .env:2 but is no setting; see `workspace-server --help`");
    place.write(".env", "PORT=0\nJWT_SECRET='never-print-me\n");
    let line = place.fault(&[], &with(&[])).await;
    assert_eq!(line, ".env:2: is not NAME=value; quote values that hold spaces");
    place.write(".env", "# PORT is 0\nPORT=0\n\nexport NODE_ENV=test\nSERVER HOST=x\n");
    assert!(place.fault(&[], &with(&[])).await.starts_with(".env:5: is not NAME=value"), "{line}");
    assert!(!line.contains("never-print-me"), "{line}");
}

#[tokio::test]
async fn a_wrong_use_of_the_command_line() {
    let place = Place::new();
    for args in [
        &["--prot", "1"][..],
        &["fly"],
        &["user"],
        &["user", "add"],
        &["user", "add", "ann", "--role", "owner"],
    ] {
        let output = place.run(args, &with(&[]), "").await;
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "nothing was made");
}
