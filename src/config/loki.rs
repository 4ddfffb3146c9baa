//! Where log lines are pushed to.

use std::fmt;

use url::Url;

use super::{ConfigError, values};

/// Base of a Loki, perhaps with a path, a user name and a password. `Debug` and `Display` leave the last two out.
#[derive(Clone, PartialEq, Eq)]
pub struct LokiUrl {
    base: Url,
    shown: String,
}

impl LokiUrl {
    /// Reads `LOKI_URL`.
    ///
    /// # Errors
    /// When it is no address of a Loki. The words never repeat it, as it may hold a password.
    pub fn read(value: &Option<String>) -> Result<Option<Self>, ConfigError> {
        let Some(text) = values::given(value) else { return Ok(None) };
        let fix = "use an address such as http://loki:3100 or https://user:password@logs.example.org/path";
        let fault = |found: &str| ConfigError::new("LOKI_URL", found, fix);
        let mut base = Url::parse(text).map_err(|_| fault("found no URL"))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(fault(&format!("found the scheme `{}`", base.scheme())));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(fault("found a `?` or `#`"));
        }
        if base.path().trim_end_matches('/').ends_with("/loki/api/v1/push") {
            return Err(ConfigError::new(
                "LOKI_URL",
                "found the path `/loki/api/v1/push`",
                "leave it out: it is added",
            ));
        }
        // Without the slash the last part of a path would be replaced by what is joined to it.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let mut shown = base.clone();
        // They fail only where there is no host, which an http URL has.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        Ok(Some(Self { shown: shown.to_string(), base }))
    }

    /// The base, secrets included; ends with a slash.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// Where lines are pushed to, secrets included.
    pub fn push(&self) -> Url {
        self.base.join("loki/api/v1/push").expect("a path can be joined to an http URL")
    }
}

impl fmt::Display for LokiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for LokiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LokiUrl, ConfigError> {
        LokiUrl::read(&Some(text.to_owned())).map(|url| url.expect("something is given"))
    }

    #[test]
    fn a_path_stays_and_secrets_are_not_shown() {
        for (text, push) in [
            ("http://loki:3100", "http://loki:3100/loki/api/v1/push"),
            ("http://loki:3100/", "http://loki:3100/loki/api/v1/push"),
            ("https://h/tenant/a", "https://h/tenant/a/loki/api/v1/push"),
        ] {
            assert_eq!(read(text).unwrap().push().as_str(), push);
        }
        let secret = read("https://u5er:pa55@h/logs").unwrap();
        assert_eq!(secret.push().password(), Some("pa55"));
        assert_eq!(format!("{secret} {secret:?}"), "https://h/logs/ https://h/logs/");
        assert_eq!(LokiUrl::read(&Some(" ".to_owned())), Ok(None));
    }

    #[test]
    fn wrong_values_are_named_and_not_repeated() {
        for text in [
            "loki:3100",
            "pa55word",
            "ftp://u:pa55word@h",
            "http://u:pa55word@h/?x=1",
            "http://u:pa55word@h/loki/api/v1/push/",
            "http://u:pa55word@h:99999",
        ] {
            let fault = read(text).unwrap_err();
            assert_eq!(fault.setting, "LOKI_URL", "{text}");
            assert!(!fault.to_string().contains("pa55word"), "{fault}");
        }
    }
}
