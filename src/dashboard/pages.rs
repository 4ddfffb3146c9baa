//! Which page a reader gets, and what is on it before its scripts run.

use std::sync::Arc;

use flate2::Compression;
use poem::error::NotFoundError;
use poem::http::{StatusCode, header};
use poem::web::Redirect;
use poem::{IntoResponse, Request, Response, Result};
use serde_json::{Map, Value, json};

use super::assets::{Assets, gzip, takes_gzip};
use super::locale::{self, Language};
use super::render::{Layout, Renderer};
use super::sections::{SECTIONS, Section};
use crate::app::Services;
use crate::auth::{Identity, Role};
use crate::error::ApiError;
use crate::http::{RequestId, Secure, identify};

/// Everything from this server, nothing inline, no string ever run as code or parsed as HTML.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";
/// Everyone who is logged in.
const ALL: &[Role] = &[Role::Admin, Role::Member, Role::Viewer];

/// A page behind the login. Its name is also that of its template, script, icon and words.
pub struct Page {
    pub name: &'static str,
    /// The first is where the rail leads. What a place names (a room, a client) is for the API to show or refuse,
    /// so that a page says nothing of what its reader may not see.
    pub paths: &'static [&'static str],
    roles: &'static [Role],
    /// Has a place of its own in the bar of a phone; the others are a press further.
    near: bool,
}

/// The pages in the order of the rail. Of two with one path, the reader's role decides.
pub const PAGES: [Page; 11] = [
    Page { name: "overview", paths: &["/"], roles: &[Role::Admin], near: true },
    Page { name: "home", paths: &["/"], roles: &[Role::Member, Role::Viewer], near: true },
    Page { name: "monitoring", paths: &["/monitoring"], roles: &[Role::Admin], near: false },
    Page { name: "fleet", paths: &["/clients", "/clients/:client_id"], roles: &[Role::Admin], near: true },
    Page { name: "logs", paths: &["/logs"], roles: &[Role::Admin], near: false },
    Page { name: "errors", paths: &["/errors", "/errors/:error_id"], roles: &[Role::Admin], near: false },
    Page { name: "chat", paths: &["/rooms", "/rooms/:room_id"], roles: ALL, near: true },
    Page { name: "agenda", paths: &["/agenda"], roles: ALL, near: true },
    Page { name: "terminal", paths: &["/terminal"], roles: &[Role::Admin], near: false },
    Page { name: "people", paths: &["/people"], roles: &[Role::Admin], near: false },
    Page { name: "settings", paths: &[SETTINGS], roles: ALL, near: false },
];
/// Where the settings begin; their addresses are those of [`SECTIONS`].
pub const SETTINGS: &str = "/settings";
/// One year, in seconds: a language is not chosen again.
const LANGUAGE_AGE: u32 = 31_536_000;

/// The pages.
pub struct Pages {
    services: Services,
    renderer: Renderer,
    /// Path of the assets, base path included.
    assets: String,
}

/// Who reads: their account, and the token that their changes must carry.
type Reader = (Arc<Identity>, String);

impl Pages {
    pub fn new(services: &Services, assets: &Assets) -> Self {
        let assets = format!("{}/assets/{}", services.config.base_path, assets.version());
        Self { services: services.clone(), renderer: Renderer::load(), assets }
    }

    /// The page at `path` (one of [`PAGES`]) that the reader's role has; a door for those who are not logged in.
    pub fn behind_login(&self, request: &Request, path: &str) -> Result<Response> {
        let Some(reader) = self.reader(request) else { return Ok(self.door(request)) };
        let role = reader.0.role;
        let theirs = |page: &&Page| page.paths.contains(&path) && page.roles.contains(&role);
        let Some(page) = PAGES.iter().find(theirs) else { return self.error(request, StatusCode::FORBIDDEN) };
        let writes = json!(role != Role::Viewer);
        let one = json!(path.contains(':'));
        self.show(request, Layout::Shell, page.name, Some(&reader), map([("writes", writes), ("one", one)]))
    }

    /// A section of the settings.
    pub fn settings(&self, request: &Request, section: &Section) -> Result<Response> {
        let Some(reader) = self.reader(request) else { return Ok(self.door(request)) };
        let role = reader.0.role;
        if !section.is_for(role) {
            return self.error(request, StatusCode::FORBIDDEN);
        }
        let language = Language::of(request);
        let entry = |known: &Section| {
            json!({
                "path": known.path,
                "name": self.renderer.word(language, &format!("settings.{}.title", known.name)),
                "current": known.name == section.name,
            })
        };
        let theirs = |admin| SECTIONS.iter().filter(move |s| s.admin == admin && s.is_for(role));
        let list = |admin| theirs(admin).map(entry).collect::<Value>();
        let data = map([
            ("own_sections", list(false)),
            ("server_sections", list(true)),
            ("admin", json!(role == Role::Admin)),
        ]);
        let page = format!("settings/{}", section.name);
        self.show(request, Layout::Shell, &page, Some(&reader), data)
    }

    /// `/setup`, as long as there is no admin.
    pub fn setup(&self, request: &Request) -> Result<Response> {
        if self.services.auth.setup_token().is_none() {
            return Ok(self.go("/"));
        }
        self.show(request, Layout::Entry, "setup", None, Map::new())
    }

    /// `/login`. `?ended` says that a session was ended while the page was open; `?next=` is where its script goes on.
    pub fn login(&self, request: &Request) -> Result<Response> {
        if self.services.auth.setup_token().is_some() || self.reader(request).is_some() {
            return Ok(self.go("/"));
        }
        let ended = request.uri().query().is_some_and(|q| q.contains("ended"));
        self.show(request, Layout::Entry, "login", None, map([("ended", json!(ended))]))
    }

    /// Any other path: a page for a browser, a problem document for a program.
    pub fn unknown(&self, request: &Request) -> Result<Response> {
        let accept = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("");
        if !accept.contains("text/html") {
            return Err(NotFoundError.into());
        }
        self.error(request, StatusCode::NOT_FOUND)
    }

    fn error(&self, request: &Request, status: StatusCode) -> Result<Response> {
        let language = Language::of(request);
        let word =
            |part: &str| json!(self.renderer.word(language, &format!("error.{}.{part}", status.as_u16())));
        let data = map([
            ("title", word("title")),
            ("status", json!(status.as_u16())),
            ("heading", word("title")),
            ("text", word("text")),
            ("request_id", json!(request.data::<RequestId>().map(|id| id.0.to_string()))),
        ]);
        let mut response = self.show(request, Layout::Entry, "error", None, data)?;
        response.set_status(status);
        Ok(response)
    }

    fn reader(&self, request: &Request) -> Option<Reader> {
        self.services.auth.cookie(identify::cookie(request.headers())?).ok()
    }

    /// Where one goes who is not logged in; the log-in leads back to the page that was asked for.
    fn door(&self, request: &Request) -> Response {
        if self.services.auth.setup_token().is_some() {
            return self.go("/setup");
        }
        match request.uri().path_and_query().map_or("/", |place| place.as_str()) {
            "/" | "" => self.go("/login"),
            place => {
                let next: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
                self.go(&format!("/login?next={next}"))
            }
        }
    }

    fn go(&self, path: &str) -> Response {
        Redirect::see_other(format!("{}{path}", self.services.config.base_path)).into_response()
    }

    fn show(
        &self,
        request: &Request,
        layout: Layout,
        page: &str,
        reader: Option<&Reader>,
        data: Map<String, Value>,
    ) -> Result<Response> {
        let language = Language::of(request);
        let user = reader.map(|(identity, _)| self.user(language, identity));
        let boot = json!({
            "page": page,
            "base": self.services.config.base_path,
            "assets": self.assets,
            "lang": language.code(),
            "version": env!("CARGO_PKG_VERSION"),
            "csrf": reader.map(|(_, csrf)| csrf),
            "user": user,
        });
        let mut all = self.frame(request, language, page);
        all.insert("rail".to_owned(), self.rail(language, page, reader));
        all.insert("far".to_owned(), json!(PAGES.iter().any(|known| known.name == top(page) && !known.near)));
        all.insert("user".to_owned(), json!(user));
        all.extend(data);
        let html = match self.renderer.page(language, layout, page, all, &boot) {
            Ok(html) => html,
            Err(fault) if page == "error" => return Err(ApiError::internal(fault).into()),
            Err(fault) => {
                tracing::error!(error = %fault, "The page `{page}` could not be rendered: {fault}");
                return self.error(request, StatusCode::INTERNAL_SERVER_ERROR);
            }
        };
        let mut response = Response::builder()
            .content_type("text/html; charset=utf-8")
            .header(header::CONTENT_SECURITY_POLICY, CSP)
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::VARY, "Accept-Encoding, Accept-Language, Cookie");
        if let Some(asked) = Language::asked(request) {
            response = response.header(header::SET_COOKIE, self.language_cookie(asked));
        }
        // It holds the token of the session, and nothing that somebody else puts beside it to guess by the size: the cookie
        // comes with no request that another site starts.
        if takes_gzip(request.headers()) {
            let response = response.header(header::CONTENT_ENCODING, "gzip");
            return Ok(response.body(gzip(html.as_bytes(), Compression::fast())));
        }
        Ok(response.body(html))
    }

    /// What every page has.
    fn frame(&self, request: &Request, language: Language, page: &str) -> Map<String, Value> {
        let word = |key: String| self.renderer.word(language, &key);
        let languages = Language::ALL
            .iter()
            .map(|(l, code, name)| json!({"code": code, "name": name, "current": *l == language}))
            .collect();
        map([
            ("lang", json!(language.code())),
            ("base", json!(self.services.config.base_path)),
            ("assets", json!(self.assets)),
            ("origin", json!(origin(request))),
            ("version", json!(env!("CARGO_PKG_VERSION"))),
            ("title", json!(word(format!("{}.title", page.replace('/', "."))))),
            ("script", json!(page)),
            ("languages", Value::Array(languages)),
        ])
    }

    fn rail(&self, language: Language, shown: &str, reader: Option<&Reader>) -> Value {
        let entry = |page: &Page| {
            let word = self.renderer.word(language, &format!("rail.{}", page.name));
            json!({"path": page.paths[0], "name": word, "icon": page.name, "near": page.near, "current": page.name == top(shown)})
        };
        let has = |page: &&Page| reader.is_some_and(|(identity, _)| page.roles.contains(&identity.role));
        PAGES.iter().filter(has).map(entry).collect()
    }

    fn user(&self, language: Language, identity: &Identity) -> Value {
        let role = identity.role.as_str();
        json!({
            "id": identity.user_id,
            "username": identity.username,
            "name": if identity.name.is_empty() { &identity.username } else { &identity.name },
            "initials": initials(&identity.name, &identity.username),
            "role": role,
            "role_name": self.renderer.word(language, &format!("role.{role}")),
            "role_text": self.renderer.word(language, &format!("role.{role}.text")),
        })
    }

    fn language_cookie(&self, language: Language) -> String {
        let (name, code, base) = (locale::COOKIE, language.code(), &self.services.config.base_path);
        format!("{name}={code}; Path={base}/; Max-Age={LANGUAGE_AGE}; SameSite=Lax")
    }
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The page of the rail that `page` is, or is a section of.
fn top(page: &str) -> &str {
    page.split('/').next().unwrap_or(page)
}

/// The address that the reader's browser used, to show in examples.
fn origin(request: &Request) -> String {
    let secure = request.data::<Secure>().is_some_and(|secure| secure.0);
    let host = request.headers().get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("localhost:8060");
    format!("{}://{host}", if secure { "https" } else { "http" })
}

/// One or two letters that stand for a person.
fn initials(name: &str, username: &str) -> String {
    let name = if name.trim().is_empty() { username } else { name };
    let words: Vec<&str> = name.split_whitespace().collect();
    let first = words.first().and_then(|w| w.chars().next());
    let last = words.last().filter(|_| words.len() > 1).and_then(|w| w.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn faults_have_their_page_in_every_language() {
        let pages = Pages::new(&Services::for_document(), &Assets::load());
        for status in [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::INTERNAL_SERVER_ERROR] {
            for (_, code, _) in Language::ALL {
                let request = Request::builder().header(header::ACCEPT_LANGUAGE, code).finish();
                let response = pages.error(&request, status).unwrap();
                assert_eq!(response.status(), status);
                let html = response.into_body().into_string().await.unwrap();
                assert!(html.contains(&format!("<html lang=\"{code}\">")));
                assert!(html.contains("entry-title\">") && !html.contains("entry-title\"><"), "{html}");
            }
        }
    }

    #[test]
    fn a_person_has_one_or_two_initials() {
        assert_eq!(initials("Ann Lee Martin", "ann"), "AM");
        assert_eq!(initials(" ", "\u{e9}lise"), "\u{c9}");
    }
}
