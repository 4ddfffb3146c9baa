//! What is committed is what the code gives: generated files, documents, and the rules of the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::process::Command;
use workspace_server::app::Services;
use workspace_server::realtime::{Disconnect, Error};

use crate::support::TestApp;
use crate::support::programs::{self, root};

/// Past this many lines a file holds more than one noun.
const MOST_LINES: usize = 500;

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

async fn server(args: &[&str]) -> String {
    programs::run(Command::new(env!("CARGO_BIN_EXE_workspace-server")).args(args).env_clear(), 30).await
}

#[tokio::test]
async fn openapi_json_is_what_the_server_prints() {
    assert!(
        server(&["openapi"]).await == read("openapi/openapi.json"),
        "openapi/openapi.json is not the document of this code: `make generate`, then read the difference"
    );
}

#[tokio::test]
async fn the_served_documents_are_the_committed_one_in_both_forms() {
    let app = TestApp::spawn().await;
    let committed: Value = serde_json::from_str(&read("openapi/openapi.json")).unwrap();
    assert!(app.anon().get("/api/openapi.json").await.expect(200) == committed);
    let yaml = app.anon().get("/api/openapi.yaml").await;
    assert_eq!((yaml.status, yaml.header("content-type")), (200, "application/yaml"));
    let yaml: Value = serde_yaml::from_str(&yaml.text).unwrap();
    assert!(yaml == committed, "the document in YAML is not that in JSON");
    app.stop().await;
}

#[tokio::test]
async fn the_readme_has_every_setting() {
    let table = server(&["config", "--markdown"]).await;
    assert!(table.contains("JWT_SECRET") && table.lines().count() > 15, "{table}");
    let readme = read("README.md");
    let (_, rest) = readme.split_once("<!-- settings: begin (written by `make generate`) -->\n").unwrap();
    let (written, _) = rest.split_once("<!-- settings: end -->").unwrap();
    assert!(written == table, "the table of settings in README.md is not that of this code: `make generate`");
}

#[tokio::test]
async fn the_example_of_the_stack_has_every_setting_and_every_variable() {
    let example = read("compose/.env.example");
    let (stack, rest) = example.split_once("# settings: begin (written by `make generate`)\n").unwrap();
    let (written, _) = rest.split_once("# settings: end\n").unwrap();
    let printed = server(&["config", "--dotenv"]).await;
    assert!(
        written == printed,
        "the settings in compose/.env.example are not those of this code: `make generate`"
    );
    let named = |text: &str| -> BTreeSet<String> {
        let names = text.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
        let is_name = |name: &str| name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        names.map(|(name, _)| name.to_owned()).filter(|name| is_name(name)).collect()
    };
    let settings = named(&printed);
    let files = ["compose.yaml", "compose.tls.yaml", "compose.alerts.yaml", "compose.dev.yaml"];
    let used: BTreeSet<String> = files
        .iter()
        .flat_map(|file| {
            let text = read(&format!("compose/{file}"));
            let names =
                text.split("${").skip(1).map(|rest| rest.split([':', '-', '}']).next().unwrap().to_owned());
            names.collect::<Vec<_>>()
        })
        .collect();
    let mut known = named(stack);
    // For Compose itself: which of the files to use.
    assert!(known.remove("COMPOSE_FILE"));
    let wanted: BTreeSet<String> = used.difference(&settings).cloned().collect();
    assert_eq!(known, wanted, "the variables of compose/*.yaml that are no settings of the server");
}

#[tokio::test]
async fn asyncapi_yaml_is_valid_and_names_every_code() {
    let printed = programs::run(Command::new("node").arg(programs::js("asyncapi.mjs")), 60).await;
    let document: Value = serde_json::from_str(&printed).unwrap();
    let pairs =
        |name: &str| -> BTreeSet<(u32, String)> { serde_json::from_value(document[name].clone()).unwrap() };
    let errors: BTreeSet<_> = Error::ALL.iter().map(|error| (error.code, error.message.to_owned())).collect();
    assert_eq!(pairs("errors"), errors);
    let disconnects: BTreeSet<_> =
        Disconnect::ALL.iter().map(|end| (u32::from(end.code), end.reason.to_owned())).collect();
    assert_eq!(pairs("disconnects"), disconnects);
}

/// What is allowed, and what is said of it: a namespace's rpc methods are refused unless it names them.
#[tokio::test]
async fn asyncapi_yaml_has_every_channel_and_rpc_method() {
    let printed = programs::run(Command::new("node").arg(programs::js("asyncapi.mjs")), 60).await;
    let document: Value = serde_json::from_str(&printed).unwrap();
    let names = |name: &str| -> BTreeSet<String> { serde_json::from_value(document[name].clone()).unwrap() };
    let (channels, methods) = Services::for_document().hub.surface();
    let owned = |names: Vec<&str>| -> BTreeSet<String> { names.into_iter().map(str::to_owned).collect() };
    assert!(methods.len() >= 4 && channels.len() >= 5, "{methods:?} {channels:?}");
    assert_eq!(names("rpc"), owned(methods.clone()));
    assert_eq!(names("rpc_described"), owned(methods), "each method says what it takes and gives");
    let mut expected = owned(channels);
    expected.insert("/chat".to_owned());
    assert_eq!(names("channels"), expected);
    assert_eq!(document["unsubscribes"], serde_json::json!([[2000, "server unsubscribe"]]));
    assert_eq!(document["closes"], serde_json::json!([[1009, "message size limit exceeded"]]));
}

#[test]
fn the_map_of_the_house_has_every_room() {
    let map = read("src/lib.rs");
    let modules = map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let missing: Vec<&str> = modules.filter(|name| !map.contains(&format!("[`{name}`]"))).collect();
    assert!(missing.is_empty(), "src/lib.rs says nothing of {missing:?}");
}

/// Whether a media type of the document shows an example, itself or in its schema.
fn has_example(document: &Value, media: &Value) -> bool {
    let mut schema = &media["schema"];
    while let Some(name) = schema["$ref"].as_str() {
        schema = document.pointer(name.trim_start_matches('#')).unwrap();
    }
    media.get("example").is_some() || schema.get("example").is_some()
}

#[test]
fn every_operation_shows_what_goes_in_and_what_comes_out() {
    let document: Value = serde_json::from_str(&read("openapi/openapi.json")).unwrap();
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    for operation in operations.filter(|operation| operation.get("operationId").is_some()) {
        let answers = operation["responses"].as_object().unwrap();
        let successes =
            answers.iter().filter(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer);
        for content in
            successes.chain(operation.get("requestBody")).filter_map(|one| one["content"].as_object())
        {
            for (kind, media) in content {
                assert!(
                    has_example(&document, media),
                    "{} has no example of {kind}",
                    operation["operationId"]
                );
            }
        }
    }
}

/// Every committed file, by its path from the root.
async fn committed() -> Vec<PathBuf> {
    let listed = programs::run(Command::new("git").args(["ls-files", "-z"]).current_dir(root()), 30).await;
    listed.split_terminator('\0').map(PathBuf::from).filter(|path| root().join(path).is_file()).collect()
}

/// Whether a file of `src` is in one of these layers, by the names on its path.
fn is_in(file: &Path, layers: &[&str]) -> bool {
    file.iter().any(|part| layers.contains(&part.to_str().unwrap().trim_end_matches(".rs")))
}

#[tokio::test]
async fn each_layer_keeps_to_itself() {
    // The framework itself (the collector and uploads are HTTP without a document); its types for documents (`poem_openapi`) are also in what an API shows.
    let web = ["api", "http", "dashboard", "error", "app", "collect", "upload"];
    // Queries. Others know a connection and its error at most.
    let store = ["store", "entity", "db"];
    let queries = [
        "Entity::find",
        "Entity::insert",
        "Entity::update",
        "Entity::delete",
        "statement(",
        "execute_",
        "query_",
    ];
    for file in committed().await.iter().filter(|file| file.starts_with("src")) {
        let text = read(file.to_str().unwrap());
        let code = text.split("#[cfg(test)]").next().unwrap();
        let lines = || code.lines().filter(|line| !line.trim_start().starts_with("//"));
        if !is_in(file, &web) {
            let line = lines().find(|line| line.contains("poem::"));
            assert_eq!(line, None, "{} is no place for HTTP", file.display());
        }
        if !is_in(file, &store) {
            let line = lines().find(|line| queries.iter().any(|query| line.contains(query)));
            assert_eq!(line, None, "{} is no place for queries", file.display());
        }
    }
}

/// `crate::agenda::store::find` in a file of another slice: what others need, a slice's `mod.rs` re-exports.
fn reaches_inside(line: &str, own: &str) -> bool {
    let lower = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && !name.is_empty();
    line.split("crate::").skip(1).any(|path| {
        let Some((slice, rest)) = path.split_once("::") else { return false };
        let others = lower(slice) && slice != own && root().join("src").join(slice).is_dir();
        let path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
        let names = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next(),
            None => rest.split(|c| !path(c)).next(),
        };
        let inside = |name: &str| name.split_once("::").is_some_and(|(module, _)| lower(module));
        others && names.unwrap_or_default().split([',', ' ', '{']).any(inside)
    })
}

#[tokio::test]
async fn each_slice_is_entered_by_its_root() {
    assert!(reaches_inside("use crate::agenda::store::find;", "chat"));
    assert!(reaches_inside("use crate::agenda::{self, store::find};", "chat"));
    assert!(!reaches_inside("use crate::agenda::store::find;", "agenda"));
    assert!(!reaches_inside("Fn(&crate::db::Tx) -> futures_util::future::BoxFuture<()>", "chat"));
    assert!(!reaches_inside(
        "let db = crate::db::Db::open(path).await?; use crate::agenda::{self, Agenda};",
        "chat"
    ));
    for file in committed().await.iter().filter(|file| file.starts_with("src")) {
        let own = file.iter().nth(1).unwrap().to_str().unwrap().trim_end_matches(".rs");
        let text = read(file.to_str().unwrap());
        let line = text.lines().find(|line| reaches_inside(line, own));
        assert_eq!(line, None, "{} reaches into another slice", file.display());
    }
}

#[tokio::test]
async fn source_files_stay_short() {
    let sources = committed().await.into_iter().filter(|path| {
        let kind = path.extension().and_then(|extension| extension.to_str());
        matches!(kind, Some("rs" | "js" | "mjs" | "css" | "hbs" | "py" | "sh"))
            && !path.starts_with("dashboard/vendor")
    });
    let long: Vec<_> = sources
        .filter_map(|path| {
            let lines = fs::read_to_string(root().join(&path)).unwrap().lines().count();
            (lines > MOST_LINES).then(|| format!("{} has {lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "longer than {MOST_LINES} lines: {long:#?}");
}

/// Where packages come from is the machine's own setting: only Cargo's lockfiles name it.
#[tokio::test]
async fn no_file_names_a_package_registry() {
    let hosts = [
        ["registry.", "npmjs.org"].concat(),
        ["files.", "pythonhosted.org"].concat(),
        ["pypi", ".org/simple"].concat(),
    ];
    for path in committed().await {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        if path.file_name() == Some(Path::new("Cargo.lock").as_os_str()) {
            continue;
        }
        for host in &hosts {
            assert!(!text.contains(host), "{} names {host}", path.display());
        }
    }
}
