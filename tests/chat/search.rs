//! Full-text search.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use reqwest::Method;
use serde_json::{Value, json};

use super::{items, make, message, say, text, texts};
use crate::support::{Actor, Answer, TestApp};

async fn search(actor: &Actor, query: &[(&str, &str)]) -> Answer {
    actor.send(actor.request(Method::GET, "/api/chat/search").query(query)).await
}

async fn found(actor: &Actor, q: &str) -> Vec<String> {
    texts(&items(&search(actor, &[("q", q)]).await.expect(200)), "body")
}

#[tokio::test]
async fn messages_are_found_by_their_words() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for body in ["The quick brown fox", "Le café brûlé", "a fox's den", "C++ and foo-bar OR baz", "x NEAR y"]
    {
        say(&ann, "general", body).await;
    }
    assert_eq!(found(&ann, "fox").await, ["a fox's den", "The quick brown fox"], "newest first");
    assert_eq!(found(&ann, "QUICK fo").await, ["The quick brown fox"], "all words, the last as a beginning");
    assert!(found(&ann, "fo ").await.is_empty(), "a space ends the last word");
    assert_eq!(found(&ann, "brule cafe").await, ["Le café brûlé"]);
    assert_eq!(found(&ann, "foo-bar").await, ["C++ and foo-bar OR baz"]);
    assert_eq!(found(&ann, "c++").await, ["C++ and foo-bar OR baz"]);
    assert_eq!(found(&ann, "x NEAR y").await, ["x NEAR y"], "no word has a meaning of its own");
    for nothing in ["", "fox OR café", "fox NOT den", "body:fox zebra", "!!!", "\" \"", "*"] {
        assert!(found(&ann, nothing).await.is_empty(), "{nothing}");
    }
    app.stop().await;
}

#[tokio::test]
async fn deleted_messages_are_not_found_and_edited_ones_by_their_new_text() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let (first, second) = (say(&ann, "general", "apple pie").await, say(&ann, "general", "apple tart").await);
    ann.patch(&message("general", &first), &json!({"body": "cherry pie"})).await.expect(200);
    assert_eq!(found(&ann, "apple").await, ["apple tart"]);
    assert_eq!(found(&ann, "cherry").await, ["cherry pie"]);
    ann.delete(&message("general", &second)).await.expect(204);
    assert!(found(&ann, "apple").await.is_empty());
    assert!(found(&ann, "tart").await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn only_rooms_that_one_may_read_are_searched() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let open = make(&ann, "public", &[]).await;
    let closed = make(&ann, "private", &[&bob]).await;
    let direct = ann.post("/api/chat/direct", &json!({"user_id": bob.id})).await.expect(200);
    let direct = text(&direct["id"]);
    for (room, body) in [("general", "plan A"), (&open, "plan B"), (&closed, "plan C"), (&direct, "plan D")] {
        say(&ann, room, body).await;
    }
    assert_eq!(found(&bob, "plan").await, ["plan D", "plan C", "plan B", "plan A"]);
    assert_eq!(found(&eve, "plan").await, ["plan B", "plan A"]);
    let inside = search(&bob, &[("q", "plan"), ("room_id", &closed)]).await.expect(200);
    assert_eq!(texts(&items(&inside), "body"), ["plan C"]);
    search(&eve, &[("q", "plan"), ("room_id", &closed)]).await.expect_problem(404, "not_found");
    app.stop().await;
}

#[tokio::test]
async fn what_is_found_comes_in_pages() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for n in 0..7 {
        say(&ann, "general", &format!("needle {n}")).await;
    }
    let mut bodies = Vec::new();
    let mut cursor = String::new();
    loop {
        let mut query = vec![("q", "needle"), ("limit", "3")];
        if !cursor.is_empty() {
            query.push(("cursor", &cursor));
        }
        let page = search(&ann, &query).await.expect(200);
        bodies.extend(texts(&items(&page), "body"));
        match &page["next"] {
            Value::Null => break,
            next => cursor = text(next),
        }
    }
    assert_eq!(bodies, (0..7).rev().map(|n| format!("needle {n}")).collect::<Vec<_>>());
    search(&ann, &[("q", "needle"), ("cursor", "?")]).await.expect_problem(400, "validation_failed");
    search(&ann, &[("q", &"n".repeat(201))]).await.expect_problem(400, "validation_failed");
    app.stop().await;
}

#[tokio::test]
async fn no_text_is_an_error() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    say(&ann, "general", "hello world").await;
    let mut runner = TestRunner::deterministic();
    let texts = proptest::prop_oneof![
        "\\PC{0,60}",
        proptest::collection::vec(proptest::char::any(), 0..60).prop_map(String::from_iter),
        // What means something to the engine.
        proptest::collection::vec(
            proptest::sample::select(vec![
                "\"", "'", "*", "(", ")", "AND", "OR", "NOT", "NEAR", ":", "^", "-", "+", "body", " ", "\0",
                ",", "{", "}", "hello", "\\", ";", "%", "é",
            ]),
            0..20,
        )
        .prop_map(|parts| parts.concat()),
    ];
    for _ in 0..300 {
        let query = texts.new_tree(&mut runner).unwrap().current();
        let answer = search(&ann, &[("q", &query)]).await;
        assert_eq!(answer.status, 200, "{query:?} gave {}", answer.text);
    }
    app.stop().await;
}
