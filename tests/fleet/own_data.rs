//! What is kept about oneself: to read, to take along, to erase.

use serde_json::{Value, json};

use super::{connect, described, installation_of, token, visit};
use crate::support::{Actor, TestApp, database, stored};

/// A batch of `count` log lines from an installation.
fn lines(installation: &str, count: usize) -> Value {
    let line = |n: usize| json!({"message": format!("line {n} of {installation}"), "level": "info"});
    json!({
        "meta": {"app": {"name": "desk", "version": "1.4.0", "installationId": installation}},
        "logs": (0..count).map(line).collect::<Vec<_>>(),
    })
}

/// Uses a client: connects, sends signals, answers a request for a report.
async fn use_client(app: &TestApp, admin: &Actor, actor: &Actor, key: &str, signals: usize) -> String {
    let mut ws = connect(app, actor, &described("desk", key, "1.4.0", "Linux")).await;
    let id = installation_of(admin, &ws).await;
    ws.ok("rpc", &json!({"method": "signals", "data": lines(key, signals)})).await;
    let asked = admin.post(&format!("/api/installations/{id}/diagnostics"), &Value::Null).await.expect(201);
    let answer = json!({"id": asked["id"], "report": {"of": key}});
    ws.ok("rpc", &json!({"method": "diagnostics", "data": answer})).await;
    id
}

#[tokio::test]
async fn one_reads_takes_along_and_erases_what_is_kept() {
    let app = TestApp::spawn().await;
    let (admin, ann, bob) = (app.admin().await, app.member("ann").await, app.member("bob").await);
    let anns = use_client(&app, &admin, &ann, "ann-1", 250).await;
    visit(&app, &ann, &described("pocket", "ann-2", "3.0", "Android")).await;
    let bobs = use_client(&app, &admin, &bob, "bob-1", 3).await;
    let kept = ann.get("/api/me/data").await.expect(200);
    assert_eq!(kept["sessions"], 1);
    assert_eq!((&kept["installations"]["count"], &kept["diagnostics"]["count"]), (&json!(2), &json!(1)));
    assert_eq!(kept["signals"]["count"], 250);
    assert!(kept["events"]["count"].as_u64().unwrap() >= 4, "{kept}");
    for what in ["installations", "events", "signals"] {
        assert!(kept[what]["first_at"].as_str() <= kept[what]["last_at"].as_str(), "{kept}");
    }
    let document = ann.get("/api/me/data/export").await;
    assert_eq!(document.header("content-type"), "application/json; charset=utf-8");
    let document = document.expect(200);
    assert_eq!(document["account"]["username"], "ann");
    let count = |what: &str| document[what].as_array().unwrap().len();
    assert_eq!(
        (count("installations"), count("diagnostics"), count("signals"), count("sessions")),
        (2, 1, 250, 1)
    );
    assert_eq!(document["diagnostics"][0]["report"], json!({"of": "ann-1"}));
    assert_eq!(document["signals"][249]["message"], "line 249 of ann-1");
    assert!(!document.to_string().contains("bob"), "another's data");
    // Erased: one's own, and nothing of others.
    let before = bob.get("/api/me/data").await.expect(200);
    let erased = ann.send(ann.request(reqwest::Method::DELETE, "/api/me/data")).await.expect(200);
    assert_eq!(
        (&erased["installations"], &erased["diagnostics"], &erased["signals"]),
        (&json!(2), &json!(1), &json!(250))
    );
    assert!(erased["events"].as_u64().unwrap() >= 4, "{erased}");
    admin.get(&format!("/api/installations/{anns}")).await.expect_problem(404, "not_found");
    admin.get(&format!("/api/installations/{bobs}")).await.expect(200);
    let rows = stored::everything(&app).await;
    assert!(!rows.contains("ann-1") && !rows.contains("ann-2"), "something is left");
    let after = bob.get("/api/me/data").await.expect(200);
    for what in ["installations", "diagnostics", "signals"] {
        assert_eq!(after[what]["count"], before[what]["count"], "{what}");
    }
    assert_eq!(ann.get("/api/me/data").await.expect(200)["signals"]["count"], 0);
    // Signals that come later are stored with a context of their own.
    let again = use_client(&app, &admin, &ann, "ann-1", 2).await;
    assert_eq!(again, anns);
    assert_eq!(ann.get("/api/me/data").await.expect(200)["signals"]["count"], 2);
    app.stop().await;
}

/// A batch of one exception from an installation; two values that differ in ids are one error.
fn exception(installation: &str, function: &str, value: &str) -> Value {
    let frames = json!([{"function": function, "filename": "app.js", "lineno": 1, "colno": 1}]);
    json!({
        "meta": {"app": {"name": "desk", "version": "1.4.0", "installationId": installation}},
        "exceptions": [{"type": "Error", "value": value, "stacktrace": {"frames": frames}}],
    })
}

#[tokio::test]
async fn errors_keep_no_words_of_whom_they_are_erased_for() {
    let app = TestApp::spawn().await;
    let (admin, ann, bob) = (app.admin().await, app.member("ann").await, app.member("bob").await);
    let send = async |who: &Actor, installation: &str, function: &str, value: &str| {
        let answer = who.post("/collect", &exception(installation, function, value)).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
    };
    // One that both had, one that both had of which only the counts are left, one of hers alone, and one of his.
    send(&ann, "ann-1", "shared", "no mail to ann-private-7").await;
    send(&bob, "bob-1", "shared", "no mail to bobs-own-8").await;
    send(&ann, "ann-1", "aged", "no post to ann-private-7").await;
    send(&bob, "bob-1", "aged", "no post to bobs-own-8").await;
    let old = "DELETE FROM signals WHERE group_id = (SELECT id FROM error_groups WHERE culprit LIKE 'aged%')";
    assert_eq!(database::write(&app, old, []).await, 2);
    send(&ann, "ann-1", "hers", "ann-private-7 is full").await;
    send(&bob, "bob-1", "his", "bobs-own-8 is full").await;
    // A machine that another used after her: it stays, without her error.
    send(&ann, "lent", "lent", "ann-private-7 is lent").await;
    assert_eq!(bob.post("/collect", &lines("lent", 1)).await.status, 202);
    let last_error = async || {
        let page = admin.get("/api/installations?search=lent").await.expect(200);
        assert_eq!(page["items"][0]["user"]["username"], "bob");
        page["items"][0]["last_error"]["message"].clone()
    };
    assert_eq!(last_error().await, "Error: ann-private-7 is lent");
    let named = async || {
        let page = admin.get("/api/errors?sort=first_seen").await.expect(200);
        let mut named: Vec<(String, String, u64)> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| {
                let text = |key: &str| e[key].as_str().unwrap().to_owned();
                (text("culprit"), text("message"), e["count"].as_u64().unwrap())
            })
            .collect();
        named.sort();
        named
    };
    let row =
        |culprit: &str, message: &str, count| (format!("{culprit} (app.js)"), message.to_owned(), count);
    let his = row("his", "bobs-own-8 is full", 1);
    let before = named().await;
    assert_eq!(before[0], row("aged", "no post to ann-private-7", 2));
    assert_eq!(before[4], row("shared", "no mail to ann-private-7", 2));
    ann.delete("/api/me/data").await.expect(200);
    let after = named().await;
    let expected = [
        row("aged", "", 2),
        row("hers", "", 1),
        his.clone(),
        row("lent", "", 1),
        row("shared", "no mail to bobs-own-8", 2),
    ];
    assert_eq!(after, expected, "another's words, or none; what was counted stays");
    assert_eq!(last_error().await, Value::Null);
    assert!(!stored::everything(&app).await.contains("ann-private"), "something is left");
    // What has no words takes those of the next one.
    send(&bob, "bob-1", "hers", "bobs-own-8 is full").await;
    assert_eq!(named().await[1], row("hers", "bobs-own-8 is full", 2));
    let groups = "SELECT (SELECT SUM(octet_length(app || type || message || culprit)) FROM error_groups) \
                  + 200 * 5 + (SELECT COUNT(*) * 60 FROM error_group_clients) + (SELECT COUNT(*) * 20 FROM error_group_hours) \
                  + (SELECT SUM(octet_length(version) + 60) FROM error_group_versions) \
                  - (SELECT bytes FROM telemetry_usage WHERE what = 'groups')";
    assert_eq!(database::number(&app, groups).await, 0, "the bytes of groups are counted");
    app.stop().await;
}

#[tokio::test]
async fn lines_of_the_servers_log_that_name_somebody_are_theirs_too() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    // As the ring keeps them; the program of a test run writes none of its own.
    for (who, count) in [(&ann, 1_250_i64), (&bob, 2)] {
        let sql = "INSERT INTO server_logs (id, level, target, message, fields, account_id) WITH RECURSIVE n (n) AS \
                   (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $3) \
                   SELECT n * 1048576 + $1, 2, 'http', $4 || n, '{\"status\":200}', $2 FROM n";
        let id: uuid::Uuid = who.id.parse().unwrap();
        let first = if count > 2 { 0 } else { 7 };
        let message = format!("request of {} ", who.login["user"]["username"].as_str().unwrap());
        database::write(&app, sql, vec![first.into(), id.into(), count.into(), message.into()]).await;
    }
    let kept = async |who: &Actor| who.get("/api/me/data").await.expect(200)["log_lines"].clone();
    let anns = kept(&ann).await;
    assert_eq!(anns["count"], 1_250);
    assert_eq!(
        (&anns["first_at"], &anns["last_at"]),
        (&json!("1970-01-01T00:00:00.001Z"), &json!("1970-01-01T00:00:01.250Z"))
    );
    let document = ann.get("/api/me/data/export").await.expect(200);
    let lines = document["log_lines"].as_array().unwrap();
    assert_eq!(lines.len(), 1_250);
    assert_eq!(
        (&lines[0]["message"], &lines[0]["fields"]),
        (&json!("request of ann 1"), &json!({"status": 200}))
    );
    assert!(lines.iter().all(|line| line["user_id"] == ann.id.as_str()));
    let erased = ann.delete("/api/me/data").await.expect(200);
    assert_eq!(erased["log_lines"], 1_250);
    assert_eq!((kept(&ann).await["count"].as_u64(), kept(&bob).await["count"].as_u64()), (Some(0), Some(2)));
    app.stop().await;
}

#[tokio::test]
async fn own_data_is_for_a_person_who_is_logged_in() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    use_client(&app, &admin, &ann, "ann-1", 1).await;
    let program = token(&ann, &["signals:write", "chat:read"]).await;
    for path in ["/api/me/data", "/api/me/data/export"] {
        program.get(path).await.expect_problem(403, "forbidden");
        app.anon().get(path).await.expect_problem(401, "unauthorized");
    }
    program.delete("/api/me/data").await.expect_problem(403, "forbidden");
    app.anon().delete("/api/me/data").await.expect_problem(401, "unauthorized");
    assert_eq!(ann.get("/api/me/data").await.expect(200)["signals"]["count"], 1);
    // A viewer has data, too.
    let vic = app.viewer("vic").await;
    assert_eq!(vic.get("/api/me/data").await.expect(200)["installations"]["count"], 0);
    app.stop().await;
}
