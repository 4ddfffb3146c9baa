//! Frames that no SDK sends: the connection ends with its documented code, and nothing is stored.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::support::Ws;
use crate::support::{TestApp, stored};

#[tokio::test]
async fn end_the_connection_and_store_nothing() {
    let app = TestApp::spawn().await;
    let ann = app.member("ann").await;
    let before = stored::rows(&app).await;
    let publish = |body: &str| {
        json!({ "id": 9, "publish": { "channel": "chat:general", "data": { "body": body } } }).to_string()
    };
    let half = publish("half");
    let frames = [
        ("no JSON", Message::text("hello"), 3501),
        ("half a command", Message::text(&half[..half.len() - 5]), 3501),
        ("a good command, then a bad one", Message::text(format!("{}\n{{\"id\":", publish("x"))), 3501),
        ("a list", Message::text(format!("[{half}]")), 3501),
        ("a command without its id", Message::text(publish("x").replace("\"id\":9,", "")), 3501),
        ("a method of the wrong type", Message::text(r#"{"id":9,"subscribe":"chat:general"}"#), 3501),
        ("an id that is too large", Message::text(publish("x").replace('9', "99999999999")), 3501),
        (
            "a second connect",
            Message::text(json!({ "id": 9, "connect": { "token": ann.token } }).to_string()),
            3501,
        ),
        ("a binary frame", Message::binary(publish("x").into_bytes()), 3506),
        ("one byte too many", Message::text(publish(&"x".repeat(64 * 1024))), 1009),
        ("10 MB", Message::text(publish(&"x".repeat(10_000_000))), 1009),
    ];
    for (what, frame, code) in frames {
        let mut ws = Ws::connect(&app, &ann).await;
        ws.send_message(frame).await;
        assert_eq!(ws.closed().await, code, "{what}");
    }

    // A text frame whose text is no UTF-8: final, masked with zeros, two bytes.
    let mut ws = Ws::connect(&app, &ann).await;
    ws.send_bytes(&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]).await;
    assert_eq!(ws.closed().await, 3501);

    // A command before the connect command.
    let mut ws = Ws::open(&app, &[]).await.unwrap();
    ws.send(publish("early")).await;
    assert_eq!(ws.closed().await, 3501);

    assert_eq!(stored::rows(&app).await, before);
    app.stop().await;
}
