//! Somebody who uses the API.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde_json::Value;

use super::TestApp;

/// An account (or nobody) with an HTTP client.
#[derive(Clone)]
pub struct Actor {
    base: String,
    client: Client,
    /// Id of the account; empty for nobody.
    pub id: String,
    /// Access token; empty for nobody.
    pub token: String,
    /// What the login answered; null for nobody.
    pub login: Value,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// The body as JSON; null when it is none.
    pub json: Value,
}

impl Answer {
    /// The JSON body, if the status is `status`; otherwise the test fails and shows the answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "answered {} {}", self.status, self.text);
        self.json
    }

    /// Asserts a problem document with this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.json["code"].as_str()), (status, Some(code)), "answered {}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        self.json
    }

    /// A header, or the empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}

impl Actor {
    pub(super) fn new(app: &TestApp, login: Option<Value>) -> Self {
        let login = login.unwrap_or(Value::Null);
        let text = |v: &Value| v.as_str().unwrap_or("").to_owned();
        Self {
            base: format!("http://{}", app.address),
            client: Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            id: text(&login["user"]["id"]),
            token: text(&login["access_token"]),
            login,
        }
    }

    /// This actor with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// A request to build upon: method, path, and this actor's token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        self.execute(request.build().unwrap()).await
    }

    /// As [`Actor::send`], for a request whose headers a test has replaced.
    pub async fn execute(&self, request: reqwest::Request) -> Answer {
        let response = self.client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, text, json }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }
}
