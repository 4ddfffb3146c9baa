//! The client of workspace-server, generated from its OpenAPI document.
include!(concat!(env!("OUT_DIR"), "/client.rs"));

/// A client of the server at `url` (`http://host:8060`), with an access token or API token if there is one.
///
/// # Errors
/// When the token cannot stand in a header.
pub fn connect(url: &str, token: Option<&str>) -> std::result::Result<Client, Box<dyn std::error::Error>> {
    let mut headers = reqwest::header::HeaderMap::new();
    if let Some(token) = token {
        headers.insert(reqwest::header::AUTHORIZATION, format!("Bearer {token}").parse()?);
    }
    let http = reqwest::Client::builder().default_headers(headers).build()?;
    Ok(Client::new_with_client(&format!("{url}/api"), http))
}
