//! `workspace-server healthcheck`, which an image without a shell runs on itself.

use crate::support::binary::Place;
use crate::support::{TestApp, eventually};

#[tokio::test]
async fn it_succeeds_while_the_server_is_ready_and_fails_after() {
    let place = Place::new();
    let settings = [("SERVER_HOST", "127.0.0.1"), ("PORT", "0"), ("METRICS_ADDR", "off")];
    let server = place.serve(&[], &settings).await;
    let port = server.base.rsplit(':').next().unwrap().to_owned();
    // Another directory: a check must not need the server's files.
    let elsewhere = Place::new();
    let up = elsewhere.run(&["healthcheck"], &[("PORT", &port)], "").await;
    assert_eq!((up.status.code(), up.stdout.len(), up.stderr.len()), (Some(0), 0, 0), "{up:?}");

    assert_eq!(server.stop().await, Some(0));
    let down = elsewhere.run(&["healthcheck"], &[("PORT", &port)], "").await;
    let said = String::from_utf8(down.stderr).unwrap();
    assert_eq!((down.status.code(), down.stdout.len(), said.lines().count()), (Some(1), 0, 1), "{said}");
    assert!(said.starts_with("workspace-server: no answer from 127.0.0.1:"), "{said}");
    assert_eq!(elsewhere.path().read_dir().unwrap().count(), 0, "it wrote something");
}

#[tokio::test]
async fn it_fails_while_the_server_is_not_ready() {
    let app = TestApp::spawn_with(|config| config.base_path = "/workspace".to_owned()).await;
    app.services.db.close().await;
    eventually("not ready", async || (app.anon().get("/workspace/ready").await.status == 503).then_some(()))
        .await;
    let place = Place::new();
    let port = app.address.port().to_string();
    let check = place.run(&["healthcheck"], &[("PORT", &port), ("BASE_PATH", "/workspace")], "").await;
    let said = String::from_utf8(check.stderr).unwrap();
    assert_eq!(check.status.code(), Some(1));
    assert_eq!(said, "workspace-server: not ready: status 503\n");
    app.stop().await;
}
