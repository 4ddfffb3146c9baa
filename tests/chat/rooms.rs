//! Rooms: who sees which, and who decides about them.

use serde_json::{Value, json};

use super::{items, make, member, room, say, text, texts};
use crate::support::{TestApp, eventually};

#[tokio::test]
async fn everybody_is_a_member_of_general_also_who_comes_later() {
    let app = TestApp::spawn().await;
    let admin = app.admin().await;
    say(&admin, "general", "first").await;
    let ann = app.member("ann").await;
    let vic = app.viewer("vic").await;
    for actor in [&admin, &ann, &vic] {
        let general = room(actor, "general").await;
        assert_eq!(
            (&general["member"], &general["kind"], &general["channel"], &general["name"]),
            (&json!(true), &json!("public"), &json!("chat:general"), &json!("general"))
        );
        assert_eq!(general["unread"], 0, "what was said before one came counts as read");
    }
    let members = items(&ann.get("/api/chat/rooms/general/members").await.expect(200));
    assert_eq!(members.len(), 3);

    ann.delete(&member("general", &ann)).await.expect_problem(409, "general_room");
    admin.delete(&member("general", &ann)).await.expect_problem(409, "general_room");
    admin.delete("/api/chat/rooms/general").await.expect_problem(409, "general_room");
    ann.patch("/api/chat/rooms/general", &json!({"topic": "mine"})).await.expect_problem(403, "forbidden");
    assert_eq!(room(&ann, "general").await["topic"], "");
    admin.patch("/api/chat/rooms/general", &json!({"topic": "All of us"})).await.expect(200);
    assert_eq!(room(&ann, "general").await["topic"], "All of us");
    app.stop().await;
}

#[tokio::test]
async fn a_room_is_made_changed_and_deleted_by_its_owner() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let body = json!({"name": " Design ", "kind": "public", "topic": "Colours", "members": [bob.id, bob.id, ann.id]});
    let made = ann.post("/api/chat/rooms", &body).await.expect(201);
    let id = text(&made["id"]);
    assert_eq!(
        (&made["name"], &made["topic"], &made["role"]),
        (&json!("Design"), &json!("Colours"), &json!("owner"))
    );
    assert_eq!(made, room(&ann, &id).await);
    assert_eq!(room(&bob, &id).await["role"], "member");

    let path = format!("/api/chat/rooms/{id}");
    bob.patch(&path, &json!({"name": "Mine"})).await.expect_problem(403, "forbidden");
    bob.delete(&path).await.expect_problem(403, "forbidden");
    assert_eq!(room(&bob, &id).await["name"], "Design");
    let changed = ann.patch(&path, &json!({"name": "Looks"})).await.expect(200);
    assert_eq!((&changed["name"], &changed["topic"]), (&json!("Looks"), &json!("Colours")));

    say(&ann, &id, "will be gone").await;
    ann.delete(&path).await.expect(204);
    for actor in [&ann, &bob] {
        actor.get(&path).await.expect_problem(404, "not_found");
        actor.get(&format!("{path}/messages")).await.expect_problem(404, "not_found");
        assert!(items(&actor.get("/api/chat/search?q=gone").await.expect(200)).is_empty());
        assert_eq!(items(&actor.get("/api/chat/rooms").await.expect(200)).len(), 1);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_deleted_room_is_removed_from_the_database_also_after_a_restart() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let left = |app: &TestApp| {
        let db = app.services.db.clone();
        move || {
            let db = db.clone();
            async move { count(&db, "chat_messages").await.eq(&0).then_some(()) }
        }
    };
    let id = make(&ann, "public", &[]).await;
    for n in 0..3 {
        say(&ann, &id, &format!("message {n}")).await;
    }
    ann.delete(&format!("/api/chat/rooms/{id}")).await.expect(204);
    eventually("the messages are removed", left(&app)).await;

    // As if the server had stopped between hiding a room and removing what is in it.
    let id = make(&ann, "public", &[]).await;
    say(&ann, &id, "left behind").await;
    let hide = app.services.db.write(|tx| {
        Box::pin(async move {
            use sea_orm::ConnectionTrait;
            let sql = "UPDATE chat_rooms SET deleted_at = 1 WHERE last_offset > 0";
            tx.conn().execute_unprepared(sql).await.map(drop)
        })
    });
    let hidden: Result<(), sea_orm::DbErr> = hide.await;
    hidden.unwrap();
    let app = app.restart_after(chrono::TimeDelta::zero()).await;
    eventually("the messages are removed at the next start", left(&app)).await;
    app.stop().await;
}

/// Rows in a table.
async fn count(db: &workspace_server::db::Db, table: &str) -> i64 {
    use sea_orm::ConnectionTrait;
    let sql = format!("SELECT COUNT(*) AS n FROM {table}");
    let rows = db.read().query_one_raw(workspace_server::db::statement(db.read(), &sql, [])).await.unwrap();
    rows.unwrap().try_get("", "n").unwrap()
}

#[tokio::test]
async fn a_private_room_is_not_there_for_others() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let admin = app.admin().await;
    let id = make(&ann, "private", &[&bob]).await;
    let said = say(&ann, &id, "a secret").await;
    let path = format!("/api/chat/rooms/{id}");
    for other in [&eve, &admin] {
        let not_there = [
            other.get(&path).await,
            other.get(&format!("{path}/messages")).await,
            other.get(&format!("{path}/members")).await,
            other.get(&format!("/api/chat/search?q=secret&room_id={id}")).await,
            other.post(&format!("{path}/messages"), &json!({"body": "hi"})).await,
            other.patch(&path, &json!({"name": "Mine"})).await,
            other.delete(&path).await,
            other.put(&member(&id, other), &json!({})).await,
            other.delete(&member(&id, &bob)).await,
            other.put(&format!("{path}/read"), &json!({"offset": 1})).await,
            other.delete(&super::message(&id, &said)).await,
        ];
        for answer in not_there {
            answer.expect_problem(404, "not_found");
        }
        assert!(items(&other.get("/api/chat/search?q=secret").await.expect(200)).is_empty());
        let rooms = items(&other.get("/api/chat/rooms").await.expect(200));
        assert_eq!(texts(&rooms, "id"), ["general"]);
    }
    assert_eq!(super::heard(&bob, &id).await, [said], "nothing changed");
    assert_eq!(items(&bob.get(&format!("{path}/members")).await.expect(200)).len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn a_direct_room_is_the_same_from_both_sides_and_stays() {
    let app = TestApp::spawn().await;
    let (ann, bob, eve) = (app.member("ann").await, app.member("bob").await, app.member("eve").await);
    let open = json!({"user_id": bob.id});
    let (first, second) =
        tokio::join!(ann.post("/api/chat/direct", &open), ann.post("/api/chat/direct", &open));
    let (first, second) = (first.expect(200), second.expect(200));
    let other_way = bob.post("/api/chat/direct", &json!({"user_id": ann.id})).await.expect(200);
    assert_eq!((&first["id"], &first["id"]), (&second["id"], &other_way["id"]));
    assert_eq!((&first["name"], &first["peer"]["username"]), (&json!("bob"), &json!("bob")));
    assert_eq!((&other_way["name"], &other_way["kind"]), (&json!("ann"), &json!("direct")));

    let id = text(&first["id"]);
    say(&ann, &id, "hello bob").await;
    assert_eq!(room(&bob, &id).await["unread"], 1);
    eve.get(&format!("/api/chat/rooms/{id}")).await.expect_problem(404, "not_found");
    let path = format!("/api/chat/rooms/{id}");
    ann.delete(&path).await.expect_problem(409, "direct_room");
    ann.patch(&path, &json!({"name": "x"})).await.expect_problem(409, "direct_room");
    ann.put(&member(&id, &eve), &json!({})).await.expect_problem(409, "direct_room");
    ann.delete(&member(&id, &ann)).await.expect_problem(409, "direct_room");
    assert_eq!(super::heard(&bob, &id).await.len(), 1, "nothing changed");

    ann.post("/api/chat/direct", &json!({"user_id": ann.id})).await.expect_problem(400, "validation_failed");
    let nobody = uuid::Uuid::from_u128(7).to_string();
    ann.post("/api/chat/direct", &json!({"user_id": nobody})).await.expect_problem(404, "not_found");
    assert_eq!(items(&ann.get("/api/chat/rooms").await.expect(200)).len(), 2);
    app.stop().await;
}

#[tokio::test]
async fn rooms_are_listed_in_pages_and_by_membership() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    for n in 0..6 {
        ann.post("/api/chat/rooms", &json!({"name": format!("room {n}"), "kind": "public"}))
            .await
            .expect(201);
    }
    let mut seen = Vec::new();
    let mut path = "/api/chat/rooms?limit=3".to_owned();
    loop {
        let page = bob.get(&path).await.expect(200);
        seen.extend(texts(&items(&page), "name"));
        match &page["next"] {
            Value::Null => break,
            next => path = format!("/api/chat/rooms?limit=3&cursor={}", text(next)),
        }
    }
    assert_eq!(seen, ["general", "room 0", "room 1", "room 2", "room 3", "room 4", "room 5"]);
    let of = |member: bool| format!("/api/chat/rooms?member={member}");
    assert_eq!(items(&bob.get(&of(true)).await.expect(200)).len(), 1);
    assert_eq!(items(&bob.get(&of(false)).await.expect(200)).len(), 6);
    assert_eq!(items(&ann.get(&of(true)).await.expect(200)).len(), 7);
    bob.get("/api/chat/rooms?cursor=x").await.expect_problem(400, "validation_failed");
    for limit in ["0", "201", "-1", "x"] {
        assert_eq!(bob.get(&format!("/api/chat/rooms?limit={limit}")).await.status, 400);
    }
    app.stop().await;
}
