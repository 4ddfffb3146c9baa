//! The API document and Swagger UI.
//!
//! Swagger UI comes as one page with its scripts inside; instead of allowing any inline script, its policy names
//! these scripts by their hashes. The page is large: a browser keeps it and asks whether it is still the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poem::endpoint::make_sync;
use poem::http::{HeaderMap, StatusCode, header};
use poem::{Endpoint, IntoEndpoint, Request, Response, Route};
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
    let etag = format!("\"{}\"", STANDARD.encode(Sha256::digest(document.ui.as_bytes())));
    let page = bytes::Bytes::from(document.ui.clone());
    Route::new().at(
        "/",
        make_sync(move |request: Request| {
            let response = Response::builder()
                .header(header::CACHE_CONTROL, "no-cache")
                .header(header::ETAG, &etag)
                .header(header::CONTENT_SECURITY_POLICY, &policy);
            if knows(request.headers(), &etag) {
                return response.status(StatusCode::NOT_MODIFIED).finish();
            }
            response.content_type("text/html; charset=utf-8").body(page.clone())
        }),
    )
}

/// Whether the browser has the page of this `etag`, also when a proxy on the way made it a weak one.
fn knows(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or("");
    known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
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

/// The contents of every inline script: as for a browser, a script ends at its first end tag, and what looks like a
/// start tag inside is text.
fn scripts(page: &str) -> impl Iterator<Item = &str> {
    let mut rest = page;
    std::iter::from_fn(move || {
        let tag = &rest[rest.find("<script")?..];
        let (body, after) = tag[tag.find('>')? + 1..].split_once("</script>")?;
        rest = after;
        Some(body)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_tag_inside_a_script_is_text() {
        let page = r#"<script a="b">let x = "<script>"; /<script(?=)/</script>text<script>"<script><\/script>"</script>"#;
        let found: Vec<_> = scripts(page).collect();
        assert_eq!(found, [r#"let x = "<script>"; /<script(?=)/"#, r#""<script><\/script>""#]);
    }
}
