//! The pages that people see, and the files they are made of.
//!
//! Owns the HTML (Handlebars templates, rendered on the server), the assets in the binary, the reader's language,
//! and who is shown which page. What a page shows comes to the browser over `/api` and the realtime channels:
//! those belong to their slices. Templates, styles, scripts and words are in `dashboard/` at the root of the repository.

mod assets;
mod locale;
mod pages;
mod render;
mod sections;
mod styles;

use std::collections::BTreeSet;
use std::sync::Arc;

use poem::endpoint::make_sync;
use poem::error::NotFoundError;
use poem::http::{HeaderValue, header};
use poem::{Endpoint, IntoResponse, Request, Response, Route, get};

use crate::app::Services;
use assets::Assets;
use pages::{PAGES, Pages};
use sections::SECTIONS;

/// Pattern of every path that nobody has. A catch-all (`/*path`) would also take `/` itself.
pub const UNKNOWN: &str = "/<.+>";

/// One day, in seconds.
const ICON_CACHE: &str = "public, max-age=86400";

/// Adds to `tree` everything outside `/api`, `/docs` and the realtime endpoints; what nobody has is answered here.
pub fn add(tree: Route, services: &Services) -> Route {
    let assets = Arc::new(Assets::load());
    let pages = Arc::new(Pages::new(services, &assets));
    let mark = assets.clone();
    let places: BTreeSet<_> =
        PAGES.iter().flat_map(|page| page.paths).copied().filter(|path| *path != pages::SETTINGS).collect();
    let tree = SECTIONS.iter().fold(tree, |tree, section| {
        tree.at(section.path, get(page(&pages, move |pages, request| pages.settings(request, section))))
    });
    let tree = places.into_iter().fold(tree, |tree, path| {
        tree.at(path, get(page(&pages, move |pages, request| pages.behind_login(request, path))))
    });
    tree.at("/setup", get(page(&pages, Pages::setup)))
        .at("/login", get(page(&pages, Pages::login)))
        .at("/favicon.ico", get(make_sync(move |request: Request| icon(&mark, &request))))
        .at("/assets/:version/*path", get(make_sync(move |request| serve(&assets, &request))))
        .at(UNKNOWN, page(&pages, Pages::unknown))
}

/// An endpoint from a function of [`Pages`].
fn page<F>(pages: &Arc<Pages>, show: F) -> impl Endpoint<Output = Response> + use<F>
where
    F: Fn(&Pages, &Request) -> poem::Result<Response> + Send + Sync + 'static,
{
    let pages = pages.clone();
    make_sync(move |request: Request| show(&pages, &request))
}

fn serve(assets: &Assets, request: &Request) -> poem::Result<Response> {
    let (version, path) = request.path_params::<(String, String)>()?;
    assets
        .get(&version, &path, request.headers())
        .map_or_else(|| Err(NotFoundError.into()), |r| Ok(r.into_response()))
}

/// The picture that browsers ask for by themselves, as on pages that name none.
fn icon(assets: &Assets, request: &Request) -> poem::Result<Response> {
    let mut response =
        assets.get(assets.version(), "img/mark.svg", request.headers()).ok_or(NotFoundError)?;
    // This address stays when the picture changes.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(ICON_CACHE));
    Ok(response)
}
