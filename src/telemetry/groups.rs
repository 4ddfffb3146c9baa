//! Which exceptions are the same fault.
//!
//! Owns the fingerprint. How groups are stored belongs to `store`.

use sha2::{Digest, Sha256};

use super::signal::{Body, Frame};

/// What exceptions of one fault share.
pub type Fingerprint = [u8; 16];

/// Frames that count: deeper ones belong to whoever called, often a framework.
const FRAMES: usize = 3;
/// Most bytes of a culprit.
const CULPRIT: usize = 300;
/// Characters of a message that count.
const MESSAGE: usize = 300;

/// The fingerprint of an exception of `app`: the sender's own when it gives one, else type, normalised message and
/// top frames. Lines and columns do not count, nor what bundlers put into names of files: they change with every build.
pub fn fingerprint(app: &str, body: &Body) -> Fingerprint {
    let mut hasher = Sha256::new();
    let mut add = |part: &str| {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    };
    add(app);
    if body.fingerprint.is_empty() {
        add(&body.r#type);
        add(&normalised(&body.value));
        for frame in top(body) {
            add(&frame.function);
            add(&file(&frame.filename));
        }
    } else {
        add("fingerprint");
        add(&body.fingerprint);
    }
    let digest = hasher.finalize();
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&digest[..16]);
    fingerprint
}

/// Where it happened, for people: the innermost frame. Cut where it is long.
pub fn culprit(body: &Body) -> String {
    let Some(frame) = top(body).first() else { return String::new() };
    let mut culprit = match (frame.function.as_str(), file(&frame.filename).as_str()) {
        ("", file) => file.to_owned(),
        (function, "") => function.to_owned(),
        (function, file) => format!("{function} ({file})"),
    };
    culprit.truncate(culprit.floor_char_boundary(CULPRIT));
    culprit
}

fn top(body: &Body) -> &[Frame] {
    &body.frames[..body.frames.len().min(FRAMES)]
}

/// A message without what differs from one time to the next: numbers, ids and quoted values become `#`.
pub fn normalised(message: &str) -> String {
    let mut normal = String::new();
    for word in message.split_whitespace().take(MESSAGE) {
        if !normal.is_empty() {
            normal.push(' ');
        }
        let (start, rest) = word.split_at(word.find(|c: char| c.is_alphanumeric()).unwrap_or(word.len()));
        let core = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
        normal.push_str(start);
        if is_variable(core) {
            normal.push('#');
            normal.push_str(&rest[core.len()..]);
        } else {
            normal.push_str(rest);
        }
        if normal.len() > MESSAGE {
            break;
        }
    }
    normal.truncate(normal.floor_char_boundary(MESSAGE));
    normal
}

/// Whether a word is a value rather than a name: it has a digit, or is a URL.
fn is_variable(word: &str) -> bool {
    word.bytes().any(|b| b.is_ascii_digit()) || word.contains("://")
}

/// The name of a file: without host, query and the hash that bundlers add (`app.3f9c2b1a.js` is `app.js`).
fn file(name: &str) -> String {
    let name = name.split(['?', '#']).next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    let parts: Vec<&str> = name.split('.').collect();
    let kept: Vec<String> = parts.iter().map(|part| unhashed(part)).filter(|part| !part.is_empty()).collect();
    kept.join(".")
}

/// A part of a file's name without its hash: `index-B3xk9q2Z` is `index`.
fn unhashed(part: &str) -> String {
    let is_hash = |text: &str| {
        text.len() >= SHORT_HASH
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && text.bytes().any(|b| b.is_ascii_digit())
    };
    if is_hash(part) {
        return String::new();
    }
    let short = part.len().checked_sub(SHORT_HASH).and_then(|at| part.split_at_checked(at));
    if let Some((name, hash)) = short
        && let Some(name) = name.strip_suffix('-').filter(|name| !name.is_empty())
        && is_short_hash(hash.as_bytes())
    {
        return name.to_owned();
    }
    match part.rsplit_once('-') {
        Some((name, hash)) if is_hash(hash) => name.to_owned(),
        _ => part.to_owned(),
    }
}

/// Length of the hashes of bundlers (rollup, vite, esbuild, parcel).
const SHORT_HASH: usize = 8;

/// Whether text of this length is a hash rather than a word. One in four of them has no digit: then it is of capitals
/// alone, or of a case that changes as in no word but two written together, which is taken for one.
fn is_short_hash(text: &[u8]) -> bool {
    if !text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        return false;
    }
    let any = |is: fn(&u8) -> bool| text.iter().any(is);
    let (upper, lower) = (any(u8::is_ascii_uppercase), any(u8::is_ascii_lowercase));
    let digit = any(u8::is_ascii_digit);
    if any(|b| matches!(b, b'-' | b'_')) {
        return upper && (lower || digit);
    }
    let humps = text.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    digit || humps || (upper && !lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exception(value: &str, function: &str, filename: &str, lineno: u32) -> Body {
        let frame = Frame {
            function: function.into(),
            filename: filename.into(),
            lineno: Some(lineno),
            ..Frame::default()
        };
        Body { r#type: "TypeError".into(), value: value.into(), frames: vec![frame], ..Body::default() }
    }

    fn same(a: &Body, b: &Body) -> bool {
        fingerprint("desk", a) == fingerprint("desk", b)
    }

    #[test]
    fn values_lines_and_hashes_of_builds_do_not_count() {
        let a = exception(
            "Order 17 of 'ann@x.test' failed at https://a.test/1",
            "save",
            "https://x.test/assets/app-3f9c2b1a.js?v=1",
            10,
        );
        let b = exception(
            "Order 9000 of 'ann@x.test' failed at https://a.test/2",
            "save",
            "https://y.test/assets/app-77aa0b1c.js",
            99,
        );
        assert!(same(&a, &b));
    }

    #[test]
    fn words_functions_and_types_count() {
        let a = exception("cannot save", "save", "app.js", 1);
        assert!(!same(&a, &exception("cannot load", "save", "app.js", 1)));
        assert!(!same(&a, &exception("cannot save", "load", "app.js", 1)));
        assert!(!same(&a, &Body { r#type: "RangeError".into(), ..a.clone() }));
        assert_ne!(fingerprint("desk", &a), fingerprint("phone", &a));
    }

    #[test]
    fn hashes_of_bundlers_have_every_look() {
        for (name, wanted) in [
            ("index-B3xk9q2Z.js", "index.js"),
            ("index-DkQmXyZa.js", "index.js"),
            ("index-VPLZUYSF.js", "index.js"),
            ("index-B-3_xQ9z.js", "index.js"),
            ("index--kQmXyZ_.js", "index.js"),
            ("main.3f9c2b1a4d5e6f7a8b9c.chunk.js", "main.chunk.js"),
            ("main-3f9c2b1a4d5e6f7a8b9c.js", "main.js"),
            ("3f9c2b1a.js", "js"),
        ] {
            assert_eq!(file(name), wanted, "{name}");
        }
        for name in [
            "my-settings.js",
            "my-long-name.js",
            "vendors.js",
            "chunk-vendors.js",
            "jquery-3.7.1.min.js",
            "é-é.js",
        ] {
            assert_eq!(file(name), name);
        }
        let of = |hash: &str| exception("x", "save", &format!("https://x.test/assets/index-{hash}.js"), 1);
        assert!(same(&of("VPLZUYSF"), &of("DkQmXyZa")), "a release makes no new error");
    }

    #[test]
    fn the_senders_own_grouping_wins() {
        let own = |value: &str| Body { fingerprint: "save".into(), ..exception(value, "f", "g", 1) };
        assert!(same(&own("a"), &own("b")));
    }

    #[test]
    fn names_stay_readable() {
        assert_eq!(normalised("user 0af7651916cd43dd (id=17) in \"room 5\""), "user # (#) in \"room #\"");
        assert_eq!(
            culprit(&exception("", "save", "https://x.test/a/index-B3xk9q2Z.js?x", 1)),
            "save (index.js)"
        );
        assert_eq!(culprit(&Body::default()), "");
    }
}
