//! Templates, compiled once at start, one registry per language.
//!
//! A page is three templates, each rendered into the next: the page itself, the layout around it (behind the login
//! or before it), and the document. Strict: a name that a template uses and the page does not give is an error.

use std::collections::HashMap;

use handlebars::{
    Context, Handlebars, Helper, HelperDef, RenderContext, RenderError, RenderErrorReason, ScopedJson,
};
use serde_json::{Map, Value};

use super::assets;
use super::locale::{Language, Words};

/// What surrounds a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Layout {
    /// Rail and top bar, for those who are logged in
    Shell,
    /// One column, for the doors
    Entry,
}

/// Renders pages.
pub struct Renderer {
    languages: HashMap<Language, Registry>,
}

struct Registry {
    templates: Handlebars<'static>,
    words: std::sync::Arc<Words>,
}

impl Renderer {
    /// Compiles every template for every language.
    pub fn load() -> Self {
        let languages =
            Language::ALL.iter().map(|(language, ..)| (*language, Registry::load(*language))).collect();
        Self { languages }
    }

    /// A text in `language`.
    pub fn word(&self, language: Language, key: &str) -> &str {
        self.languages[&language].words.get(key).unwrap_or_default()
    }

    /// The document of `page`, with `data` for all three templates and `boot` for its scripts.
    ///
    /// # Errors
    /// A template that wants what `data` lacks.
    pub fn page(
        &self,
        language: Language,
        layout: Layout,
        page: &str,
        mut data: Map<String, Value>,
        boot: &Value,
    ) -> Result<String, RenderError> {
        let templates = &self.languages[&language].templates;
        data.insert("boot".to_owned(), Value::String(script_safe(boot)));
        let layout = match layout {
            Layout::Shell => "layouts/shell",
            Layout::Entry => "layouts/entry",
        };
        for template in [format!("pages/{page}"), layout.to_owned()] {
            let body = templates.render(&template, &data)?;
            data.insert("body".to_owned(), Value::String(body));
        }
        templates.render("layouts/base", &data)
    }
}

impl Registry {
    fn load(language: Language) -> Self {
        let words = std::sync::Arc::new(Words::load(language));
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        templates.set_prevent_indent(true);
        templates.register_helper("t", Box::new(Translate(words.clone())));
        for (path, name) in assets::names("templates/") {
            // Partials are named without their folder, as `{{> rail}}` reads better.
            let name = name.trim_end_matches(".hbs");
            let name = name.strip_prefix("partials/").unwrap_or(name);
            let source = assets::text(&path).expect("a listed file is there");
            templates.register_template_string(name, source).expect("a test compiles every template");
        }
        Self { templates, words }
    }
}

/// `{{t "key"}}`: a text of the page's language.
struct Translate(std::sync::Arc<Words>);

impl HelperDef for Translate {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let key = helper.param(0).and_then(|p| p.value().as_str()).unwrap_or_default();
        let text = self.0.get(key).ok_or_else(|| RenderErrorReason::Other(format!("no text for `{key}`")))?;
        Ok(ScopedJson::Derived(Value::String(text.to_owned())))
    }
}

/// JSON that cannot end the element that it stands in.
fn script_safe(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}
