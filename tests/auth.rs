//! Logging in and everything that follows from it.

use serde_json::json;

use crate::support::{ADMIN, TestApp};

#[tokio::test]
async fn a_login_gives_tokens_that_work() {
    let app = TestApp::spawn().await;
    let body = json!({"username": ADMIN.0, "password": ADMIN.1, "device": "laptop"});
    let login = app.anon().post("/api/auth/login", &body).await.expect(200);
    assert_eq!(login["token_type"], "Bearer");
    assert_eq!(login["expires_in"], 900);
    assert_eq!(login["user"]["role"], "admin");
    let me = app.admin().await.get("/api/auth/me").await.expect(200);
    assert_eq!(me["user"], login["user"]);
    let ann = app.member("ann").await;
    assert_eq!(ann.get("/api/auth/me").await.expect(200)["user"]["username"], "ann");
    app.stop().await;
}
