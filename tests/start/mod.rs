//! What the server does before anybody is there.

mod faults;
mod logs;
mod run;

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

#[tokio::test]
async fn outside_of_the_base_path_nothing_is_found_as_anywhere() {
    let app = TestApp::spawn_with(|config| config.base_path = "/team".to_owned()).await;
    for path in ["/", "/api/users", "/teams", "/health"] {
        let answer = app.anon().get(path).await;
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        answer.expect_problem(404, "not_found");
    }
    app.anon().get("/team/health").await.expect(200);
    let page = reqwest::get(format!("http://{}/metrics", app.metrics)).await.unwrap().text().await.unwrap();
    let counted = r#"workspace_http_requests_total{method="GET",route="<unknown>",status="404"}"#;
    assert!(page.contains(counted), "{page}");
    assert!(page.contains(r#"route="/health",status="200""#), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn a_method_that_a_path_has_not_is_answered_with_those_that_it_has() {
    let with_base = TestApp::spawn_with(|config| config.base_path = "/team".to_owned()).await;
    for (app, base) in [(TestApp::spawn().await, ""), (with_base, "/team")] {
        for (path, allow) in [("/api/users", "GET, POST"), ("/api/users/someone", "GET, PATCH")] {
            let answer = app.anon().delete(&format!("{base}{path}")).await;
            assert_eq!(answer.header("allow"), allow);
            answer.expect_problem(405, "method_not_allowed");
        }
        app.stop().await;
    }
}
