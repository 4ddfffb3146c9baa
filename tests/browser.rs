//! The dashboard in a real headless Chromium. The scenarios are in `tests/js/browser`; their screenshots go to
//! `target/screenshots`.

use std::fs;

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::binary::Place;
use crate::support::programs::{self, root};
use crate::support::{ADMIN, PASSWORD, TestApp, eventually};

/// Longest run of a scenario in seconds: a page in every language, theme and width, on a busy machine.
const LONGEST: u64 = 600;

/// Runs a scenario against `app`; `more` is added to what it is given.
async fn scenario(app: &TestApp, name: &str, more: Value) {
    scenario_at(&app.url(""), name, more).await;
}

/// Runs a scenario against the server at `url`.
async fn scenario_at(url: &str, name: &str, more: Value) {
    let screenshots = root().join("target/screenshots");
    fs::create_dir_all(&screenshots).unwrap();
    let mut given = json!({
        "url": url,
        "screenshots": screenshots,
        "admin": {"username": ADMIN.0, "password": ADMIN.1},
    });
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let script = programs::js(&format!("browser/{name}.mjs"));
    programs::run(Command::new("node").arg(script).env("WORKSPACE_TEST", given.to_string()), LONGEST).await;
}

/// A server that waits for its first admin, and the token of its set-up link.
async fn new_server() -> (TestApp, Value) {
    let app = TestApp::spawn_with(|config| config.first_admin = None).await;
    let token = app.services.auth.setup_token().unwrap();
    (app, json!({ "setup_token": token }))
}

#[tokio::test]
async fn a_new_admin_sets_up_logs_out_and_logs_in() {
    let (app, given) = new_server().await;
    scenario(&app, "setup", given).await;
}

#[tokio::test]
async fn the_setup_page_looks_right_everywhere() {
    let (app, given) = new_server().await;
    scenario(&app, "first", given).await;
}

#[tokio::test]
async fn the_doors_and_the_home_page_look_right_everywhere() {
    let app = TestApp::spawn().await;
    app.member("ann").await;
    scenario(&app, "doors", json!({"member": {"username": "ann", "password": PASSWORD}})).await;
}

#[tokio::test]
async fn a_stranger_reads_the_api_and_tries_it_with_a_token() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "docs", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn an_admin_adds_a_person_and_both_are_in_the_overview() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "people", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_people_look_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "people-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn everyone_sets_what_is_theirs_and_an_admin_what_is_the_servers() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "settings", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_settings_look_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "settings-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn errors_are_settled_together_and_before_the_eyes_of_others() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "errors-bulk", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn every_page_needs_little_before_it_paints() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "paint", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn everyone_walks_through_every_page_in_both_languages() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "walk", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn an_admin_works_in_the_terminal() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "terminal", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_terminal_looks_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "terminal-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn clients_come_and_go_in_the_overview_without_a_reload() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "live", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_overview_looks_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "overview", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn a_backup_that_failed_is_what_needs_attention() {
    let app = TestApp::spawn_with(|config| {
        config.backup.every = Some(std::time::Duration::from_secs(86_400));
        config.backup.dir = Some(config.database.with_file_name("taken"));
    })
    .await;
    fs::write(app.data_dir().join("taken"), "").unwrap();
    app.clock.advance(chrono::TimeDelta::minutes(11));
    eventually("it fails", async || app.services.backups.unfinished()?.error.map(drop)).await;
    scenario(&app, "backups", json!({})).await;
}

/// Ten thousand installations of one application, as a server that has run for months knows them.
async fn crowd(app: &TestApp) {
    let sql = "INSERT INTO installation (id, app, key, identified, user_name, app_version, version_key, os, os_version, \
        hostname, locale, address, first_seen_at, last_seen_at, signals, errors) \
        WITH RECURSIVE n (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n WHERE v < 10000) \
        SELECT CAST(printf('%016d', v) AS BLOB), 'crowd', 'c-' || v, 'installation', printf('user-%05d', v), '1.' || (v % 5), \
        '', 'Linux', '6', printf('host-%05d', v), 'en-GB', '192.0.2.' || (v % 250), 1000 * (strftime('%s') - 8640000 - v), \
        1000 * (strftime('%s') - v * 300), v, v % 7 FROM n";
    let inserted = app
        .services
        .db
        .write(move |tx| Box::pin(async move { tx.conn().execute_unprepared(sql).await.map(drop) }));
    let inserted: Result<(), sea_orm::DbErr> = inserted.await;
    inserted.unwrap();
}

#[tokio::test]
async fn ten_thousand_clients_are_found_followed_and_told_what_to_do() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    crowd(&app).await;
    scenario(&app, "fleet", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_clients_look_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "fleet-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn an_admin_watches_the_server_live_and_over_time() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "monitoring", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn monitoring_looks_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "monitoring-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn two_people_chat_with_nothing_but_a_browser() {
    let (app, given) = new_server().await;
    scenario(&app, "chat", given).await;
}

#[tokio::test]
async fn nothing_is_lost_when_answers_are_late_broken_or_missing() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "faults", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_chat_looks_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "chat-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn two_people_keep_an_agenda_and_lose_nothing() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "agenda", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_agenda_looks_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "agenda-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_form_of_the_agenda_looks_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "agenda-form-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn everything_works_below_a_base_path_and_follows_ones_role() {
    let app = TestApp::spawn_with(|config| config.base_path = "/team".to_owned()).await;
    let login = json!({"username": ADMIN.0, "password": ADMIN.1});
    let token = app.anon().post("/team/api/auth/login", &login).await.expect(200)["access_token"].clone();
    scenario(&app, "base", json!({ "url": app.url("/team"), "admin_token": token })).await;
}

#[tokio::test]
async fn lines_of_clients_are_followed_found_and_kept_in_the_logs() {
    // A process of its own: only that keeps its own lines.
    let place = Place::new();
    let settings = [
        ("SERVER_HOST", "127.0.0.1"),
        ("PORT", "0"),
        ("METRICS_ADDR", "off"),
        ("ADMIN_USERNAME", ADMIN.0),
        ("ADMIN_PASSWORD", ADMIN.1),
    ];
    let server = place.serve(&[], &settings).await;
    let login = reqwest::Client::new().post(format!("{}/api/auth/login", server.base));
    let login = login.json(&json!({"username": ADMIN.0, "password": ADMIN.1})).send().await.unwrap();
    let login: Value = login.json().await.unwrap();
    scenario_at(&server.base, "logs", json!({ "admin_token": login["access_token"] })).await;
    assert_eq!(server.stop().await, Some(0));
}

#[tokio::test]
async fn the_logs_look_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "logs-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn errors_of_clients_come_are_resolved_and_come_back() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "errors", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_errors_look_right_everywhere() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "errors-looks", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn the_faro_sdk_reports_without_loss_or_repetition() {
    let app = TestApp::spawn().await;
    let token = app.admin().await.token;
    scenario(&app, "faro", json!({ "admin_token": token })).await;
}

#[tokio::test]
async fn every_page_is_a_few_keys_away() {
    let app = TestApp::spawn().await;
    app.member("ann").await;
    scenario(&app, "frame", json!({"member": {"username": "ann", "password": PASSWORD}})).await;
}
