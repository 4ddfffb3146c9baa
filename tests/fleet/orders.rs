//! What an admin does to an installation: disconnect, notice, settings.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{connect, described, installation_of, token};
use crate::support::{TestApp, stored};

#[tokio::test]
async fn all_connections_of_an_installation_and_no_others_are_reached() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let data = described("desk", "i-1", "1.4.0", "Linux");
    let (mut one, mut two) = (connect(&app, &ann, &data).await, connect(&app, &ann, &data).await);
    let mut other = connect(&app, &ann, &described("pocket", "i-2", "3.0", "Android")).await;
    let path = format!("/api/installations/{}", installation_of(&admin, &one).await);
    let notice = json!({"title": "Soon", "body": "A restart", "level": "warning"});
    assert_eq!(admin.post(&format!("{path}/notice"), &notice).await.expect(200), json!({"clients": 2}));
    let channel = format!("user:{}", ann.id);
    for ws in [&mut one, &mut two] {
        let data = ws.publication(&channel).await["data"].clone();
        assert_eq!((&data["type"], &data["title"]), (&json!("notice"), &json!("Soon")));
    }
    assert_eq!(
        admin.post(&format!("{path}/disconnect"), &Value::Null).await.expect(200),
        json!({"clients": 2})
    );
    assert_eq!((one.closed().await, two.closed().await), (3503, 3503));
    // The other one's first publication is its own.
    let own = format!("/api/clients/{}/notice", other.client());
    admin.post(&own, &json!({"title": "Yours", "body": "", "level": "info"})).await.expect(204);
    assert_eq!(other.publication(&channel).await["data"]["title"], "Yours");
    let nobody = format!("/api/installations/{}", ann.id);
    admin.post(&format!("{nobody}/disconnect"), &Value::Null).await.expect_problem(404, "not_found");
    admin.post(&format!("{nobody}/notice"), &notice).await.expect_problem(404, "not_found");
    app.stop().await;
}

#[tokio::test]
async fn settings_reach_clients_live_and_with_the_next_connect_and_end() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let data = described("desk", "i-1", "1.4.0", "Linux");
    let mut ws = connect(&app, &ann, &data).await;
    let mut other = connect(&app, &ann, &described("pocket", "i-2", "3.0", "Android")).await;
    assert_eq!(ws.welcome["data"], json!({"settings": null, "diagnostics": []}));
    let path = format!("/api/installations/{}", installation_of(&admin, &ws).await);
    let wanted = json!({"log_level": "debug", "sampling": 0.5, "minutes": 30});
    let set = admin.put(&format!("{path}/settings"), &wanted).await.expect(200);
    let told = json!({"log_level": "debug", "sampling": 0.5, "until": set["until"]});
    let channel = format!("user:{}", ann.id);
    let publication = ws.publication(&channel).await;
    assert_eq!(publication["data"], json!({"type": "settings", "settings": told}));
    assert!(publication.get("offset").is_none(), "{publication}");
    assert_eq!(admin.get(&path).await.expect(200)["settings"], set);
    assert_eq!(set["set_by"], crate::support::ADMIN.0);
    // The next connect, and the one after a restart, find it.
    let next = connect(&app, &ann, &data).await;
    assert_eq!(next.welcome["data"]["settings"], told);
    drop((next, ws));
    let app = app.restart_after(TimeDelta::minutes(20)).await;
    let ann = app.login("ann", crate::support::PASSWORD).await;
    let mut ws = connect(&app, &ann, &data).await;
    assert_eq!(ws.welcome["data"]["settings"], told);
    // It ends by itself.
    app.clock.advance(TimeDelta::minutes(11));
    assert_eq!(ws.publication(&channel).await["data"], json!({"type": "settings", "settings": null}));
    let admin = app.admin().await;
    assert_eq!(admin.get(&path).await.expect(200)["settings"], Value::Null);
    assert_eq!(connect(&app, &ann, &data).await.welcome["data"]["settings"], Value::Null);
    // And on request.
    admin.put(&format!("{path}/settings"), &json!({"sampling": 0, "minutes": 1})).await.expect(200);
    assert_eq!(ws.publication(&channel).await["data"]["settings"]["log_level"], Value::Null);
    admin.delete(&format!("{path}/settings")).await.expect(204);
    assert_eq!(ws.publication(&channel).await["data"]["settings"], Value::Null);
    admin.delete(&format!("{path}/settings")).await.expect(204);
    let journal = admin.get(&format!("{path}/timeline?kind=admin")).await.expect(200);
    let done: Vec<&Value> =
        journal["items"].as_array().unwrap().iter().map(|i| &i["detail"]["action"]).collect();
    assert_eq!(done, ["end_settings", "set_settings", "set_settings"]);
    // The other installation of the account was not told: the server went away before anything came.
    assert_eq!(other.closed().await, 3001);
    app.stop().await;
}

#[tokio::test]
async fn only_admins_with_the_scope_give_orders() {
    let app = TestApp::spawn().await;
    let (admin, ann) = (app.admin().await, app.member("ann").await);
    let mut ws = connect(&app, &ann, &described("desk", "i-1", "1.4.0", "Linux")).await;
    let path = format!("/api/installations/{}", installation_of(&admin, &ws).await);
    let (viewer, reader) = (app.viewer("vic").await, token(&admin, &["clients:read"]).await);
    let (settings, notice) =
        (json!({"sampling": 1, "minutes": 5}), json!({"title": "t", "body": "b", "level": "info"}));
    let before = stored::rows(&app).await;
    for actor in [&ann, &viewer, &reader] {
        actor.put(&format!("{path}/settings"), &settings).await.expect_problem(403, "forbidden");
        actor.delete(&format!("{path}/settings")).await.expect_problem(403, "forbidden");
        actor.post(&format!("{path}/disconnect"), &Value::Null).await.expect_problem(403, "forbidden");
        actor.post(&format!("{path}/notice"), &notice).await.expect_problem(403, "forbidden");
        actor.post(&format!("{path}/diagnostics"), &Value::Null).await.expect_problem(403, "forbidden");
    }
    for bad in [
        json!({"minutes": 5}),
        json!({"sampling": 1.1, "minutes": 5}),
        json!({"sampling": -0.1, "minutes": 5}),
        json!({"sampling": 1}),
        json!({"sampling": 1, "minutes": 0}),
        json!({"sampling": 1, "minutes": 10_081}),
        json!({"log_level": "loud", "minutes": 5}),
        json!({"sampling": 1, "minutes": 5, "more": 1}),
        json!([]),
    ] {
        admin.put(&format!("{path}/settings"), &bad).await.expect(400);
    }
    let after = stored::rows(&app).await;
    assert_eq!(after, before);
    assert_eq!(admin.get(&path).await.expect(200)["settings"], Value::Null);
    let timeline = admin.get(&format!("{path}/timeline?kind=admin")).await.expect(200);
    assert_eq!(timeline["items"], json!([]));
    // It is still there, and was told nothing.
    assert_eq!(ws.err("subscribe", &json!({"channel": "monitor:overview"})).await, 103);
    let writer = token(&admin, &["clients:write"]).await;
    writer.put(&format!("{path}/settings"), &settings).await.expect(200);
    assert_eq!(ws.publication(&format!("user:{}", ann.id)).await["data"]["settings"]["sampling"], json!(1.0));
    app.stop().await;
}
