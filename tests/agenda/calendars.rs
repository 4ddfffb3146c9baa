//! Calendar files and feeds.

use reqwest::Method;
use serde_json::{Value, json};

use super::{create, daily, delete, list, patch, path, stand_up, starts, with};
use crate::support::{Actor, Answer, TestApp};

async fn import(actor: &Actor, query: &str, file: &str) -> Answer {
    let request = actor.request(Method::POST, &format!("/api/agenda/import{query}"));
    actor.send(request.header("content-type", "text/calendar; charset=utf-8").body(file.to_owned())).await
}

async fn make_feed(actor: &Actor) -> String {
    let feed = actor.request(Method::POST, "/api/agenda/feed");
    actor.send(feed).await.expect(201)["path"].as_str().unwrap().to_owned()
}

fn file(body: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{}END:VCALENDAR\r\n",
        body.replace('\n', "\r\n")
    )
}

const SERIES: &str = "BEGIN:VEVENT\nUID:series@example.org\nSUMMARY:Jour fixe\nDTSTART;TZID=W. Europe Standard Time:20261123T100000\n\
    DTEND;TZID=W. Europe Standard Time:20261123T110000\nRRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=W. Europe Standard Time:20261130T100000\n\
    BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\nEND:VEVENT\n\
    BEGIN:VEVENT\nUID:series@example.org\nRECURRENCE-ID;TZID=W. Europe Standard Time:20261207T100000\nSUMMARY:Moved\n\
    DTSTART;TZID=W. Europe Standard Time:20261208T140000\nDTEND;TZID=W. Europe Standard Time:20261208T150000\nEND:VEVENT\n";

#[tokio::test]
async fn a_file_comes_in_and_comes_in_again_without_doubles() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let bad = "BEGIN:VEVENT\nUID:bad@example.org\nSUMMARY:Too often\nDTSTART:20261123T100000Z\nRRULE:FREQ=SECONDLY\nEND:VEVENT\n";
    let report = import(&ann, "?visibility=team", &file(&format!("{SERIES}{bad}"))).await.expect(200);
    assert_eq!(
        (&report["created"], &report["updated"], &report["unchanged"]),
        (&json!(1), &json!(0), &json!(0))
    );
    let problem = &report["problems"][0];
    assert_eq!(
        (&problem["uid"], &problem["title"], &problem["skipped"]),
        (&json!("bad@example.org"), &json!("Too often"), &json!(true))
    );
    assert!(problem["message"].as_str().unwrap().contains("each hour at most"));
    assert_eq!(starts(&ann).await, ["11-23T10:00:00", "12-08T14:00:00", "12-14T10:00:00"]);
    let items = list(&ann, "2026-12-08T00:00:00Z", "2026-12-09T00:00:00Z").await;
    assert_eq!(
        (&items[0]["title"], &items[0]["occurrence"]),
        (&json!("Moved"), &json!("2026-12-07T10:00:00"))
    );
    assert_eq!((&items[0]["time_zone"], &items[0]["visibility"]), (&json!("Europe/Berlin"), &json!("team")));

    let report = import(&ann, "", &file(SERIES)).await.expect(200);
    assert_eq!((&report["unchanged"], &report["problems"]), (&json!(1), &json!([])));
    let renamed = SERIES.replace("Jour fixe", "Weekly");
    let report = import(&ann, "", &file(&renamed)).await.expect(200);
    assert_eq!((&report["created"], &report["updated"]), (&json!(0), &json!(1)));
    assert_eq!(starts(&ann).await.len(), 3);
    let event = ann.get(&format!("/api/agenda/{}", items[0]["event_id"].as_str().unwrap())).await.expect(200);
    assert_eq!(
        (&event["title"], &event["version"], &event["visibility"]),
        (&json!("Weekly"), &json!(2), &json!("team"))
    );

    // Somebody else's import of the same file does not double the team's event.
    let bob = app.member("bob").await;
    let report = import(&bob, "", &file(SERIES)).await.expect(200);
    assert_eq!(report["created"], 0);
    assert!(report["problems"][0]["message"].as_str().unwrap().contains("somebody else's"));
    assert_eq!(starts(&bob).await.len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn what_is_no_calendar_is_refused() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    for body in ["", "hello", "{\"a\": 1}", "BEGIN:VCARD\r\nEND:VCARD\r\n"] {
        import(&ann, "", body).await.expect_problem(400, "invalid_request");
    }
    let many: String = (0..5001).map(|n| format!("BEGIN:VEVENT\nUID:{n}\nEND:VEVENT\n")).collect();
    import(&ann, "", &file(&many)).await.expect_problem(400, "invalid_request");
    import(&ann, "", &"x".repeat((1 << 20) + 1)).await.expect_problem(413, "payload_too_large");
    import(&ann, "?visibility=all", &file(SERIES)).await.expect_problem(400, "invalid_request");
    let request = |body: Vec<u8>| ann.request(Method::POST, "/api/agenda/import").body(body);
    ann.send(request(file(SERIES).into_bytes())).await.expect_problem(415, "unsupported_media_type");
    let latin = request(vec![0xff, 0xfe, 0x80]).header("content-type", "text/calendar");
    ann.send(latin).await.expect_problem(400, "invalid_request");
    assert!(starts(&ann).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn the_feed_shows_what_its_owner_sees_and_comes_back_as_it_was() {
    let app = TestApp::spawn().await;
    let (ann, bob) = (app.member("ann").await, app.member("bob").await);
    let event = create(
        &ann,
        with(
            daily(),
            json!({
                "notes": "a;b,c\\d\nsecond line", "reminders": [10], "color": "#2f6fed", "place": "Room, 1",
                "attendees": [{"email": "cat@example.org", "name": "Cat"}, {"user_id": bob.id}],
            }),
        ),
    )
    .await;
    let event = patch(
        &ann,
        &event,
        "scope=this&occurrence=2026-11-25T09:00:00",
        json!({"title": "Late", "start": "2026-11-25T15:00:00"}),
    )
    .await
    .expect(200);
    assert_eq!(delete(&ann, &event, "scope=this&occurrence=2026-11-26T09:00:00").await.status, 204);
    create(&ann, json!({"title": "Day", "start": "2026-12-24", "end": "2026-12-27", "all_day": true})).await;
    create(&ann, json!({"title": "Floating", "start": "2026-12-01T08:00:00"})).await;
    create(&ann, json!({"title": "UTC", "start": "2026-12-01T08:00:00Z"})).await;
    create(&bob, with(stand_up(), json!({"title": "Secret"}))).await;
    create(&bob, with(stand_up(), json!({"title": "Team", "visibility": "team"}))).await;

    let answer = app.anon().get(&make_feed(&ann).await).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/calendar; charset=utf-8"));
    let text = answer.text;
    for line in [
        "SUMMARY:Stand-up",
        "SUMMARY:Late",
        "SUMMARY:Team",
        "DTSTART;VALUE=DATE:20261224",
        "DTSTART:20261201T080000\r",
        "DTSTART:20261201T080000Z",
        "BEGIN:VTIMEZONE",
        "TRIGGER:-PT10M",
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
    assert!(!text.contains("Secret"));

    // Into another account of another server, and out again.
    let other = TestApp::spawn().await;
    let eve = other.member("eve").await;
    let report = import(&eve, "", &text).await.expect(200);
    assert_eq!(report["created"], 5, "{report}");
    // Bob has no account there.
    assert_eq!(report["problems"].as_array().unwrap().len(), 1, "{report}");
    let shown = |items: Vec<Value>| {
        let fields = [
            "occurrence",
            "title",
            "start",
            "end",
            "starts_at",
            "all_day",
            "time_zone",
            "place",
            "color",
            "reminders",
            "changed",
        ];
        let mut shown: Vec<_> =
            items.iter().map(|item| fields.map(|field| item[field].to_string())).collect();
        shown.sort();
        shown
    };
    let all =
        |actor: Actor| async move { list(&actor, "2026-11-01T00:00:00Z", "2027-11-01T00:00:00Z").await };
    assert_eq!(shown(all(eve.clone()).await), shown(all(ann.clone()).await));
    let again = import(&eve, "", &text).await.expect(200);
    assert_eq!(
        (&again["unchanged"], &again["created"], &again["updated"]),
        (&json!(5), &json!(0), &json!(0))
    );
    let second = other.anon().get(&make_feed(&eve).await).await.text;
    let third = import(&eve, "", &second).await.expect(200);
    assert_eq!(third["unchanged"], 5, "{third}");
    other.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn a_feed_is_cached_renewed_and_revoked() {
    let app = TestApp::spawn().await;
    let (ann, anon) = (app.member("ann").await, app.anon());
    assert_eq!(ann.get("/api/agenda/feed").await.expect(200), json!({"created_at": null}));
    ann.delete("/api/agenda/feed").await.expect_problem(404, "not_found");
    let event = create(&ann, daily()).await;
    let first = make_feed(&ann).await;
    assert!(first.starts_with("/ics/") && first.ends_with(".ics") && first.len() >= 5 + 43 + 4, "{first}");
    assert!(ann.get("/api/agenda/feed").await.expect(200)["created_at"].is_string());

    let tag = anon.get(&first).await.header("etag").to_owned();
    let asked = |tag: &str| anon.send(anon.request(Method::GET, &first).header("If-None-Match", tag));
    let same = asked(&tag).await;
    assert_eq!((same.status, same.text.as_str(), same.header("etag")), (304, "", tag.as_str()));
    assert_eq!(asked(&format!("W/{tag}, \"x\"")).await.status, 304);
    assert_eq!(asked("\"x\"").await.status, 200);
    patch(&ann, &event, "", json!({"title": "New"})).await.expect(200);
    let changed = asked(&tag).await;
    assert_eq!(changed.status, 200);
    assert!(changed.text.contains("SUMMARY:New") && changed.text.contains("SEQUENCE:1"));
    assert!(changed.text.contains(&format!("UID:{}", event["uid"].as_str().unwrap())));

    let second = make_feed(&ann).await;
    assert_ne!(first, second);
    anon.get(&first).await.expect_problem(404, "not_found");
    assert_eq!(anon.get(&second).await.status, 200);
    for wrong in ["/ics/x.ics", "/ics/.ics", second.trim_end_matches(".ics"), "/ics/", "/ics"] {
        anon.get(wrong).await.expect_problem(404, "not_found");
    }
    assert_eq!(anon.send(anon.request(Method::HEAD, &second)).await.status, 200);
    anon.post(&second, &json!({})).await.expect_problem(405, "method_not_allowed");

    // A disabled account's feed is gone as long as it is disabled.
    let admin = app.admin().await;
    let account = format!("/api/users/{}", ann.id);
    admin.patch(&account, &json!({"disabled": true})).await.expect(200);
    anon.get(&second).await.expect_problem(404, "not_found");
    admin.patch(&account, &json!({"disabled": false})).await.expect(200);
    let ann = app.login("ann", crate::support::PASSWORD).await;
    assert_eq!(anon.get(&second).await.status, 200);
    assert_eq!(ann.delete("/api/agenda/feed").await.status, 204);
    anon.get(&second).await.expect_problem(404, "not_found");
    assert_eq!(ann.get(&path(&event)).await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn the_secret_is_not_kept() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let feed = make_feed(&ann).await;
    let secret = feed.trim_start_matches("/ics/").trim_end_matches(".ics").as_bytes().to_vec();
    let dir = app.data_dir();
    for entry in std::fs::read_dir(dir).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_large_import_is_told_as_one_reload() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let mut ws = crate::support::Ws::connect(&app, &ann).await;
    let events: String = (0..450)
        .map(|n| format!("BEGIN:VEVENT\nUID:{n}@x\nSUMMARY:{n}\nDTSTART:20261123T{:02}0000Z\nDTEND:20261123T{:02}3000Z\nEND:VEVENT\n", n % 24, n % 24))
        .collect();
    let report = import(&ann, "", &file(&events)).await.expect(200);
    assert_eq!(report["created"], 450);
    let told = ws.publication(&format!("user:{}", ann.id)).await;
    assert_eq!(told["data"], json!({"type": "agenda.reload"}));
    app.stop().await;
}
