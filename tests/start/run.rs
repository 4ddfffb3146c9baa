//! Starts that work, and the command line beside a server that is stopped.

use serde_json::{Value, json};

use crate::support::binary::{Place, Running};
use crate::support::{PASSWORD, eventually};

async fn post(running: &Running, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}{path}", running.base);
    let answer = reqwest::Client::new().post(url).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn the_env_file_of_the_mission_starts_the_server_unchanged() {
    let place = Place::new();
    // A port that was free a moment ago; the file names one, as an operator would.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let data = place.path().join("var/workspace/data/database.sqlite");
    place.write(
        ".env",
        &format!(
            "PORT={port}\nJWT_SECRET=k9J2mX7qL4vB8nR3tW6yZ1cF5hD0sGq7PzA\nNODE_ENV=production\nDATABASE_PATH={}\n\
             SERVER_HOST=0.0.0.0\nCORS_ORIGIN=http://localhost:3000,http://other\n",
            data.display()
        ),
    );
    let running = place.serve(&[], &[("METRICS_ADDR", "off")]).await;
    assert!(data.is_file());
    eventually("how to open the link from elsewhere", async || {
        running.said.lock().unwrap().contains("From another machine").then_some(())
    })
    .await;
    assert!(running.base.ends_with(&format!(":{port}")), "{}", running.base);
    assert!(!data.with_extension("jwt-secret").exists(), "the given secret is used");
    let preflight = reqwest::Client::new()
        .request(reqwest::Method::OPTIONS, format!("http://127.0.0.1:{port}/api/auth/login"))
        .header("Origin", "http://other")
        .header("Access-Control-Request-Method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.headers()["access-control-allow-origin"], "http://other");
    assert_eq!(running.stop().await, Some(0));
}

#[tokio::test]
async fn accounts_are_looked_after_while_the_server_is_stopped() {
    let place = Place::new();
    let settings =
        [("PORT", "0"), ("SERVER_HOST", "127.0.0.1"), ("METRICS_ADDR", "off"), ("LOG_FORMAT", "text")];
    let user = async |args: &[&str], input: &str| {
        let args: Vec<&str> = ["user"].iter().chain(args).copied().collect();
        let output = place.run(&args, &settings, input).await;
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), text)
    };
    let (code, text) = user(&["list"], "").await;
    assert_eq!(
        (code, text.starts_with("workspace-server: DATABASE_PATH: there is no")),
        (Some(1), true),
        "{text}"
    );
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);

    let added = user(&["add", "Ann", "--role", "admin", "--name", "Ann B."], &format!("{PASSWORD}\n")).await;
    assert_eq!(added, (Some(0), "Made the admin `Ann`.\n".to_owned()));
    let file = place.write("password", &format!("{PASSWORD}\r\n"));
    let added = user(&["add", "ben", "--password-file", file.to_str().unwrap()], "").await;
    assert_eq!(added, (Some(0), "Made the member `ben`.\n".to_owned()));
    for (args, input, words) in [
        (&["add", "ANN"][..], PASSWORD, "the user name `ANN` is taken"),
        (&["add", "a b"], PASSWORD, "must be 3 to 32"),
        (&["add", "cid"], "short", "must be 10 to 128 characters"),
        (&["add", "cid"], "", "must be 10 to 128 characters"),
        (&["add", "cid", "--password-file", "no-such-file"], "", "cannot be read"),
        (&["password", "cid"], PASSWORD, "there is no such account"),
    ] {
        let (code, text) = user(args, input).await;
        assert!(code == Some(1) && text.contains(words) && text.lines().count() == 1, "{args:?}: {text}");
        assert!(!text.contains(PASSWORD));
    }
    let list = user(&["list"], "").await;
    assert_eq!(list, (Some(0), "Ann\tadmin\tactive\tAnn B.\nben\tmember\tactive\tben\n".to_owned()));

    let running = place.serve(&[], &settings).await;
    let login = json!({"username": "ann", "password": PASSWORD});
    let (status, tokens) = post(&running, "/api/auth/login", &login).await;
    assert_eq!(status, 200, "{tokens}");
    let (code, text) = user(&["password", "ann"], "another password\n").await;
    assert_eq!(code, Some(1));
    assert!(text.contains("is in use") && text.contains("stop the server first"), "{text}");
    assert_eq!(running.stop().await, Some(0));

    let (code, text) = user(&["password", "ann"], "another password\n").await;
    assert_eq!((code, text.as_str()), (Some(0), "Set the password of `Ann` and ended its sessions.\n"));
    let running = place.serve(&[], &settings).await;
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    assert_eq!(post(&running, "/api/auth/refresh", &refresh).await.0, 401);
    assert_eq!(post(&running, "/api/auth/login", &login).await.0, 401);
    let login = json!({"username": "ann", "password": "another password"});
    assert_eq!(post(&running, "/api/auth/login", &login).await.0, 200);
    assert_eq!(running.stop().await, Some(0));
}

#[tokio::test]
async fn the_link_that_is_printed_makes_the_first_admin_once() {
    let place = Place::new();
    let settings = [("PORT", "0"), ("SERVER_HOST", "127.0.0.1"), ("METRICS_ADDR", "off")];
    let running = place.serve(&[], &settings).await;
    let link = eventually("the link", async || {
        let said = running.said.lock().unwrap().clone();
        said.split_whitespace().find(|word| word.contains("/setup#")).map(str::to_owned)
    })
    .await;
    let (page, token) = link.split_once('#').unwrap();
    assert_eq!(page, format!("{}/setup", running.base));
    assert!(!running.said.lock().unwrap().contains("another machine"), "it listens on this one alone");
    assert!(!running.printed.contains(token), "the log travels");
    let admin = json!({"token": token, "username": "root", "password": PASSWORD});
    assert_eq!(post(&running, "/api/setup", &admin).await.0, 201);
    let again = json!({"token": token, "username": "toor", "password": PASSWORD});
    assert!(post(&running, "/api/setup", &again).await.0 >= 400);
    assert_eq!(running.stop().await, Some(0));

    let running = place.serve(&[], &settings).await;
    let login = json!({"username": "root", "password": PASSWORD});
    assert_eq!(post(&running, "/api/auth/login", &login).await.0, 200);
    let said = running.said.clone();
    assert_eq!(running.stop().await, Some(0));
    assert!(!said.lock().unwrap().contains("/setup#"), "there is an admin");
}

#[tokio::test]
async fn secrets_are_read_from_files_and_rotated_without_logging_anybody_out() {
    const OLD: &str = "k9J2mX7qL4vB8nR3tW6yZ1cF5hD0sGq7PzA";
    const NEW: &str = "Zq4Tn8WcR2xK6vM1yH9sB3jL7pD5gF0aUeN";
    let place = Place::new();
    let old = place.write("old", &format!("{OLD}\n"));
    let new = place.write("new", NEW);
    // As people keep such a list: one a line, or with commas.
    let former = place.write("former", &format!("{}\n{OLD}\n", OLD.to_ascii_lowercase()));
    let basic = [
        ("PORT", "0"),
        ("SERVER_HOST", "127.0.0.1"),
        ("METRICS_ADDR", "off"),
        ("ADMIN_USERNAME", "root"),
        ("ADMIN_PASSWORD", PASSWORD),
    ];
    let with = |more: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        basic.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let serve = async |settings: Vec<(&'static str, String)>| {
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        place.serve(&[], &settings).await
    };
    let running = serve(with(&[("JWT_SECRET_FILE", old.to_str().unwrap())])).await;
    let login = json!({"username": "root", "password": PASSWORD});
    let (_, tokens) = post(&running, "/api/auth/login", &login).await;
    assert_eq!(running.stop().await, Some(0));
    let me = async |running: &Running| {
        let url = format!("{}/api/auth/me", running.base);
        let request = reqwest::Client::new().get(url).bearer_auth(tokens["access_token"].as_str().unwrap());
        request.send().await.unwrap().status().as_u16()
    };
    let files =
        [("JWT_SECRET_FILE", new.to_str().unwrap()), ("JWT_SECRET_PREVIOUS_FILE", former.to_str().unwrap())];
    let running = serve(with(&files)).await;
    assert_eq!(me(&running).await, 200);
    assert_eq!(running.stop().await, Some(0));
    let running = serve(with(&files[..1])).await;
    assert_eq!(me(&running).await, 401, "the former secret is forgotten");
    assert_eq!(running.stop().await, Some(0));
}
