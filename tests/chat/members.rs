//! Members: joining, adding, leaving, removing.

use serde_json::{Value, json};

use super::{items, make, member, messages, room, say, text};
use crate::support::{Actor, TestApp, Ws};

async fn roles(actor: &Actor, room: &str) -> Vec<(String, String)> {
    let page = actor.get(&format!("/api/chat/rooms/{room}/members")).await.expect(200);
    let mut roles: Vec<_> =
        items(&page).iter().map(|m| (text(&m["user"]["username"]), text(&m["role"]))).collect();
    roles.sort();
    roles
}

fn pairs(roles: &[(&str, &str)]) -> Vec<(String, String)> {
    roles.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test]
async fn a_public_room_is_read_by_all_and_joined_to_post() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let id = make(&ann, "public", &[]).await;
    say(&ann, &id, "welcome").await;
    assert_eq!(super::heard(&bob, &id).await.len(), 1);
    assert_eq!(room(&bob, &id).await["member"], false);
    bob.post(&messages(&id), &json!({"body": "hi"})).await.expect_problem(403, "not_a_member");
    assert_eq!(super::heard(&bob, &id).await.len(), 1);

    bob.put(&member(&id, &bob), &json!({})).await.expect(204);
    bob.put(&member(&id, &bob), &json!({})).await.expect(204);
    let seen = room(&bob, &id).await;
    assert_eq!(
        (&seen["member"], &seen["role"], &seen["unread"]),
        (&json!(true), &json!("member"), &json!(0))
    );
    say(&bob, &id, "hi").await;
    bob.delete(&member(&id, &bob)).await.expect(204);
    bob.post(&messages(&id), &json!({"body": "still here"})).await.expect_problem(403, "not_a_member");
    bob.delete(&member(&id, &bob)).await.expect_problem(404, "not_found");
    app.stop().await;
}

#[tokio::test]
async fn owners_and_admins_add_and_remove_others() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let admin = app.admin().await;
    let id = make(&ann, "public", &[&bob]).await;
    bob.put(&member(&id, &eve), &json!({})).await.expect_problem(403, "forbidden");
    bob.delete(&member(&id, &ann)).await.expect_problem(403, "forbidden");
    assert_eq!(roles(&bob, &id).await, pairs(&[("ann", "owner"), ("bob", "member")]));
    ann.put(&member(&id, &eve), &json!({})).await.expect(204);
    admin.delete(&member(&id, &bob)).await.expect(204);
    assert_eq!(roles(&bob, &id).await, pairs(&[("ann", "owner"), ("eve", "member")]));
    let nobody = format!("/api/chat/rooms/{id}/members/{}", uuid::Uuid::from_u128(7));
    ann.put(&nobody, &json!({})).await.expect_problem(404, "not_found");
    ann.delete(&nobody).await.expect_problem(404, "not_found");
    app.stop().await;
}

#[tokio::test]
async fn a_room_goes_to_the_member_of_longest_standing_and_ends_with_the_last() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let id = make(&ann, "private", &[]).await;
    for next in [&eve, &bob] {
        app.clock.advance(chrono::TimeDelta::seconds(1));
        ann.put(&member(&id, next), &json!({})).await.expect(204);
    }
    ann.delete(&member(&id, &ann)).await.expect(204);
    ann.get(&format!("/api/chat/rooms/{id}")).await.expect_problem(404, "not_found");
    assert_eq!(roles(&eve, &id).await, pairs(&[("bob", "member"), ("eve", "owner")]));
    eve.delete(&member(&id, &bob)).await.expect(204);
    eve.delete(&member(&id, &eve)).await.expect(204);
    eve.get(&format!("/api/chat/rooms/{id}")).await.expect_problem(404, "not_found");
    app.stop().await;
}

#[tokio::test]
async fn a_room_that_is_left_counts_for_its_heir_who_is_one_that_may_have_it() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let (vic, admin) = (app.viewer("vic").await, app.admin().await);
    let id = make(&ann, "public", &[]).await;
    for next in [&vic, &bob, &eve] {
        app.clock.advance(chrono::TimeDelta::seconds(1));
        ann.put(&member(&id, next), &json!({})).await.expect(204);
    }
    admin.patch(&format!("/api/users/{}", bob.id), &json!({"disabled": true})).await.expect(200);
    let of = async |actor: &Actor| {
        let id = actor.id.replace('-', "");
        let sql = format!("SELECT COUNT(*) FROM chat_rooms WHERE deleted_at IS NULL AND made_by = x'{id}'");
        crate::support::database::number(&app, &sql).await
    };
    assert_eq!((of(&ann).await, of(&eve).await), (1, 0));
    ann.delete(&member(&id, &ann)).await.expect(204);
    let expected = pairs(&[("bob", "member"), ("eve", "owner"), ("vic", "member")]);
    assert_eq!(roles(&admin, &id).await, expected, "neither a viewer nor a disabled account");
    assert_eq!((of(&ann).await, of(&eve).await), (0, 1));
    // Nobody is left who may have it.
    eve.delete(&member(&id, &eve)).await.expect(204);
    assert_eq!(roles(&admin, &id).await, pairs(&[("bob", "member"), ("vic", "member")]));
    assert_eq!(of(&eve).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn members_are_listed_in_pages() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    app.member("bob").await;
    app.viewer("eve").await;
    let first = ann.get("/api/chat/rooms/general/members?limit=3").await.expect(200);
    let next = text(&first["next"]);
    let second = ann.get(&format!("/api/chat/rooms/general/members?limit=3&cursor={next}")).await.expect(200);
    assert_eq!((items(&first).len(), items(&second).len(), &second["next"]), (3, 1, &Value::Null));
    app.stop().await;
}

#[tokio::test]
async fn who_is_removed_hears_nothing_more_at_once() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let id = make(&ann, "private", &[&bob]).await;
    let channel = format!("chat:{id}");
    let mut ws = Ws::connect(&app, &bob).await;
    ws.ok("subscribe", &json!({"channel": channel})).await;
    ann.delete(&member(&id, &bob)).await.expect(204);
    loop {
        let push = ws.push().await;
        if push["channel"] == channel && push.get("unsubscribe").is_some() {
            break;
        }
    }
    say(&ann, &id, "now we are alone").await;
    assert_eq!(ws.err("subscribe", &json!({"channel": channel})).await, 103);
    assert_eq!(ws.err("history", &json!({"channel": channel, "limit": 10})).await, 103);
    assert_eq!(ws.err("publish", &json!({"channel": channel, "data": {"body": "hi"}})).await, 103);
    say(&ann, "general", "@bob sorry").await;
    loop {
        let push = ws.push().await;
        assert_ne!(push["channel"], channel.as_str(), "heard {push}");
        if push["pub"]["data"]["type"] == "mention" {
            break;
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn members_are_told_about_their_rooms_on_their_own_channel() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let own = format!("user:{}", bob.id);
    let mut ws = Ws::connect(&app, &bob).await;
    let id = make(&ann, "private", &[&bob]).await;
    let added = ws.publication(&own).await;
    assert_eq!(added["data"], json!({"type": "room.added", "room": room(&bob, &id).await}));

    ann.put(&member(&id, &eve), &json!({})).await.expect(204);
    let told = ws.publication(&own).await["data"].clone();
    let name = json!({"id": id, "kind": "private", "name": "Design", "topic": ""});
    let person = json!({"id": eve.id, "username": "eve", "name": "eve"});
    assert_eq!(told, json!({"type": "room.updated", "room": name, "added": [person], "removed": []}));
    eve.delete(&member(&id, &eve)).await.expect(204);
    let told = ws.publication(&own).await["data"].clone();
    assert_eq!(told, json!({"type": "room.updated", "room": name, "added": [], "removed": [eve.id]}));

    ann.patch(&format!("/api/chat/rooms/{id}"), &json!({"topic": "Colours"})).await.expect(200);
    let told = ws.publication(&own).await["data"].clone();
    let name = json!({"id": id, "kind": "private", "name": "Design", "topic": "Colours"});
    assert_eq!(told, json!({"type": "room.updated", "room": name, "added": [], "removed": []}));

    let said = say(&ann, &id, "ask @Bob about it").await;
    let told = ws.publication(&own).await["data"].clone();
    let expected = json!({
        "type": "mention", "room": name, "message_id": said["id"], "offset": said["offset"],
        "user": said["user"], "created_at": said["created_at"],
    });
    assert_eq!(told, expected);

    ann.delete(&member(&id, &bob)).await.expect(204);
    let told = ws.publication(&own).await["data"].clone();
    assert_eq!(told, json!({"type": "room.removed", "room_id": id, "reason": "removed"}));
    ann.put(&member(&id, &bob), &json!({})).await.expect(204);
    assert_eq!(ws.publication(&own).await["data"]["type"], "room.added");
    ann.delete(&format!("/api/chat/rooms/{id}")).await.expect(204);
    let told = ws.publication(&own).await["data"].clone();
    assert_eq!(told, json!({"type": "room.removed", "room_id": id, "reason": "deleted"}));
    app.stop().await;
}

#[tokio::test]
async fn a_room_is_handed_to_another_member() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let vic = app.viewer("vic").await;
    let id = make(&ann, "public", &[&bob, &vic]).await;
    let path = format!("/api/chat/rooms/{id}");
    let to = |actor: &Actor| json!({"owner_id": actor.id});
    let before = ann.get(&path).await.expect(200);
    bob.patch(&path, &to(&bob)).await.expect_problem(403, "forbidden");
    let problem = ann.patch(&path, &to(&eve)).await.expect_problem(404, "not_found");
    assert_eq!(problem["errors"][0]["field"], "owner_id");
    ann.patch(&path, &to(&vic)).await.expect_problem(400, "validation_failed");
    app.admin().await.patch("/api/chat/rooms/general", &to(&ann)).await.expect_problem(409, "general_room");
    assert_eq!(ann.get(&path).await.expect(200), before);

    let mut ws = Ws::connect(&app, &bob).await;
    let after = ann.patch(&path, &to(&bob)).await.expect(200);
    assert_eq!(after["role"], "member");
    let told = ws.publication(&format!("user:{}", bob.id)).await["data"].clone();
    assert_eq!((&told["type"], &told["room"]["id"]), (&json!("room.updated"), &json!(id)));
    assert_eq!(bob.get(&path).await.expect(200)["role"], "owner");
    ann.patch(&path, &json!({"name": "Mine"})).await.expect_problem(403, "forbidden");
    bob.patch(&path, &json!({"name": "Bob's", "owner_id": bob.id})).await.expect(200);

    // It counts for whom it was handed to, who can have too many, and for whom it is no longer.
    let fill = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 199) \
                INSERT INTO chat_rooms (id, kind, name, created_at, made_by) \
                SELECT CAST(printf('%016d', n) AS BLOB), 'private', '', 0, made_by FROM chat_rooms, n WHERE made_by IS NOT NULL";
    assert_eq!(crate::support::database::write(&app, fill, []).await, 199);
    let of_ann = make(&ann, "private", &[&bob]).await;
    let full = ann.patch(&format!("/api/chat/rooms/{of_ann}"), &to(&bob)).await;
    full.expect_problem(409, "limit_reached");
    assert_eq!(ann.get(&format!("/api/chat/rooms/{of_ann}")).await.expect(200)["role"], "owner");
    bob.patch(&path, &to(&ann)).await.expect(200);
    ann.patch(&format!("/api/chat/rooms/{of_ann}"), &to(&bob)).await.expect(200);
    app.stop().await;
}
