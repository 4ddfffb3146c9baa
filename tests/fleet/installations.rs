//! Installations that persist: what is known of one, looking for some, and who may.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{connect, described, field, installation_of, token, visit};
use crate::support::{PASSWORD, TestApp, database, eventually, stored};

#[tokio::test]
async fn an_installation_is_known_as_it_described_itself() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let ws = connect(&app, &ann, &described("desk", "i-1", "1.4.0", "Windows")).await;
    let page = admin.get("/api/installations").await.expect(200);
    let known = &page["items"][0];
    let expected = json!({
        "app": "desk", "key": "i-1", "identified": "installation", "user": {"id": ann.id, "username": "ann"},
        "app_version": "1.4.0", "latest_version": "1.4.0", "behind": false, "os": "Windows", "os_version": "11",
        "hostname": "i-1-pc", "locale": "fr-FR", "address": "127.0.0.1", "connected": true, "silent_days": 0,
        "signals": 0, "errors": 0,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&known[key], value, "{key}");
    }
    let id = installation_of(&admin, &ws).await;
    assert_eq!(known["id"], id);
    let detail = admin.get(&format!("/api/installations/{id}")).await.expect(200);
    assert_eq!(detail["installation"], *known);
    assert_eq!(detail["clients"][0]["id"], ws.client());
    assert_eq!(detail["versions"][0]["version"], "1.4.0");
    app.stop().await;
}

#[tokio::test]
async fn it_outlives_its_connections_and_the_server() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let id = visit(&app, &ann, &described("desk", "i-1", "1.4.0", "Windows")).await;
    let path = format!("/api/installations/{id}");
    let before = admin.get(&path).await.expect(200)["installation"].clone();
    // A connection that is open when the server stops is written down as well.
    let bob = app.member("bob").await;
    let _open = connect(&app, &bob, &described("pocket", "i-2", "3.0.0", "Android")).await;
    let app = app.restart_after(TimeDelta::days(2)).await;
    let admin = app.admin().await;
    let after = admin.get(&path).await.expect(200)["installation"].clone();
    assert_eq!(after["silent_days"], 2);
    for key in ["first_seen_at", "last_seen_at", "app_version", "user", "os", "hostname"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    assert_eq!(field(&admin.get("/api/installations?sort=app").await.expect(200), "app"), ["desk", "pocket"]);
    // It comes back with another version: first seen stays.
    let ann = app.login("ann", PASSWORD).await;
    let again = visit(&app, &ann, &described("desk", "i-1", "1.10.0", "Windows")).await;
    assert_eq!(again, id, "the same installation");
    let detail = admin.get(&path).await.expect(200);
    assert_eq!(detail["installation"]["first_seen_at"], before["first_seen_at"]);
    assert_ne!(detail["installation"]["last_seen_at"], before["last_seen_at"]);
    assert_eq!(detail["installation"]["app_version"], "1.10.0");
    let versions: Vec<&str> =
        detail["versions"].as_array().unwrap().iter().map(|v| v["version"].as_str().unwrap()).collect();
    assert_eq!(versions, ["1.10.0", "1.4.0"]);
    app.stop().await;
}

#[tokio::test]
async fn without_an_id_of_its_own_it_is_known_by_user_and_system() {
    let app = TestApp::spawn().await;
    let (admin, ann, bob) = (app.admin().await, app.member("ann").await, app.member("bob").await);
    let nameless = json!({"app": "desk", "os": "Linux"});
    let a = visit(&app, &ann, &nameless).await;
    assert_eq!(visit(&app, &ann, &nameless).await, a);
    assert_ne!(visit(&app, &bob, &nameless).await, a);
    let known = admin.get(&format!("/api/installations/{a}")).await.expect(200)["installation"].clone();
    assert_eq!(
        (&known["identified"], &known["key"]),
        (&json!("user"), &json!(format!("user:{}/Linux", ann.id)))
    );
    // Nobody becomes another's installation by claiming its key.
    let posing = visit(&app, &bob, &json!({"app": "desk", "installation_id": known["key"]})).await;
    assert_ne!(posing, a);
    app.stop().await;
}

#[tokio::test]
async fn installations_are_found_by_any_of_what_is_known() {
    let app = TestApp::spawn().await;
    let (ann, _bob) = (app.member("ann").await, app.member("bob").await);
    let mut old = described("desk", "old", "1.2.0", "Windows");
    old["os_version"] = json!("10");
    visit(&app, &ann, &old).await;
    app.clock.advance(TimeDelta::days(8));
    let admin = app.admin().await;
    let (ann, bob) = (app.login("ann", PASSWORD).await, app.login("bob", PASSWORD).await);
    visit(&app, &bob, &described("desk", "new", "1.10.0", "Linux")).await;
    visit(&app, &bob, &described("desk", "beta", "2.0.0-beta.1", "Linux")).await;
    let _open = connect(&app, &ann, &described("pocket", "phone", "0.9", "Android")).await;
    let found = async |query: &str| {
        let page = admin.get(&format!("/api/installations?sort=hostname&{query}")).await.expect(200);
        field(&page, "key").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found("").await, ["beta", "new", "old", "phone"]);
    assert_eq!(found("user=ANN").await, ["old", "phone"]);
    assert_eq!(found(&format!("user={}", bob.id)).await, ["beta", "new"]);
    assert_eq!(found("app=DESK&os=linux").await, ["beta", "new"]);
    assert_eq!(found("version=1.2.0").await, ["old"]);
    assert_eq!(found("search=HONE-P").await, ["phone"]);
    assert_eq!(found("hostname=NEW-pc").await, ["new"]);
    assert!(found("hostname=new").await.is_empty(), "a name is a whole one");
    assert_eq!(found("os_version=11&os=linux").await, ["beta", "new"]);
    assert_eq!(found("os_version=10").await, ["old"]);
    let elsewhere = "UPDATE installation SET address = '203.0.113.7', locale = 'en-GB' WHERE key = 'old'";
    assert_eq!(database::write(&app, elsewhere, []).await, 1);
    for address in ["203.0.113.7", "::ffff:203.0.113.7"] {
        assert_eq!(found(&format!("address={address}")).await, ["old"], "{address}");
    }
    assert_eq!(found("address=127.0.0.1").await, ["beta", "new", "phone"]);
    assert!(found("address=127.0.0").await.is_empty(), "an address is a whole one");
    assert_eq!(found("locale=EN-gb").await, ["old"]);
    let by_address = admin.get("/api/installations?sort=-address&limit=1").await.expect(200);
    assert_eq!(field(&by_address, "key"), ["old"]);
    let week_ago =
        (app.clock.now() - TimeDelta::days(7)).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    for which in ["first_seen", "last_seen"] {
        assert_eq!(found(&format!("{which}_before={week_ago}")).await, ["old"], "{which}");
        assert_eq!(found(&format!("{which}_since={week_ago}")).await, ["beta", "new", "phone"], "{which}");
        assert!(found(&format!("{which}_since={week_ago}&{which}_before={week_ago}")).await.is_empty());
    }
    admin.get("/api/installations?first_seen_since=yesterday").await.expect(400);
    assert!(found("search=%25%27%3B--").await.is_empty());
    assert_eq!(found("connected=true").await, ["phone"]);
    assert_eq!(found("connected=false&app=desk").await, ["beta", "new", "old"]);
    assert_eq!(found("silent_days=7").await, ["old"]);
    assert!(found("silent_days=9").await.is_empty());
    assert_eq!(found("behind=true").await, ["old"], "a pre-release is nobody's latest version");
    assert_eq!(found("behind=false").await, ["beta", "new", "phone"]);
    for (sort, first) in [
        ("-last_seen", "phone"),
        ("last_seen", "old"),
        ("version", "phone"),
        ("-version", "beta"),
        ("os", "phone"),
        ("os_version", "old"),
        ("-app", "phone"),
        ("user", "old"),
        ("first_seen", "old"),
        ("-connected", "phone"),
        ("-errors", ""),
        ("signals", ""),
    ] {
        let page = admin.get(&format!("/api/installations?sort={sort}&limit=1")).await.expect(200);
        if !first.is_empty() {
            assert_eq!(field(&page, "key"), [first], "{sort}");
        }
    }
    // Pages of an order that only memory knows: each once, those that are connected last.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/installations?sort=connected&limit=1{cursor}")).await.expect(200);
        seen.extend(field(&page, "key").into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen[3], "phone");
    seen.sort_unstable();
    assert_eq!(seen, ["beta", "new", "old", "phone"]);
    for query in ["sort=nonsense", "sort=--app", "silent_days=0", "behind=perhaps", "limit=0", "cursor=x"] {
        admin.get(&format!("/api/installations?{query}")).await.expect(400);
    }
    app.stop().await;
}

#[tokio::test]
async fn pages_stay_right_while_installations_come_and_change() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    for n in 0..7 {
        visit(&app, &ann, &described("desk", &format!("i-{n}"), "1.0.0", "Linux")).await;
    }
    for sort in ["-last_seen", "app", "version", "-user"] {
        let (mut seen, mut cursor, mut round): (Vec<String>, Option<String>, usize) = (Vec::new(), None, 0);
        loop {
            let from = cursor.map_or(String::new(), |c| format!("&cursor={c}"));
            let page = admin.get(&format!("/api/installations?sort={sort}&limit=2{from}")).await.expect(200);
            seen.extend(field(&page, "key").into_iter().filter(|k| k.starts_with("i-")).map(str::to_owned));
            // One that was listed is seen again, and a new one comes.
            if round == 0 {
                visit(&app, &ann, &described("desk", &seen[0].clone(), "1.0.0", "Linux")).await;
                visit(&app, &ann, &described("desk", &format!("new-{sort}"), "1.0.0", "Linux")).await;
            }
            round += 1;
            let Some(next) = page["next"].as_str() else { break };
            cursor = Some(next.to_owned());
        }
        let mut each = seen.clone();
        each.sort();
        each.dedup();
        assert_eq!((each.len(), seen.len()), (7, 7), "{sort}: {seen:?}");
    }
    let page = admin.get("/api/installations?limit=2&sort=app").await.expect(200);
    // Seven, and one that came meanwhile for each order.
    assert_eq!((&page["total"], &page["known"]), (&json!(11), &json!(11)));
    let some = admin.get("/api/installations?limit=2&search=new-").await.expect(200);
    assert_eq!((&some["total"], &some["known"]), (&json!(4), &json!(11)));
    let next = format!("/api/installations?limit=2&sort=app&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(admin.get(&next).await.expect(200)["total"], Value::Null);
    let other = format!("/api/installations?limit=2&sort=os&cursor={}", page["next"].as_str().unwrap());
    admin.get(&other).await.expect_problem(400, "validation_failed");
    app.stop().await;
}

#[tokio::test]
async fn a_connected_installation_is_not_silent_however_long_it_stays() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let ws = connect(&app, &ann, &described("desk", "i-1", "1.0.0", "Linux")).await;
    let path = format!("/api/installations/{}", installation_of(&admin, &ws).await);
    let first = admin.get(&path).await.expect(200)["installation"]["last_seen_at"].clone();
    app.clock.advance(TimeDelta::minutes(10));
    eventually("it was seen again", async || {
        let known = admin.get(&path).await.expect(200)["installation"].clone();
        assert_eq!((&known["connected"], &known["silent_days"]), (&json!(true), &json!(0)));
        (known["last_seen_at"] != first).then_some(())
    })
    .await;
    app.stop().await;
}

#[tokio::test]
async fn only_admins_see_installations() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let id = visit(&app, &ann, &described("desk", "i-1", "1.0.0", "Linux")).await;
    let paths = [
        "/api/installations".to_owned(),
        format!("/api/installations/{id}"),
        "/api/installations/versions".to_owned(),
    ];
    let (viewer, blind) = (app.viewer("vic").await, token(&admin, &["monitoring:read"]).await);
    let reader = token(&admin, &["clients:read"]).await;
    let before = stored::rows(&app).await;
    for path in &paths {
        for actor in [&ann, &viewer, &blind] {
            actor.get(path).await.expect_problem(403, "forbidden");
        }
        app.anon().get(path).await.expect_problem(401, "unauthorized");
        reader.get(path).await.expect(200);
    }
    admin.get(&format!("/api/installations/{}", ann.id)).await.expect_problem(404, "not_found");
    admin.get("/api/installations/nonsense").await.expect(400);
    assert_eq!(stored::rows(&app).await, before);
    app.stop().await;
}
