//! What a simulated client reports, in the form of the Faro collector.

use serde_json::{Value, json};

use super::team::{App, FAILURES, Failure, LOGS};

/// A batch of a client that just was at `view`. `slow` is how long things take there, 1 for as usual.
pub fn batch(meta: &Value, app: &App, view: &str, slow: f64, random: &mut fastrand::Rng) -> Value {
    let mut meta = meta.clone();
    meta["view"] = json!({"name": view});
    meta["page"] = json!({"url": format!("https://{}.example.org/{view}", app.name)});
    let around = |middle: f64, random: &mut fastrand::Rng| middle * slow * (0.6 + random.f64() * 0.9);
    let mut logs = Vec::new();
    for _ in 0..random.usize(0..3) {
        // The later ones of the list are rarer.
        let (level, message) = LOGS[random.usize(0..LOGS.len()).min(random.usize(0..LOGS.len()))];
        let took = around(180.0, random).round();
        logs.push(json!({"level": level, "message": message, "context": {"view": view, "took_ms": took.to_string()}}));
    }
    let measurements = json!([{
        "type": "web-vitals",
        "values": {
            "lcp": around(1300.0, random), "fcp": around(700.0, random), "ttfb": around(120.0, random),
            "inp": around(90.0, random), "cls": around(0.04, random),
        },
    }]);
    let events = json!([{"name": "view_changed", "attributes": {"to": view}}]);
    let exceptions: Vec<Value> =
        if random.f64() < 0.04 * slow { vec![exception(app, random)] } else { Vec::new() };
    json!({"meta": meta, "logs": logs, "measurements": measurements, "events": events, "exceptions": exceptions})
}

fn exception(app: &App, random: &mut fastrand::Rng) -> Value {
    let place = random.usize(0..FAILURES.len()).min(random.usize(0..FAILURES.len()));
    let Failure { kind, message, stack } = FAILURES[place];
    let frames: Vec<Value> = stack
        .iter()
        .enumerate()
        .map(|(depth, (function, file))| {
            json!({
                "function": function,
                "filename": format!("https://{}.example.org/assets/{file}", app.name),
                "lineno": 40 + 17 * depth + place,
                "colno": 9 + depth,
            })
        })
        .collect();
    json!({"type": kind, "value": message, "stacktrace": {"frames": frames}})
}
