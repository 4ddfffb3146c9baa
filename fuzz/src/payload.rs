//! Reads whatever bytes as a Faro payload, and holds what comes out against the bounds that the store relies on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use workspace_server::telemetry::payload::{MAX_META, MAX_SIGNALS, MAX_TEXT, parse};

fuzz_target!(|body: &[u8]| {
    let Ok(batch) = parse(body) else { return };
    assert!(batch.signals.len() <= MAX_SIGNALS);
    assert!(batch.meta.json.len() <= MAX_META);
    assert!(serde_json::from_str::<serde_json::Value>(&batch.meta.json).is_ok());
    for signal in &batch.signals {
        // Of an exception its type, which is a label, and its value.
        assert!(signal.message.len() <= MAX_TEXT + 258);
        assert!(signal.body.values.values().all(|value| value.is_finite()));
        let stored = serde_json::to_string(&signal.body).expect("a body is JSON");
        assert!(serde_json::from_str::<serde_json::Value>(&stored).is_ok());
    }
    // The same bytes are the same batch: a repetition is recognised by them.
    assert_eq!(parse(body).as_ref(), Ok(&batch));
});
