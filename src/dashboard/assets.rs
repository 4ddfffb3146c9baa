//! Scripts, styles, words and pictures, in the binary and under an address that changes with their content.
//!
//! One version names the content of all of them, because modules and styles refer to each other by relative paths:
//! a page never mixes files of two versions, and what has been fetched once never needs asking for again.

use std::collections::HashMap;
use std::io::Write;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use poem::Response;
use poem::http::{HeaderMap, StatusCode, header};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use super::styles;

/// A debug build reads them from the source tree when the server starts; a release build carries them.
#[derive(RustEmbed)]
#[folder = "dashboard/"]
struct Files;

/// The folders that are served. Templates are not: they are rendered.
const SERVED: [&str; 5] = ["css/", "img/", "js/", "locales/", "vendor/"];
/// An address with a version never changes its content. One year is the longest that caches honour.
const CACHE: &str = "public, max-age=31536000, immutable";
/// Kinds that are sent compressed.
const TEXTS: [&str; 3] = ["text/", "application/json", "image/svg+xml"];
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
    /// The same, compressed: once, when it is first asked for. Pictures and typefaces are compressed already.
    gzip: Option<OnceLock<Bytes>>,
}

impl Asset {
    fn new(path: &str, content: Bytes, hash: &str) -> Self {
        let content_type = content_type(path);
        let gzip = TEXTS.iter().any(|kind| content_type.starts_with(kind)).then(OnceLock::new);
        Self { content, content_type, etag: format!("\"{}\"", &hash[..VERSION_DIGITS]), gzip }
    }

    /// The compressed form with a tag of its own: a tag names bytes.
    fn compressed(&self) -> Option<(Bytes, String)> {
        let bytes = self.gzip.as_ref()?.get_or_init(|| gzip(&self.content, Compression::best()));
        Some((bytes.clone(), format!("{}-gzip\"", self.etag.trim_end_matches('"'))))
    }
}

/// As small as it gets for what is sent often, quickly for what is sent once.
pub fn gzip(content: &[u8], level: Compression) -> Bytes {
    let mut gzip = GzEncoder::new(Vec::with_capacity(content.len() / 3), level);
    gzip.write_all(content).and_then(|()| gzip.finish()).expect("memory takes what is written").into()
}

/// Whether the reader's browser takes gzip (RFC 9110, 12.5.3).
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("");
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

impl Assets {
    /// Reads every file once.
    pub fn load() -> Self {
        let mut paths: Vec<String> = Files::iter().map(String::from).collect();
        paths.sort_unstable();
        let mut all = Sha256::new();
        let mut files = HashMap::new();
        let mut add = |path: String, content: Bytes| {
            let hash = hex(&Sha256::digest(&content));
            all.update(path.as_bytes());
            all.update(&hash);
            let asset = Asset::new(&path, content, &hash);
            files.insert(path, asset);
        };
        for path in paths.into_iter().filter(|path| SERVED.iter().any(|folder| path.starts_with(folder))) {
            let Some(file) = Files::get(&path) else { continue };
            let content = Bytes::from(file.data.into_owned());
            add(path, content);
        }
        add(styles::ALL.to_owned(), styles::all().into());
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
        let compressed = Some(headers).filter(|headers| takes_gzip(headers)).and_then(|_| asset.compressed());
        let plain = || (asset.content.clone(), asset.etag.clone());
        let encoded = compressed.is_some();
        let (content, etag) = compressed.unwrap_or_else(plain);
        let mut response =
            Response::builder().header(header::CACHE_CONTROL, CACHE).header(header::ETAG, &etag);
        if asset.gzip.is_some() {
            response = response.header(header::VARY, "Accept-Encoding");
        }
        let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
        if known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == etag)) {
            return Some(response.status(StatusCode::NOT_MODIFIED).finish());
        }
        if encoded {
            response = response.header(header::CONTENT_ENCODING, "gzip");
        }
        Some(response.content_type(&asset.content_type).body(content))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        let takes = |text: &str| {
            takes_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, text.parse().unwrap())]))
        };
        assert!(takes("gzip") && takes("br, GZip;q=0.5") && takes("deflate,gzip"));
        assert!(!takes("br") && !takes("gzip;q=0, br") && !takes("gzip; q=0.000") && !takes(""));
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
