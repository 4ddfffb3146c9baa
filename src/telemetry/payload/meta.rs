//! Who sent a batch, from where: the payload's `meta`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::leaf::{Attributes, Leaf, Object};
use super::{MAX_META, PayloadError};

/// What is looked at in a meta. Everything may be empty; nothing of it is checked by anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Name of the application.
    pub app: String,
    /// Its version.
    pub app_version: String,
    /// Where it runs: `production`, `test`.
    pub environment: String,
    /// Id that the application keeps from start to start.
    pub installation: String,
    /// The SDK's session.
    pub session: String,
    /// Id of the user, as the application says.
    pub user_id: String,
    /// Name of the user, as the application says.
    pub user_name: String,
    /// Operating system.
    pub os: String,
    /// Its version.
    pub os_version: String,
    /// Name of the browser.
    pub browser: String,
    /// Name of the machine: no field of the format; taken from the session's or the user's attribute `hostname`.
    pub hostname: String,
    /// Language.
    pub locale: String,
    /// The view shown.
    pub view: String,
    /// URL of the page.
    pub page: String,
    /// The whole, as it was sent.
    pub json: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    app: Option<App<'a>>,
    #[serde(borrow)]
    user: Option<User<'a>>,
    #[serde(borrow)]
    session: Option<Session<'a>>,
    #[serde(borrow)]
    page: Option<Page<'a>>,
    #[serde(borrow)]
    browser: Option<Browser<'a>>,
    #[serde(borrow)]
    view: Option<View<'a>>,
    #[serde(borrow)]
    os: Option<Os<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct App<'a> {
    #[serde(borrow)]
    name: Leaf<'a>,
    #[serde(borrow)]
    version: Leaf<'a>,
    #[serde(borrow)]
    release: Leaf<'a>,
    #[serde(borrow)]
    environment: Leaf<'a>,
    #[serde(borrow)]
    installation_id: Leaf<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct User<'a> {
    #[serde(borrow)]
    id: Leaf<'a>,
    #[serde(borrow)]
    username: Leaf<'a>,
    #[serde(borrow)]
    full_name: Leaf<'a>,
    #[serde(borrow)]
    email: Leaf<'a>,
    #[serde(borrow)]
    attributes: Attributes<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Session<'a> {
    #[serde(borrow)]
    id: Leaf<'a>,
    #[serde(borrow)]
    attributes: Attributes<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page<'a> {
    #[serde(borrow)]
    url: Leaf<'a>,
    #[serde(borrow)]
    id: Leaf<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Browser<'a> {
    #[serde(borrow)]
    name: Leaf<'a>,
    #[serde(borrow)]
    os: Leaf<'a>,
    #[serde(borrow)]
    language: Leaf<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct View<'a> {
    #[serde(borrow)]
    name: Leaf<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Os<'a> {
    #[serde(borrow)]
    name: Leaf<'a>,
    #[serde(borrow)]
    version: Leaf<'a>,
}

/// Reads the meta of a payload; an absent one is empty.
///
/// # Errors
/// When it is no object, or too large.
pub fn read(raw: Option<&RawValue>) -> Result<Meta, PayloadError> {
    // An absent meta is an empty one, and so is null, which serde reads as absent.
    let Some(raw) = raw.map(RawValue::get) else {
        return Ok(Meta { json: "{}".to_owned(), ..Meta::default() });
    };
    if raw.len() > MAX_META {
        return Err(PayloadError::too_large("Bytes of the meta", raw.len(), MAX_META));
    }
    let Object(wire): Object<Wire<'_>> =
        serde_json::from_str(raw).map_err(|e| PayloadError::Malformed(format!("meta: {e}")))?;
    let (app, user) = (wire.app.unwrap_or_default(), wire.user.unwrap_or_default());
    let (session, page) = (wire.session.unwrap_or_default(), wire.page.unwrap_or_default());
    let (browser, os) = (wire.browser.unwrap_or_default(), wire.os.unwrap_or_default());
    let (of_session, of_user) = (session.attributes.read()?, user.attributes.read()?);
    let hostname = |of: &BTreeMap<String, String>| of.get("hostname").cloned();
    let (os_name, os_version) = operating_system(&os, &browser);
    Ok(Meta {
        app: app.name.label(),
        app_version: first([app.version, app.release]),
        environment: app.environment.label(),
        installation: app.installation_id.label(),
        session: session.id.label(),
        user_id: user.id.label(),
        user_name: first([user.username, user.full_name, user.email]),
        os: os_name,
        os_version,
        browser: browser.name.label(),
        hostname: hostname(&of_session).or_else(|| hostname(&of_user)).unwrap_or_default(),
        locale: browser.language.label(),
        view: wire.view.unwrap_or_default().name.label(),
        page: first([page.url, page.id]),
        json: raw.to_owned(),
    })
}

/// The first that is not empty.
fn first<const N: usize>(leaves: [Leaf<'_>; N]) -> String {
    leaves.into_iter().map(Leaf::label).find(|text| !text.is_empty()).unwrap_or_default()
}

/// `os` is exact, where a client fills it; `browser.os` is one text such as `Windows 10`, or `Mac OS 10.15.7`.
fn operating_system(os: &Os<'_>, browser: &Browser<'_>) -> (String, String) {
    let name = os.name.label();
    if !name.is_empty() {
        return (name, os.version.label());
    }
    let text = browser.os.label();
    match text.rsplit_once(' ') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            (name.to_owned(), version.to_owned())
        }
        _ => (text, String::new()),
    }
}
