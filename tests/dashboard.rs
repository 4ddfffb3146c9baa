//! Pages and assets as a browser's first requests see them. What happens in the browser is in `browser`.

use std::fs;
use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, COOKIE, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::programs::root;
use crate::support::{Actor, Answer, TestApp};

/// Gets `path` as a browser does, with these headers.
async fn browse(actor: &Actor, path: &str, headers: &[(reqwest::header::HeaderName, &str)]) -> Answer {
    let request = actor.request(Method::GET, path).header(ACCEPT, "text/html,application/xhtml+xml");
    actor.send(headers.iter().fold(request, |request, (name, value)| request.header(name, *value))).await
}

/// The address of `file` as the page names it.
fn asset(page: &Answer, file: &str) -> String {
    let end = page.text.find(file).unwrap_or_else(|| panic!("the page does not name {file}")) + file.len();
    let start = page.text[..end].rfind('"').unwrap() + 1;
    page.text[start..end].to_owned()
}

#[tokio::test]
async fn nobody_gets_the_door_and_nothing_of_what_is_behind() {
    let app = TestApp::spawn().await;
    for (path, login) in [
        ("/", "/login"),
        ("/rooms", "/login?next=%2Frooms"),
        ("/rooms/general", "/login?next=%2Frooms%2Fgeneral"),
        ("/people", "/login?next=%2Fpeople"),
        ("/logs?level=error&user=ann", "/login?next=%2Flogs%3Flevel%3Derror%26user%3Dann"),
        ("/clients/some-id", "/login?next=%2Fclients%2Fsome-id"),
    ] {
        let answer = browse(&app.anon(), path, &[]).await;
        assert_eq!((answer.status, answer.header("location")), (303, login), "{path}");
    }
    let login = browse(&app.anon(), "/login", &[]).await;
    assert_eq!(login.status, 200);
    assert_eq!(login.header("cache-control"), "no-store");
    assert!(!login.text.contains("overview.js"));
    let setup = browse(&app.anon(), "/setup", &[]).await;
    assert_eq!((setup.status, setup.header("location")), (303, "/"));
}

#[tokio::test]
async fn without_an_admin_every_page_leads_to_setup() {
    let app = TestApp::spawn_with(|config| config.first_admin = None).await;
    for path in ["/", "/login", "/rooms", "/people"] {
        let mut answer = browse(&app.anon(), path, &[]).await;
        while answer.status == 303 {
            answer = browse(&app.anon(), answer.header("location"), &[]).await;
        }
        assert!(answer.text.contains("id=\"setup-form\""), "{path} led to {}", answer.text);
    }
}

#[tokio::test]
async fn a_page_runs_nothing_but_the_servers_own_files() {
    let app = TestApp::spawn().await;
    let page = browse(&app.anon(), "/login", &[]).await;
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
        assert!(!page.text.contains(inline), "the page has {inline}");
    }
    for script in page.text.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').unwrap();
        assert!(
            tag.contains("application/json") || tag.contains("src=") && rest.starts_with("</script>"),
            "{tag}"
        );
    }
}

#[tokio::test]
async fn the_language_is_the_choice_then_the_browsers() {
    let app = TestApp::spawn().await;
    let anon = app.anon();
    let french = browse(&anon, "/login", &[(ACCEPT_LANGUAGE, "fr-CA,en;q=0.5")]).await;
    assert!(french.text.contains("<html lang=\"fr\">") && french.text.contains("Mot de passe"));
    let chosen = browse(&anon, "/login?lang=fr", &[]).await;
    assert!(chosen.header("set-cookie").starts_with("workspace_lang=fr; Path=/; "));
    let english = browse(&anon, "/login", &[(COOKIE, "workspace_lang=en"), (ACCEPT_LANGUAGE, "fr")]).await;
    assert!(english.text.contains("<html lang=\"en\">"));
}

#[tokio::test]
async fn an_unknown_page_is_a_page_for_browsers_and_a_problem_for_programs() {
    let app = TestApp::spawn().await;
    let page = browse(&app.anon(), "/no/such/<page>", &[]).await;
    assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(page.text.contains("There is no such page") && !page.text.contains("<page>"));
    app.anon().get("/no/such/page").await.expect_problem(404, "not_found");
    app.anon().post("/login", &Value::Null).await.expect_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn an_asset_is_kept_for_ever_under_an_address_of_its_content() {
    let app = TestApp::spawn().await;
    let anon = app.anon();
    let page = browse(&anon, "/login", &[]).await;
    for (file, kind) in [
        ("css/all.css", "text/css; charset=utf-8"),
        ("js/pages/login.js", "text/javascript; charset=utf-8"),
        ("vendor/inter/inter-latin-wght-normal.woff2", "font/woff2"),
    ] {
        let path = asset(&page, file);
        let answer = anon.get(&path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        let etag = answer.header("etag").to_owned();
        let again = anon.send(anon.request(Method::GET, &path).header(IF_NONE_MATCH, &etag)).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""));
        let head = anon.send(anon.request(Method::HEAD, &path)).await;
        assert_eq!((head.status, head.header("etag")), (200, etag.as_str()));
    }
    let path = asset(&page, "css/all.css");
    let version = path.split('/').nth(2).unwrap();
    for wrong in [
        path.replace(version, "0000000000000000"),
        format!("/assets/{version}/templates/layouts/base.hbs"),
        format!("/assets/{version}/../../Cargo.toml"),
        format!("/assets/{version}/css/..%2f..%2fCargo.toml"),
    ] {
        assert_eq!(anon.get(&wrong).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
}

#[tokio::test]
async fn an_asset_is_sent_compressed_to_who_takes_it() {
    let app = TestApp::spawn().await;
    let anon = app.anon();
    let page = browse(&anon, "/login", &[]).await;
    let get = async |path: &str, coding: &'static str| {
        let request = anon.request(Method::GET, path).header(ACCEPT_ENCODING, coding);
        let answer = request.send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
        let (encoding, etag, vary) = (header("content-encoding"), header("etag"), header("vary"));
        (encoding, etag, vary, answer.bytes().await.unwrap())
    };
    let path = asset(&page, "css/all.css");
    let (encoding, etag, vary, plain) = get(&path, "identity").await;
    assert_eq!((encoding.as_str(), vary.as_str()), ("", "Accept-Encoding"));
    let (encoding, other, vary, compressed) = get(&path, "br, gzip;q=0.8").await;
    assert_eq!((encoding.as_str(), vary.as_str()), ("gzip", "Accept-Encoding"));
    assert_ne!(etag, other);
    let mut content = Vec::new();
    GzDecoder::new(&compressed[..]).read_to_end(&mut content).unwrap();
    assert_eq!(content, plain);
    assert!(compressed.len() * 2 < plain.len(), "{} of {}", compressed.len(), plain.len());
    let again =
        anon.request(Method::GET, &path).header(ACCEPT_ENCODING, "gzip").header(IF_NONE_MATCH, &other);
    assert_eq!(anon.send(again).await.status, 304);
    // A typeface is compressed by itself.
    let (encoding, _, vary, _) = get(&asset(&page, "inter-latin-wght-normal.woff2"), "gzip").await;
    assert_eq!((encoding.as_str(), vary.as_str()), ("", ""));
}

#[tokio::test]
async fn the_api_page_is_kept_as_long_as_it_is_the_same() {
    let app = TestApp::spawn().await;
    let anon = app.anon();
    let page = browse(&anon, "/docs", &[]).await;
    assert_eq!((page.status, page.header("cache-control")), (200, "no-cache"));
    for tag in [page.header("etag").to_owned(), format!("W/{}", page.header("etag"))] {
        let again = browse(&anon, "/docs", &[(IF_NONE_MATCH, &tag)]).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""));
    }
    let other = browse(&anon, "/docs", &[(IF_NONE_MATCH, "\"other\"")]).await;
    assert_eq!((other.status, other.text.len()), (200, page.text.len()));
}

#[tokio::test]
async fn the_picture_that_browsers_ask_for_by_themselves_is_there() {
    let app = TestApp::spawn().await;
    let icon = app.anon().get("/favicon.ico").await;
    assert_eq!((icon.status, icon.header("content-type")), (200, "image/svg+xml"));
    assert_eq!(icon.header("cache-control"), "public, max-age=86400");
}

#[tokio::test]
async fn every_address_of_a_page_is_below_the_base_path() {
    let app = TestApp::spawn_with(|config| config.base_path = "/team".to_owned()).await;
    let anon = app.anon();
    assert_eq!(browse(&anon, "/team/", &[]).await.header("location"), "/team/login");
    assert_eq!(browse(&anon, "/team/rooms", &[]).await.header("location"), "/team/login?next=%2Frooms");
    let page = browse(&anon, "/team/login?lang=fr", &[]).await;
    assert!(page.header("set-cookie").contains("Path=/team/;"));
    assert_eq!(anon.get(&asset(&page, "css/all.css")).await.status, 200);
    for attribute in [" href=\"/", " src=\"/"] {
        for rest in page.text.split(attribute).skip(1) {
            assert!(rest.starts_with("team/"), "{attribute}{}", &rest[..40]);
        }
    }
}

#[test]
fn vendored_files_are_those_of_the_list() {
    let vendor = root().join("dashboard/vendor");
    let list: Value = serde_json::from_str(&fs::read_to_string(vendor.join("vendor.json")).unwrap()).unwrap();
    let mut listed = vec!["vendor.json".to_owned()];
    for part in list.as_array().unwrap() {
        for key in ["name", "version", "licence", "purpose"] {
            assert!(part[key].as_str().is_some_and(|text| !text.is_empty()), "{part} has no {key}");
        }
        for file in part["files"].as_array().unwrap() {
            let name = file["file"].as_str().unwrap();
            let hash: String = Sha256::digest(fs::read(vendor.join(name)).unwrap())
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            assert_eq!(file["sha256"].as_str().unwrap(), hash, "{name} is not the file that was vendored");
            listed.push(name.to_owned());
        }
        assert!(listed.iter().any(|name| name.ends_with("/LICENSE")), "{part} has no licence text");
    }
    let mut found = Vec::from(["vendor.json".to_owned()]);
    for folder in fs::read_dir(&vendor).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        for file in fs::read_dir(folder.path()).unwrap() {
            found.push(file.unwrap().path().strip_prefix(&vendor).unwrap().display().to_string());
        }
    }
    listed.sort();
    found.sort();
    assert_eq!(listed, found);
}
