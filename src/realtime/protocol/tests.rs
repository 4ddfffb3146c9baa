use proptest::prelude::*;

use super::*;

#[test]
fn a_frame_may_carry_several_commands() {
    let frame = "{\"id\":1,\"connect\":{\"token\":\"t\",\"name\":\"js\"}}\n{}\n{\"id\":2,\"rpc\":{\"method\":\"a.b\",\"data\":{\"x\":[1]}}}\n";
    let commands = parse(frame).unwrap();
    assert_eq!(commands.len(), 3);
    assert_eq!(commands[0].connect.as_ref().unwrap().token, "t");
    assert_eq!(commands[1].id, 0);
    assert_eq!(commands[2].rpc.as_ref().unwrap().data.unwrap().get(), "{\"x\":[1]}");
}

#[test]
fn frames_look_as_the_protocol_says() {
    let publication = Publication::stored(7, &serde_json::json!({"body": "hi"}));
    assert_eq!(
        push("chat:general", &Event::Pub(&publication)).as_str(),
        r#"{"push":{"channel":"chat:general","pub":{"offset":7,"data":{"body":"hi"}}}}"#
    );
    assert_eq!(reply(3, &Outcome::Publish(Nothing {})).as_str(), r#"{"id":3,"publish":{}}"#);
    assert_eq!(
        reply(4, &Error::INTERNAL.into()).as_str(),
        r#"{"id":4,"error":{"code":100,"message":"internal server error","temporary":true}}"#
    );
}

proptest! {
    #[test]
    fn no_frame_makes_the_parser_panic(frame in "\\PC*") {
        let _ = parse(&frame);
    }

    #[test]
    fn no_almost_valid_frame_makes_it_panic(id in any::<i64>(), part in "(connect|subscribe|history|rpc)", body in "[\\[\\]{}\":,a-z0-9\\n]*") {
        let _ = parse(&format!("{{\"id\":{id},\"{part}\":{body}}}"));
    }
}

#[test]
fn what_stands_behind_the_first_command_is_what_parse_finds_there() {
    for frame in [
        "{\"id\":1,\"ping\":{}}\n{\"id\":2,\"ping\":{}}\n{}",
        "\n \r\n {\"id\":1,\"ping\":{}}\r\n\n{\"id\":2,\"ping\":{}}\n",
        "{\"id\":1}",
        "",
    ] {
        let ids = |frame: &str| parse(frame).unwrap().iter().map(|c| c.id).collect::<Vec<_>>();
        assert_eq!(ids(&behind_first(frame)), ids(frame).get(1..).unwrap_or_default(), "{frame:?}");
    }
}
