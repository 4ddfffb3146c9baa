//! The API document and Swagger UI.
//!
//! Swagger UI comes as one page with its scripts inside; instead of allowing any inline script, its policy names
//! these scripts by their hashes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poem::endpoint::make_sync;
use poem::http::header;
use poem::{Endpoint, IntoEndpoint, Response, Route};
use sha2::{Digest, Sha256};

/// The document as JSON.
pub fn json(document: &super::Document) -> impl Endpoint + use<> {
    fixed("application/json", document.json.clone())
}

/// The document as YAML.
pub fn yaml(document: &super::Document) -> impl Endpoint + use<> {
    fixed("application/yaml", document.yaml.clone())
}

/// Swagger UI.
pub fn ui(document: &super::Document) -> impl IntoEndpoint + use<> {
    let policy = policy(&document.ui);
    let page = bytes::Bytes::from(document.ui.clone());
    Route::new().at(
        "/",
        make_sync(move |_| {
            Response::builder()
                .content_type("text/html; charset=utf-8")
                .header(header::CONTENT_SECURITY_POLICY, &policy)
                .body(page.clone())
        }),
    )
}

fn fixed(content_type: &'static str, text: String) -> impl Endpoint {
    let text = bytes::Bytes::from(text);
    make_sync(move |_| Response::builder().content_type(content_type).body(text.clone()))
}

/// Scripts by hash; styles inline, as Swagger UI sets them on elements; requests only to ourselves.
fn policy(page: &str) -> String {
    let hashes: String = scripts(page)
        .map(|script| format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes()))))
        .collect();
    format!(
        "default-src 'none'; script-src{hashes}; style-src 'unsafe-inline'; img-src 'self' data:; \
         connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}

/// The contents of every inline script.
fn scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|part| {
        let body = &part[part.find('>')? + 1..];
        Some(&body[..body.find("</script>")?])
    })
}
