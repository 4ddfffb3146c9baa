use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::telemetry::signal::{Kind, Level, SpanEvent};

fn read(body: &Value) -> Result<Batch, PayloadError> {
    parse(body.to_string().as_bytes())
}

/// The only signal of a batch with `item` in `list`.
fn only(list: &str, item: Value) -> Signal {
    let mut signals = read(&json!({"meta": {}, list: [item]})).unwrap().signals;
    assert_eq!(signals.len(), 1);
    signals.remove(0)
}

fn refused(body: &[u8]) -> PayloadError {
    parse(body).unwrap_err()
}

#[test]
fn an_empty_object_is_an_empty_batch() {
    let batch = parse(b"{}").unwrap();
    assert_eq!((batch.signals.len(), batch.meta.json.as_str(), batch.dated), (0, "{}", false));
}

#[test]
fn null_lists_are_empty() {
    let body = json!({"meta": null, "logs": null, "exceptions": null, "events": null, "measurements": null, "traces": null});
    assert_eq!(read(&body).unwrap().signals.len(), 0);
}

#[test]
fn levels_are_read_as_meant() {
    let level = |word: Value| only("logs", json!({"message": "m", "level": word}));
    for (word, meant) in
        [("log", Level::Info), ("warn", Level::Warning), ("warning", Level::Warning), ("ERROR", Level::Error)]
    {
        assert_eq!(level(json!(word)).level, meant, "{word}");
    }
    assert_eq!(level(json!("log")).body.level.as_deref(), Some("log"));
    assert_eq!(level(json!("info")).body.level, None);
    assert_eq!(level(json!(null)).level, Level::Info);
    assert_eq!(level(json!("nonsense")).level, Level::Info);
}

#[test]
fn null_among_measured_values_is_left_out_and_the_others_stay() {
    let signal = only(
        "measurements",
        json!({"type": "web-vitals", "values": {"lcp": 2500, "cls": null, "x": "1.5", "y": {}}}),
    );
    assert_eq!(
        signal.body.values.into_iter().collect::<Vec<_>>(),
        [("lcp".to_owned(), 2500.0), ("x".to_owned(), 1.5)]
    );
    let infinite = parse(br#"{"measurements":[{"type":"t","values":{"a":1e999,"b":2}}]}"#).unwrap();
    assert_eq!(infinite.signals[0].body.values.len(), 1);
}

#[test]
fn not_a_number_is_no_json() {
    assert!(matches!(refused(br#"{"measurements":[{"values":{"a":NaN}}]}"#), PayloadError::Malformed(_)));
}

#[test]
fn brands_may_be_text_or_a_list() {
    for brands in [json!("unknown"), json!([{"brand": "Chromium", "version": "150"}])] {
        let body = json!({"meta": {"browser": {"name": "Chrome", "os": "Mac OS 10.15.7", "brands": brands}}});
        let meta = read(&body).unwrap().meta;
        assert_eq!(
            (meta.browser.as_str(), meta.os.as_str(), meta.os_version.as_str()),
            ("Chrome", "Mac OS", "10.15.7")
        );
    }
}

#[test]
fn attributes_of_any_type_become_text() {
    let signal = only(
        "events",
        json!({"name": "e", "attributes": {"n": 5, "b": true, "s": "x", "z": null, "o": {"k": [1]}}}),
    );
    let found: Vec<_> = signal.body.attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(found, [("b", "true"), ("n", "5"), ("o", r#"{"k":[1]}"#), ("s", "x")]);
}

#[test]
fn times_are_taken_as_they_are_and_absent_or_wrong_ones_left_open() {
    let at = |value: Value| only("logs", json!({"message": "m", "timestamp": value})).client_ms;
    assert_eq!(at(json!("2021-09-30T10:46:17.680Z")), Some(1_632_998_777_680));
    assert_eq!(at(json!("1970-01-01T00:00:00Z")), Some(0));
    assert_eq!(at(json!("2100-01-01T00:00:00Z")), Some(4_102_444_800_000));
    assert_eq!(at(json!(1_632_998_777_680_i64)), Some(1_632_998_777_680));
    assert_eq!(at(json!("yesterday")), None);
    assert_eq!(at(json!(null)), None);
    assert_eq!(at(json!({})), None);
}

#[test]
fn traces_need_no_hexadecimal_ids() {
    let signal = only("logs", json!({"message": "m", "trace": {"trace_id": "abcd", "span_id": ""}}));
    assert_eq!((signal.trace_id.as_deref(), signal.span_id), (Some("abcd"), None));
}

#[test]
fn unknown_keys_are_passed_over() {
    let stack = json!({"frames": [{"function": "f", "filename": "a.js", "lineno": 3, "colno": "7", "in_app": true, "bundleid": "x"}]});
    let signal = only(
        "exceptions",
        json!({"type": "TypeError", "value": "no", "stacktrace": stack, "mystery": [[[]]]}),
    );
    assert_eq!(signal.message, "TypeError: no");
    assert_eq!((signal.body.frames[0].lineno, signal.body.frames[0].colno), (Some(3), Some(7)));
}

#[test]
fn spans_are_kept() {
    let span = json!({
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "parentSpanId": "", "name": "GET /x", "kind": 3,
        "startTimeUnixNano": "1632998777680000000", "endTimeUnixNano": "1632998777690500000",
        "attributes": [{"key": "http.status_code", "value": {"intValue": 500}}, {"key": "list", "value": {"arrayValue": {"values": []}}}],
        "status": {"code": 2, "message": "no route"},
        "events": [
            {"name": "retry", "timeUnixNano": "1632998777684000000", "attributes": [{"key": "n", "value": {"intValue": "1"}}]},
            {"name": "bare", "droppedAttributesCount": 3}, {},
        ],
    });
    let resource = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "desk"}}]});
    let body = json!({"traces": {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "x"}, "spans": [span]}]}]}});
    let batch = read(&body).unwrap();
    let signal = &batch.signals[0];
    assert_eq!((signal.kind, signal.level, signal.message.as_str()), (Kind::Span, Level::Error, "GET /x"));
    assert_eq!((signal.client_ms, signal.body.duration_ms), (Some(1_632_998_777_680), Some(10.5)));
    assert_eq!(
        (signal.body.r#type.as_str(), signal.body.attributes["http.status_code"].as_str()),
        ("desk", "500")
    );
    let Body { span_kind, status_message, events, .. } = &signal.body;
    assert_eq!((span_kind.as_str(), status_message.as_str()), ("client", "no route"));
    let retry = SpanEvent {
        name: "retry".to_owned(),
        client_ms: Some(1_632_998_777_684),
        attributes: [("n".to_owned(), "1".to_owned())].into(),
    };
    let bare = SpanEvent { name: "bare".to_owned(), ..SpanEvent::default() };
    assert_eq!(*events, [retry, bare, SpanEvent::default()]);
}

#[test]
fn the_part_of_a_span_is_a_number_or_a_name() {
    let part = |kind: Value| {
        let body = json!({"traces": {"resourceSpans": [{"scopeSpans": [{"spans": [{"kind": kind}]}]}]}});
        read(&body).unwrap().signals[0].body.span_kind.clone()
    };
    for (kind, wanted) in [
        (json!(1), "internal"),
        (json!("SPAN_KIND_SERVER"), "server"),
        (json!(0), ""),
        (json!(null), ""),
        (json!({}), ""),
        (json!(9), "9"),
    ] {
        assert_eq!(part(kind.clone()), wanted, "{kind}");
    }
}

#[test]
fn log_records_of_otlp_are_logs_wherever_they_stand() {
    let record = json!({
        "timeUnixNano": "1632998777680000000", "severityNumber": 13, "severityText": "WARN2", "traceId": "abcd", "spanId": "",
        "body": {"stringValue": "careful"}, "attributes": [{"key": "n", "value": {"doubleValue": 1.5}}],
    });
    let others = [
        json!({"observedTimeUnixNano": 1_632_998_777_000_000_000_u64, "severityNumber": "17", "body": {"kvlistValue": {"values": []}}}),
        json!({"severityText": "fatal", "body": null, "eventName": "crashed"}),
        json!({"severityNumber": 99, "body": 5}),
    ];
    let records: Vec<&Value> = std::iter::once(&record).chain(&others).collect();
    let resource = json!({"attributes": [{"key": "service.name", "value": {"stringValue": "desk"}}]});
    let logs = json!([{"resource": resource, "scopeLogs": [{"scope": {}, "logRecords": records}, {}]}, {}]);
    let batches =
        [json!({"resourceLogs": logs}), json!({"traces": {"resourceLogs": logs, "resourceSpans": null}})];
    for body in batches {
        let signals = read(&body).unwrap().signals;
        let found: Vec<_> =
            signals.iter().map(|s| (s.kind, s.level, s.message.as_str(), s.client_ms)).collect();
        let wanted = [
            (Kind::Log, Level::Warning, "careful", Some(1_632_998_777_680)),
            (Kind::Log, Level::Error, r#"{"kvlistValue":{"values":[]}}"#, Some(1_632_998_777_000)),
            (Kind::Log, Level::Error, "crashed", None),
            (Kind::Log, Level::Info, "", None),
        ];
        assert_eq!(found, wanted);
        let Signal { body, trace_id, span_id, .. } = &signals[0];
        assert_eq!((trace_id.as_deref(), span_id), (Some("abcd"), &None));
        assert_eq!((body.attributes["n"].as_str(), body.level.as_deref()), ("1.5", Some("WARN2")));
        assert_eq!(body.r#type, "desk");
    }
}

#[test]
fn spans_stand_also_where_the_otlp_transport_puts_them() {
    let spans = json!([{"scopeSpans": [{"spans": [{"name": "GET /x"}]}]}]);
    let batch = read(&json!({"resourceSpans": spans})).unwrap();
    assert_eq!((batch.signals[0].kind, batch.signals[0].message.as_str()), (Kind::Span, "GET /x"));
}

#[test]
fn what_is_too_large_is_refused_and_says_what() {
    let long = "x".repeat(MAX_TEXT + 1);
    let many: serde_json::Map<String, Value> =
        (0..=MAX_ATTRIBUTES).map(|n| (n.to_string(), json!(n))).collect();
    let cases = [
        (json!({"logs": vec![json!({}); MAX_SIGNALS + 1]}), "Signals"),
        (json!({"logs": [{"message": long}]}), "Bytes of a text"),
        (json!({"events": [{"attributes": {"a": "y".repeat(1 << 20)}}]}), "Bytes of a text"),
        (json!({"events": [{"attributes": many}]}), "Attributes"),
        (json!({"meta": {"session": {"attributes": {"a": "z".repeat(MAX_META)}}}}), "Bytes of the meta"),
        (json!({"exceptions": [{"stacktrace": {"frames": vec![json!({}); MAX_FRAMES + 1]}}]}), "Frames"),
        (
            json!({"resourceSpans": [{"scopeSpans": [{"spans": [{"events": vec![json!({}); MAX_SPAN_EVENTS + 1]}]}]}]}),
            "Events of a span",
        ),
        (
            json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "z".repeat(MAX_TEXT + 1)}}]}]}]}),
            "Bytes of a text",
        ),
    ];
    for (body, what) in cases {
        match read(&body).unwrap_err() {
            PayloadError::TooLarge(text) => assert!(text.starts_with(what), "{text}"),
            other @ PayloadError::Malformed(_) => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_frame_of_a_sessions_recording_may_be_as_long_as_a_payload() {
    let frame = "<".repeat(4 << 20);
    let event = |name: &str| json!({"events": [{"name": name, "attributes": {"event": frame, "type": "2"}}]});
    let batch = read(&event("faro.session_recording.event")).unwrap();
    assert_eq!(batch.signals[0].body.attributes["event"].len(), frame.len());
    let refused = read(&event("recording")).unwrap_err();
    assert!(
        matches!(&refused, PayloadError::TooLarge(text) if text.starts_with("Bytes of a text")),
        "{refused}"
    );
}

#[test]
fn what_is_no_payload_is_refused() {
    let deep = "[".repeat(100_000);
    let deep_item = format!(r#"{{"logs":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for body in [
        "",
        "nothing",
        "[]",
        "5",
        "null",
        r#"{"logs":5}"#,
        r#"{"logs":[5]}"#,
        r#"{"meta":[]}"#,
        deep.as_str(),
        &deep_item,
        "{\"logs\":[{\"message\":\"\u{0}\"}]}",
    ] {
        assert!(
            matches!(refused(body.as_bytes()), PayloadError::Malformed(_)),
            "{}",
            &body[..body.len().min(40)]
        );
    }
    assert!(matches!(refused(b"{\"logs\":[{\"message\":\"\xff\"}]}"), PayloadError::Malformed(_)));
}

#[test]
fn depth_that_nobody_looks_at_is_passed_over() {
    let body = format!(
        r#"{{"x":{0}{1},"logs":[{{"message":"m","context":{{"deep":{0}{1}}}}}]}}"#,
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    assert_eq!(parse(body.as_bytes()).unwrap().signals[0].message, "m");
}

/// JSON of any shape, with the format's own names in it.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "meta",
        "app",
        "logs",
        "exceptions",
        "measurements",
        "events",
        "traces",
        "resourceSpans",
        "scopeSpans",
        "spans",
        "resourceLogs",
        "scopeLogs",
        "logRecords",
        "body",
        "severityNumber",
        "timeUnixNano",
        "message",
        "level",
        "timestamp",
        "values",
        "context",
        "stacktrace",
        "frames",
        "attributes",
        "trace",
        "trace_id",
        "name",
        "key",
        "value",
        "stringValue",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

/// 5 MiB of empty things, which are a few kilobytes when compressed: they are counted, and not kept.
#[test]
fn millions_of_empty_things_are_refused_and_cost_nothing() {
    let many = "{},".repeat(1_700_000) + "{}";
    for (before, after, what) in [
        (r#"{"exceptions":["#, "]}", "Signals of the payload: 1700001"),
        (r#"{"exceptions":[{"stacktrace":{"frames":["#, "]}}]}", "Frames of a stack: 1700001"),
        (r#"{"traces":{"resourceSpans":["#, "]}}", "Resources of spans: 1700001"),
        (r#"{"traces":{"resourceSpans":[{"scopeSpans":["#, "]}]}}", "Scopes of spans: 1700001"),
        (
            r#"{"traces":{"resourceSpans":[{"scopeSpans":[{"spans":["#,
            "]}]}]}}",
            "Signals of the payload: 1700001",
        ),
        (
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"events":["#,
            "]}]}]}]}",
            "Events of a span: 1700001",
        ),
        (
            r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"events":[{"attributes":["#,
            "]}]}]}]}]}",
            "Attributes of one thing: 1700001",
        ),
        (r#"{"resourceLogs":["#, "]}", "Resources of log records: 1700001"),
        (r#"{"resourceLogs":[{"scopeLogs":["#, "]}]}", "Scopes of log records: 1700001"),
        (
            r#"{"traces":{"resourceLogs":[{"scopeLogs":[{"logRecords":["#,
            "]}]}]}}",
            "Signals of the payload: 1700001",
        ),
    ] {
        let PayloadError::TooLarge(why) = refused(format!("{before}{many}{after}").as_bytes()) else {
            panic!("{what}")
        };
        assert!(why.starts_with(what), "{why}");
    }
    // Each of them within its bound, and too many together.
    let names: String = (0..256).map(|n| format!(r#""{n}":1,"#)).collect();
    let log = format!(r#"{{"context":{{{}}}}},"#, names.trim_end_matches(','));
    let logs = |count: usize| format!(r#"{{"logs":[{}]}}"#, log.repeat(count).trim_end_matches(','));
    assert_eq!(parse(logs(195).as_bytes()).unwrap().signals.len(), 195);
    assert!(matches!(refused(logs(196).as_bytes()), PayloadError::TooLarge(_)));
}

/// What a payload becomes is bounded, whatever it is made of.
#[test]
fn a_batch_takes_memory_in_proportion() {
    let many = |item: &str, count: usize| format!("{}{item}", format!("{item},").repeat(count - 1));
    let attributes = |count: usize| {
        many("@", count)
            .split(',')
            .enumerate()
            .map(|(n, _)| format!(r#""{n}":1"#))
            .collect::<Vec<_>>()
            .join(",")
    };
    let frames = format!(r#"{{"stacktrace":{{"frames":[{}]}}}}"#, many("{}", 500));
    let events = format!(r#"{{"events":[{}]}}"#, many("{}", 256));
    let wide = format!(r#"{{"context":{{{}}}}}"#, attributes(256));
    let text = format!(r#"{{"message":"{}"}}"#, "x".repeat(250 << 10));
    for body in [
        format!(r#"{{"logs":[{}]}}"#, many("{}", 2_000)),
        format!(r#"{{"logs":[{}]}}"#, many(r#"{"context":{"a":1}}"#, 2_000)),
        format!(r#"{{"logs":[{}]}}"#, many(&wide, 195)),
        format!(r#"{{"logs":[{}]}}"#, many(&text, 20)),
        format!(r#"{{"exceptions":[{}]}}"#, many(&frames, 100)),
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, many(&events, 195)),
    ] {
        let batch = parse(body.as_bytes()).unwrap();
        let memory = batch.memory();
        assert!(memory <= 16 << 20, "{} bytes become {memory}", body.len());
        // Not less than what is seen to be there.
        assert!(memory >= batch.signals.len() * size_of::<Signal>(), "{memory}");
        let stored: usize = batch.signals.iter().map(|s| serde_json::to_string(&s.body).unwrap().len()).sum();
        assert!(memory >= stored / 2, "{memory} for {stored} stored");
    }
}

#[test]
fn names_of_attributes_and_values_are_bounded() {
    let name = "n".repeat(1025);
    for item in [json!({"context": {&name: "v"}}), json!({"values": {&name: 1}})] {
        let body = json!({"measurements": [item]});
        assert!(matches!(read(&body), Err(PayloadError::TooLarge(_))), "{item}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&body);
    }

    #[test]
    fn no_json_makes_it_panic(body in any_json()) {
        if let Ok(batch) = read(&body) {
            for signal in batch.signals {
                let kept = serde_json::to_string(&signal.body).unwrap();
                prop_assert_eq!(serde_json::from_str::<crate::telemetry::signal::Body>(&kept).unwrap(), signal.body);
            }
        }
    }
}

/// What fuzzing found worth keeping: no input of it may do harm again.
#[test]
fn the_corpus_is_read_without_harm() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/payload");
    let mut read = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let body = std::fs::read(entry.unwrap().path()).unwrap();
        if let Ok(batch) = parse(&body) {
            assert!(batch.signals.len() <= MAX_SIGNALS && batch.meta.json.len() <= MAX_META);
        }
        read += 1;
    }
    assert!(read >= 10, "{read}");
}
