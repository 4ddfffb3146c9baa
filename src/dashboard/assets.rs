//! Scripts, styles, words and pictures, in the binary and under an address that changes with their content.
//!
//! One version names the content of all of them, because modules and styles refer to each other by relative paths:
//! a page never mixes files of two versions, and what has been fetched once never needs asking for again.

use std::collections::HashMap;

use bytes::Bytes;
use poem::Response;
use poem::http::{HeaderMap, StatusCode, header};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

/// A debug build reads them from the source tree when the server starts; a release build carries them.
#[derive(RustEmbed)]
#[folder = "dashboard/"]
struct Files;

/// The folders that are served. Templates are not: they are rendered.
const SERVED: [&str; 5] = ["css/", "img/", "js/", "locales/", "vendor/"];
/// An address with a version never changes its content. One year is the longest that caches honour.
const CACHE: &str = "public, max-age=31536000, immutable";
/// Digits of the version: 64 bits, beyond any accidental repetition.
const VERSION_DIGITS: usize = 16;

/// All served files.
pub struct Assets {
    version: String,
    files: HashMap<String, Asset>,
}

struct Asset {
    content: Bytes,
    content_type: String,
    etag: String,
}

impl Assets {
    /// Reads every file once.
    pub fn load() -> Self {
        let mut paths: Vec<String> = Files::iter().map(String::from).collect();
        paths.sort_unstable();
        let mut all = Sha256::new();
        let mut files = HashMap::new();
        for path in paths.into_iter().filter(|path| SERVED.iter().any(|folder| path.starts_with(folder))) {
            let Some(file) = Files::get(&path) else { continue };
            let content = Bytes::from(file.data.into_owned());
            let hash = hex(&Sha256::digest(&content));
            all.update(path.as_bytes());
            all.update(&hash);
            let etag = format!("\"{}\"", &hash[..VERSION_DIGITS]);
            files.insert(path.clone(), Asset { content, content_type: content_type(&path), etag });
        }
        let mut version = hex(&all.finalize());
        version.truncate(VERSION_DIGITS);
        Self { version, files }
    }

    /// The part of the path that names the content: `/assets/<version>/...`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The file as a response; `None` for an unknown path or another version than this server's.
    pub fn get(&self, version: &str, path: &str, headers: &HeaderMap) -> Option<Response> {
        let asset = self.files.get(path).filter(|_| version == self.version)?;
        let response =
            Response::builder().header(header::CACHE_CONTROL, CACHE).header(header::ETAG, &asset.etag);
        let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
        if known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == asset.etag)) {
            return Some(response.status(StatusCode::NOT_MODIFIED).finish());
        }
        Some(response.content_type(&asset.content_type).body(asset.content.clone()))
    }
}

/// A file of `dashboard/` as text: a template or a language.
pub fn text(path: &str) -> Option<String> {
    String::from_utf8(Files::get(path)?.data.into_owned()).ok()
}

/// Paths of all files in a folder of `dashboard/`, with their names.
pub fn names(folder: &str) -> Vec<(String, String)> {
    Files::iter().filter_map(|path| Some((path.to_string(), path.strip_prefix(folder)?.to_owned()))).collect()
}

fn content_type(path: &str) -> String {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    if mime.type_() == mime_guess::mime::TEXT { format!("{mime}; charset=utf-8") } else { mime.to_string() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
