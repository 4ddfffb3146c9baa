//! What the server does before anybody is there.

use crate::support::TestApp;

#[tokio::test]
async fn an_unknown_path_is_a_problem_document() {
    let app = TestApp::spawn().await;
    let answer = app.anon().get("/api/nothing").await;
    assert!(!answer.header("x-request-id").is_empty());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    answer.expect_problem(404, "not_found");
    app.stop().await;
}
