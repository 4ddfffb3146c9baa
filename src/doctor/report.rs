//! What was found, check by check.

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object};
use serde::Serialize;
use serde_json::json;

/// How it looks
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be
    Ok,
    /// It works, and may not for long, or not for everybody
    Warn,
    /// Something does not work, or data may be lost
    Fail,
}

/// One thing that was looked at
#[derive(Clone, Debug, Object, PartialEq, Eq, Serialize)]
#[oai(example)]
pub struct Check {
    /// What was looked at, for programs
    pub name: String,
    /// How it looks
    pub verdict: Verdict,
    /// What was found, in one line
    pub found: String,
    /// What to do about it; null when all is well
    pub fix: Option<String>,
}

impl Example for Check {
    fn example() -> Self {
        Self::warn("descriptors", "this process may open 1024 files", "set LimitNOFILE=65536 in the unit")
    }
}

impl Check {
    /// As it should be.
    pub fn ok(name: &str, found: impl Into<String>) -> Self {
        Self::new(name, Verdict::Ok, found.into(), None)
    }

    /// It works, for now.
    pub fn warn(name: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(name, Verdict::Warn, found.into(), Some(fix.into()))
    }

    /// It does not work.
    pub fn fail(name: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self::new(name, Verdict::Fail, found.into(), Some(fix.into()))
    }

    fn new(name: &str, verdict: Verdict, found: String, fix: Option<String>) -> Self {
        let line = |text: String| text.replace(['\n', '\r'], " ");
        Self { name: name.to_owned(), verdict, found: line(found), fix: fix.map(line) }
    }
}

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order of reading.
    pub checks: Vec<Check>,
}

impl Report {
    /// The worst of all.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Ok)
    }

    /// One line a check.
    pub fn lines(&self) -> String {
        let mut text = String::new();
        for Check { name, verdict, found, fix } in &self.checks {
            let word = match verdict {
                Verdict::Ok => "ok",
                Verdict::Warn => "warn",
                Verdict::Fail => "FAIL",
            };
            let fix = fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
            text.push_str(&format!("{word:<4}  {name:<12}  {found}{fix}\n"));
        }
        text
    }

    /// The same for programs.
    pub fn json(&self) -> String {
        let report = json!({"verdict": self.verdict(), "checks": self.checks});
        serde_json::to_string_pretty(&report).unwrap_or_default()
    }
}
