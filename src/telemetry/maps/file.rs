//! Which script a source map is for, and whether a line of a stack is in it.

/// Longest path of a script in bytes.
const MAX: usize = 1_024;

/// The path of a script, as segments: without scheme, host, query, and what else differs from one place to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File(String);

impl File {
    /// What people and build tools call a script: a URL, a path, a name; `name.js.map` means `name.js`. `None` when
    /// nothing is left of it, or it is too long.
    pub fn named(text: &str) -> Option<Self> {
        let file = Self::seen(text)?;
        match file.0.strip_suffix(".map") {
            Some("") => None,
            Some(script) if !script.ends_with('/') => Some(Self(script.to_owned())),
            _ => Some(file),
        }
    }

    /// What a line of a stack says.
    pub fn seen(text: &str) -> Option<Self> {
        let text = text.split(['?', '#']).next().unwrap_or_default().trim();
        let path = match text.split_once("://") {
            // `file` and the schemes of bundlers have no host, or it is a folder as good as any.
            Some(("http" | "https" | "app" | "capacitor" | "ionic" | "tauri", rest)) => {
                rest.split_once('/').map_or("", |(_host, path)| path)
            }
            Some((_, rest)) => rest,
            None => text,
        };
        let path = decoded(path);
        let segments: Vec<&str> = path.split(['/', '\\']).filter(|part| !is_empty(part)).collect();
        let path = segments.join("/");
        (!path.is_empty() && path.len() <= MAX).then_some(Self(path))
    }

    /// The path that [`File::as_str`] gave.
    pub fn stored(path: String) -> Self {
        Self(path)
    }

    /// The path: segments with `/` between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many segments both end in, when one of them ends in all of the other; 0 when not.
    ///
    /// A build knows `assets/app.js`, or `app.js` alone, and a browser says where the server put it.
    fn common(&self, other: &Self) -> usize {
        let (short, long) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        let Some(rest) = long.0.strip_suffix(&short.0) else { return 0 };
        let whole = rest.is_empty() || rest.ends_with('/');
        if whole { short.0.split('/').count() } else { 0 }
    }

    /// Which of `files` this is: the one with most in common. `None` when there is none, or when two are as good.
    pub fn among<'a>(&self, files: impl IntoIterator<Item = &'a Self>) -> Option<usize> {
        let mut best = (0, None);
        for (at, file) in files.into_iter().enumerate() {
            let common = self.common(file);
            if common > best.0 {
                best = (common, Some(at));
            } else if common == best.0 {
                best.1 = None;
            }
        }
        best.1
    }
}

/// Segments that say nothing: `~` is how some build tools write any host.
fn is_empty(segment: &str) -> bool {
    matches!(segment, "" | "." | "~")
}

/// Without percent signs, where what they stand for is text.
fn decoded(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| byte == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(value) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(value);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> Option<String> {
        File::seen(text).map(|file| file.as_str().to_owned())
    }

    #[test]
    fn only_the_path_counts() {
        for (text, wanted) in [
            ("https://x.test:8443/assets/app-1a2b.js?v=3#x", "assets/app-1a2b.js"),
            ("app://desk/assets/app.js", "assets/app.js"),
            (
                "file:///C:/Program%20Files/Desk/app.asar/assets/app.js",
                "C:/Program Files/Desk/app.asar/assets/app.js",
            ),
            ("C:\\Desk\\assets\\app.js", "C:/Desk/assets/app.js"),
            ("webpack:///./dist/main.js", "dist/main.js"),
            ("~/assets/app.js", "assets/app.js"),
            ("./app.js", "app.js"),
            ("/pages/%5Bid%5D-1a.js", "pages/[id]-1a.js"),
            ("/100%/%e9.js", "100%/%e9.js"),
        ] {
            assert_eq!(path(text).as_deref(), Some(wanted), "{text}");
        }
        for nothing in ["", "   ", "https://x.test/", "https://x.test", "?v=1", "/./", &"a".repeat(2_000)] {
            assert_eq!(path(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_map_is_named_by_its_script() {
        let named = |text| File::named(text).map(|file| file.0);
        assert_eq!(named("dist/app.js.map").as_deref(), Some("dist/app.js"));
        assert_eq!(named("https://x.test/app.js?x").as_deref(), Some("app.js"));
        assert_eq!((named(".map"), named("a/.map").as_deref()), (None, Some("a/.map")));
    }

    fn found(frame: &str, files: &[&str]) -> Option<usize> {
        let files: Vec<File> = files.iter().map(|text| File::named(text).unwrap()).collect();
        File::seen(frame).unwrap().among(&files)
    }

    #[test]
    fn the_longest_common_end_is_the_script() {
        assert_eq!(found("https://x.test/v2/assets/app.js", &["main.js", "assets/app.js"]), Some(1));
        assert_eq!(found("https://x.test/v2/assets/app.js", &["app.js", "assets/app.js"]), Some(1));
        assert_eq!(found("app.js", &["dist/app.js", "dist/main.js"]), Some(0));
        assert_eq!(found("https://x.test/app.js", &["my-app.js", "b/app.jsx"]), None);
        assert_eq!(found("https://x.test/b/app.js", &["a/app.js"]), None);
    }

    #[test]
    fn what_could_be_either_is_neither() {
        assert_eq!(found("app.js", &["a/app.js", "b/app.js"]), None);
        assert_eq!(found("https://x.test/b/app.js", &["a/app.js", "b/app.js"]), Some(1));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,80}", other in "\\PC{0,80}") {
            if let (Some(a), Some(b)) = (File::seen(&text), File::named(&other)) {
                prop_assert_eq!(a.common(&b), b.common(&a));
                prop_assert_eq!(a.among([&a]), Some(0));
            }
        }

        #[test]
        fn a_path_stays_what_it_is(text in "[a-z~./\\\\-]{1,40}") {
            if let Some(file) = File::seen(&text) {
                prop_assert_eq!(File::seen(file.as_str()), Some(file));
            }
        }
    }
}
