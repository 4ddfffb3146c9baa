//! The part of a line that tells who and where: the fields that Alloy takes from the meta, in its order.

use serde_json::{Map, Value};

use super::logfmt::Pairs;

/// Sections of the meta, the prefix of their fields, and the fields that Alloy knows.
const SECTIONS: [(&str, &[&str]); 7] = [
    ("sdk", &["name", "version"]),
    ("app", &["name", "namespace", "release", "version", "environment"]),
    ("user", &["email", "id", "username"]),
    ("session", &["id"]),
    ("page", &["id", "url"]),
    (
        "browser",
        &["name", "version", "os", "mobile", "userAgent", "language", "viewportWidth", "viewportHeight"],
    ),
    ("view", &["name"]),
];
/// Sections whose attributes stand in the line, too.
const WITH_ATTRIBUTES: [&str; 3] = ["user", "session", "page"];
/// What Alloy leaves out, and desktop clients say. Stands at the end, where no dashboard of Alloy's lines minds it.
const BEYOND: [(&str, &str, &str); 5] = [
    ("app", "installationId", "app_installation_id"),
    ("os", "name", "os_name"),
    ("os", "version", "os_version"),
    ("device", "model_name", "device_model_name"),
    ("device", "type", "device_type"),
];

/// The meta as fields; one that is no JSON object has none of its own. `app` is what the server takes for the
/// application's name where the meta has none.
pub fn pairs(json: &str, app: &str) -> Pairs {
    let meta: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let empty = Map::new();
    let section = |name: &str| meta.get(name).and_then(Value::as_object).unwrap_or(&empty);
    let mut pairs = Pairs::default();
    for (name, fields) in SECTIONS {
        let found = section(name);
        for field in fields {
            let value = match (name, *field) {
                ("browser", "mobile") => mobile(found.get("mobile")).to_owned(),
                ("app", "name") => {
                    Some(text(found.get("name"))).filter(|n| !n.is_empty()).unwrap_or_else(|| app.to_owned())
                }
                _ => text(found.get(*field)),
            };
            pairs.set(format!("{name}_{field}"), value);
        }
        if name == "sdk" {
            pairs.set("sdk_integrations", integrations(found.get("integrations")));
        }
        if WITH_ATTRIBUTES.contains(&name)
            && let Some(attributes) = found.get("attributes").and_then(Value::as_object)
        {
            // The map is sorted by name, as Alloy sorts it.
            for (attribute, value) in attributes {
                pairs.set(format!("{name}_attr_{attribute}"), text(Some(value)));
            }
        }
    }
    for (name, field, written) in BEYOND {
        pairs.set(written, text(section(name).get(field)));
    }
    pairs
}

/// A scalar as text; what an attribute has beyond scalars as the JSON that it is. Nothing for null.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Always in the line, so that it can be counted by.
fn mobile(value: Option<&Value>) -> &'static str {
    match value {
        Some(Value::Bool(true)) => "true",
        Some(Value::String(text)) if text == "true" => "true",
        _ => "false",
    }
}

fn integrations(value: Option<&Value>) -> String {
    let all = value.and_then(Value::as_array).into_iter().flatten();
    let all = all.map(|one| format!("{}:{}", text(one.get("name")), text(one.get("version"))));
    all.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_stands_in_its_place() {
        let meta = r#"{"view":{"name":"foobar"},"page":{"url":"https://example.com/page","attributes":{"z":"1","a":"2"}},
            "browser":{"name":"chrome","version":"88.12.1","os":"linux","mobile":true,"userAgent":"Mozilla/5.0 (X11)","language":"en-US",
            "brands":[{"brand":"b"}],"viewportWidth":"1920","viewportHeight":1080},
            "session":{"id":"abcd","attributes":{"time_elapsed":"100s"}},
            "user":{"username":"domasx2","id":123,"email":"geralt@kaermorhen.org","attributes":{"foo":"bar","none":null}},
            "app":{"name":"testapp","release":"0.8.2","version":"abcdefg","environment":"production","namespace":"n"},
            "sdk":{"name":"grafana-frontend-agent","version":"1.0.0","integrations":[{"name":"a","version":"1"},{"name":"b","version":"2"}]}}"#;
        assert_eq!(
            pairs(meta, "other").line(),
            "sdk_name=grafana-frontend-agent sdk_version=1.0.0 sdk_integrations=a:1,b:2 app_name=testapp app_namespace=n \
             app_release=0.8.2 app_version=abcdefg app_environment=production user_email=geralt@kaermorhen.org user_id=123 \
             user_username=domasx2 user_attr_foo=bar session_id=abcd session_attr_time_elapsed=100s \
             page_url=https://example.com/page page_attr_a=2 page_attr_z=1 browser_name=chrome browser_version=88.12.1 \
             browser_os=linux browser_mobile=true browser_userAgent=\"Mozilla/5.0 (X11)\" browser_language=en-US \
             browser_viewportWidth=1920 browser_viewportHeight=1080 view_name=foobar"
        );
    }

    #[test]
    fn what_is_missing_is_left_out_and_the_key_names_the_application() {
        assert_eq!(pairs("{}", "desk").line(), "app_name=desk browser_mobile=false");
        assert_eq!(pairs("5", "").line(), "browser_mobile=false");
        let desktop = r#"{"app":{"installationId":"i-1"},"os":{"name":"Windows","version":"11"},"user":[],"session":null}"#;
        assert_eq!(
            pairs(desktop, "").line(),
            "browser_mobile=false app_installation_id=i-1 os_name=Windows os_version=11"
        );
    }
}
