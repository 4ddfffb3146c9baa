//! One signal as the line that Alloy's Faro receiver writes, so that dashboards made for that work on ours.
//!
//! Fields of the signal first, then those of its meta; what Alloy does not write comes last. A name that both have
//! keeps its place and takes the meta's value, as there.

use std::fmt::Write;

use super::logfmt::{Pairs, number};
use crate::clock;
use crate::telemetry::signal::{Body, Frame, Kind, Signal};

/// The line of a signal received at `received_ms`. `meta` are the fields of its context.
pub fn line(signal: &Signal, received_ms: i64, meta: &Pairs) -> String {
    let body = &signal.body;
    let mut pairs = Pairs::default();
    // A sender that gives no time means now, which was when it was received.
    pairs.set("timestamp", time(signal.client_ms.unwrap_or(received_ms)));
    pairs.set("kind", signal.kind.as_str());
    match signal.kind {
        Kind::Log => {
            pairs.set("message", &signal.message);
            pairs.set("level", body.level.as_deref().unwrap_or(signal.level.as_str()));
            pairs.extend("context_", &body.attributes);
            trace(&mut pairs, signal);
        }
        Kind::Exception => {
            pairs.set("type", &body.r#type);
            pairs.set("value", &body.value);
            pairs.set("stacktrace", stack(body));
            pairs.set("hash", xxhash_rust::xxh3::xxh3_64(body.value.as_bytes()).to_string());
            pairs.extend("context_", &body.attributes);
            trace(&mut pairs, signal);
        }
        Kind::Measurement => {
            pairs.set("type", &body.r#type);
            for (name, value) in &body.values {
                pairs.set(name, format!("{value:.6}"));
            }
            trace(&mut pairs, signal);
            pairs.extend("context_", &body.attributes);
            for (name, value) in &body.values {
                pairs.set(format!("value_{name}"), number(*value));
            }
        }
        Kind::Event | Kind::Span => {
            pairs.set("event_name", &signal.message);
            pairs.set("event_domain", &body.r#type);
            pairs.extend("event_data_", &body.attributes);
            trace(&mut pairs, signal);
        }
    }
    pairs.merge(meta);
    beyond(&mut pairs, body);
    pairs.line()
}

fn trace(pairs: &mut Pairs, signal: &Signal) {
    pairs.set("traceID", signal.trace_id.as_deref().unwrap_or_default());
    pairs.set("spanID", signal.span_id.as_deref().unwrap_or_default());
}

/// What Alloy leaves out, where nothing else has taken the name.
fn beyond(pairs: &mut Pairs, body: &Body) {
    if let Some(action) = &body.action {
        pairs.set_new("action_name", &action.name);
        pairs.set_new("action_id", &action.id);
        pairs.set_new("action_parent_id", &action.parent_id);
    }
    pairs.set_new("fingerprint", &body.fingerprint);
    if body.fatal {
        pairs.set_new("fatal", "true");
    }
}

/// A time as Go prints it: UTC, with as many decimals as it has.
fn time(ms: i64) -> String {
    let at = clock::from_ms(ms);
    let mut text = at.format("%Y-%m-%d %H:%M:%S").to_string();
    let millis = at.timestamp_subsec_millis();
    if millis > 0 {
        let _ = write!(text, ".{millis:03}");
        text.truncate(text.trim_end_matches('0').len());
    }
    text + " +0000 UTC"
}

/// Type and value, and a line for each frame.
fn stack(body: &Body) -> String {
    let mut text = format!("{}: {}", body.r#type, body.value);
    for Frame { function, module, filename, lineno, colno } in &body.frames {
        let bar = if module.is_empty() { "" } else { "|" };
        let (line, column) = (lineno.unwrap_or_default(), colno.unwrap_or_default());
        let _ = write!(text, "\n  at {function} ({module}{bar}{filename}:{line}:{column})");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::loki::meta;
    use crate::telemetry::payload;

    /// The lines of a payload, as they are when it was received in 1970.
    fn lines(payload: &str) -> Vec<String> {
        let batch = payload::parse(payload.as_bytes()).unwrap();
        let meta = meta::pairs(&batch.meta.json, "");
        batch.signals.iter().map(|signal| line(signal, 0, &meta)).collect()
    }

    const AT: &str = r#""timestamp":"2021-09-30T10:46:17.680Z""#;
    const TRACE: &str =
        r#""trace":{"trace_id":"a363d4f4417aa83158c437febd2d8838","span_id":"42876ecc4c1feafa"}"#;

    // The four lines are facts about Alloy: `exporters_test.go` of its component `faro.receiver` expects them.

    #[test]
    fn a_log_is_the_line_of_alloy() {
        let payload = format!(
            r#"{{"logs":[{{{AT},{TRACE},"message":"React Router Future Flag Warning","level":"info"}}]}}"#
        );
        assert_eq!(
            lines(&payload),
            [
                r#"timestamp="2021-09-30 10:46:17.68 +0000 UTC" kind=log message="React Router Future Flag Warning" level=info traceID=a363d4f4417aa83158c437febd2d8838 spanID=42876ecc4c1feafa browser_mobile=false"#
            ]
        );
    }

    #[test]
    fn an_exception_is_the_line_of_alloy() {
        let file = "http://fe:3002/static/js/vendors~main.chunk.js";
        let payload = format!(
            r#"{{"exceptions":[{{{AT},"type":"Error","value":"Cannot read property 'find' of undefined","stacktrace":{{"frames":[
                {{"function":"?","filename":"{file}","lineno":8639,"colno":42}},
                {{"function":"dispatchAction","filename":"{file}","lineno":268095,"colno":9}}]}}}}]}}"#
        );
        assert_eq!(
            lines(&payload),
            [
                r#"timestamp="2021-09-30 10:46:17.68 +0000 UTC" kind=exception type=Error value="Cannot read property 'find' of undefined" stacktrace="Error: Cannot read property 'find' of undefined\n  at ? (http://fe:3002/static/js/vendors~main.chunk.js:8639:42)\n  at dispatchAction (http://fe:3002/static/js/vendors~main.chunk.js:268095:9)" hash=2735541995122471342 browser_mobile=false"#
            ]
        );
    }

    #[test]
    fn a_measurement_is_the_line_of_alloy() {
        let payload = format!(
            r#"{{"measurements":[{{{AT},{TRACE},"type":"sum","values":{{"ttfp":20.12,"ttfcp":22.12,"ttfb":14}},"context":{{"host":"localhost"}}}}]}}"#
        );
        assert_eq!(
            lines(&payload),
            [
                r#"timestamp="2021-09-30 10:46:17.68 +0000 UTC" kind=measurement type=sum ttfb=14.000000 ttfcp=22.120000 ttfp=20.120000 traceID=a363d4f4417aa83158c437febd2d8838 spanID=42876ecc4c1feafa context_host=localhost value_ttfb=14 value_ttfcp=22.12 value_ttfp=20.12 browser_mobile=false"#
            ]
        );
    }

    #[test]
    fn an_event_is_the_line_of_alloy() {
        let payload = format!(
            r#"{{"events":[{{{AT},{TRACE},"name":"click_login_button","domain":"frontend","attributes":{{"button_name":"login"}}}}]}}"#
        );
        assert_eq!(
            lines(&payload),
            [
                r#"timestamp="2021-09-30 10:46:17.68 +0000 UTC" kind=event event_name=click_login_button event_domain=frontend event_data_button_name=login traceID=a363d4f4417aa83158c437febd2d8838 spanID=42876ecc4c1feafa browser_mobile=false"#
            ]
        );
    }

    #[test]
    fn levels_are_the_senders_words_and_a_missing_time_is_that_of_receipt() {
        let payload = r#"{"meta":{"app":{"name":"desk"}},"logs":[{"message":"m","level":"warn","context":{"b":"2","a":"1"}}]}"#;
        assert_eq!(
            lines(payload),
            [
                r#"timestamp="1970-01-01 00:00:00 +0000 UTC" kind=log message=m level=warn context_a=1 context_b=2 app_name=desk browser_mobile=false"#
            ]
        );
    }

    #[test]
    fn the_meta_overwrites_in_place_and_the_rest_comes_last() {
        let payload = format!(
            r#"{{"meta":{{"view":{{"name":"home"}}}},"measurements":[{{{AT},"type":"t","values":{{"view_name":3}},"action":{{"name":"click","id":"1"}}}}]}}"#
        );
        assert_eq!(
            lines(&payload),
            [
                r#"timestamp="2021-09-30 10:46:17.68 +0000 UTC" kind=measurement type=t view_name=home value_view_name=3 browser_mobile=false action_name=click action_id=1"#
            ]
        );
    }

    #[test]
    fn a_frame_has_its_module_if_there_is_one() {
        let frame = |function: &str, module: &str| Frame {
            function: function.to_owned(),
            module: module.to_owned(),
            filename: "a.js".to_owned(),
            ..Frame::default()
        };
        let mut body = Body { r#type: "E".to_owned(), value: "v".to_owned(), ..Body::default() };
        body.frames = vec![frame("t", "")];
        assert_eq!(stack(&body), "E: v\n  at t (a.js:0:0)");
        body.frames = vec![frame("render", "page")];
        assert_eq!(stack(&body), "E: v\n  at render (page|a.js:0:0)");
    }
}
