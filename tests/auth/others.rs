//! Sessions and API tokens of other accounts.

use serde_json::json;

use crate::support::{PASSWORD, TestApp, Ws};

#[tokio::test]
async fn an_admin_lists_and_ends_what_another_account_has() {
    let app = TestApp::spawn().await;
    let (admin, ann, bob) = (app.admin().await, app.member("ann").await, app.member("bob").await);
    let made =
        ann.post("/api/auth/tokens", &json!({"name": "robot", "scopes": ["chat:read"]})).await.expect(201);
    let robot = ann.with_token(made["token"].as_str().unwrap());
    let tokens = format!("/api/users/{}/tokens", ann.id);
    let sessions = format!("/api/users/{}/sessions", ann.id);

    let listed = admin.get(&tokens).await.expect(200);
    assert_eq!(listed["items"][0]["id"], made["id"]);
    assert!(!listed.to_string().contains("wst_"), "no secret is listed");
    let own = ann.get("/api/auth/sessions").await.expect(200);
    let seen = admin.get(&sessions).await.expect(200);
    assert_eq!(
        (&seen["items"][0]["id"], &seen["items"][0]["current"]),
        (&own["items"][0]["id"], &json!(false))
    );

    let token = format!("{tokens}/{}", made["id"].as_str().unwrap());
    let session = format!("{sessions}/{}", own["items"][0]["id"].as_str().unwrap());
    for other in [&ann, &bob] {
        for path in [&tokens, &sessions] {
            other.get(path).await.expect_problem(403, "forbidden");
        }
        for path in [&token, &session] {
            other.delete(path).await.expect_problem(403, "forbidden");
        }
    }
    // Another account's list has it not.
    let foreign = token.replace(&ann.id, &bob.id);
    admin.delete(&foreign).await.expect_problem(404, "not_found");
    admin
        .get(&format!("/api/users/{}/tokens", uuid::Uuid::from_u128(9)))
        .await
        .expect_problem(404, "not_found");
    robot.get("/api/chat/rooms").await.expect(200);
    ann.get("/api/chat/rooms").await.expect(200);

    let mut ws = Ws::connect(&app, &robot).await;
    admin.delete(&token).await.expect(204);
    assert_eq!(ws.closed().await, 3500);
    robot.get("/api/chat/rooms").await.expect_problem(401, "unauthorized");
    let mut ws = Ws::connect(&app, &ann).await;
    admin.delete(&session).await.expect(204);
    assert_eq!(ws.closed().await, 3500);
    ann.get("/api/chat/rooms").await.expect_problem(401, "unauthorized");
    admin.delete(&session).await.expect_problem(404, "not_found");
    app.login("ann", PASSWORD).await.get("/api/chat/rooms").await.expect(200);
    app.stop().await;
}
