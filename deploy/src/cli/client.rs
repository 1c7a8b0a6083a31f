//! HTTP to a server, with problem details turned into a sentence.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::cli::paint::{on_one_line, printable};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("{title}{}{}", if detail.is_empty() { "" } else { ": " }, detail)]
    Problem {
        status: u16,
        code: String,
        title: String,
        detail: String,
        /// Files that changed on both sides, as the server tells them.
        conflicts: Vec<Value>,
    },
    #[error("the server at {base} does not answer: {why}")]
    Unreachable { base: String, why: String },
    /// After it was asked for something to be done.
    #[error(
        "the server at {base} went away before it answered: {why}; whether it was done is not known, and what had begun is ended when it runs again"
    )]
    Lost { base: String, why: String },
    #[error("{base} is no address of a server: {why}")]
    BadAddress { base: String, why: String },
    #[error("a name that was given leads elsewhere: {0}")]
    LeadsElsewhere(String),
    #[error("the server's answer cannot be read: {0}")]
    Malformed(String),
}

impl ClientError {
    pub fn is_status(&self, wanted: u16) -> bool {
        matches!(self, ClientError::Problem { status, .. } if *status == wanted)
    }
}

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Without a trailing slash.
    pub base: String,
    token: String,
}

pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, ClientError>> + Send>>;

impl Client {
    pub fn new(base: &str, token: &str) -> Result<Client, ClientError> {
        let base = base.trim_end_matches('/');
        if let Err(why) = reqwest::Url::parse(base) {
            return Err(ClientError::BadAddress { base: on_one_line(base), why: why.to_string() });
        }
        // Another part of the program may have installed it; then that one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| ClientError::Malformed(e.to_string()))?;
        Ok(Client { http, base: base.into(), token: token.trim().into() })
    }

    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Value, ClientError> {
        json(self.send(Method::GET, path, query, None, None).await?).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        json(self.send(Method::POST, path, &[], Some(body), None).await?).await
    }

    /// Posts nothing, and expects no body.
    pub async fn send_empty(&self, path: &str) -> Result<(), ClientError> {
        self.send(Method::POST, path, &[], None, None).await.map(drop)
    }

    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, ClientError> {
        json(self.send(Method::PUT, path, &[], Some(body), None).await?).await
    }

    /// The answer's body as it comes.
    pub async fn bytes(&self, path: &str, query: &[(&str, String)]) -> Result<ByteStream, ClientError> {
        let response = self.send(Method::GET, path, query, None, None).await?;
        Ok(self.body(response))
    }

    /// An event stream after a cursor; `None` when there is nothing more to come.
    pub async fn events(&self, path: &str, after: Option<&str>) -> Result<Option<ByteStream>, ClientError> {
        let response = self.send(Method::GET, path, &[], None, after).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        Ok(Some(self.body(response)))
    }

    fn body(&self, response: reqwest::Response) -> ByteStream {
        let base = self.base.clone();
        Box::pin(
            response
                .bytes_stream()
                .map(move |piece| piece.map_err(|e| ClientError::Unreachable { base: base.clone(), why: e.without_url().to_string() })),
        )
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Value>,
        last_event: Option<&str>,
    ) -> Result<reqwest::Response, ClientError> {
        if path.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(ClientError::LeadsElsewhere(on_one_line(path)));
        }
        let mut url =
            reqwest::Url::parse(&format!("{}{path}", self.base)).map_err(|e| ClientError::Malformed(format!("{}: {e}", self.base)))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let asks = method == Method::GET;
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(cursor) = last_event {
            request = request.header("Last-Event-ID", cursor);
        }
        let response = request.send().await.map_err(|error| {
            let (base, reached) = (self.base.clone(), !error.is_connect());
            let why = cause(&error.without_url());
            if reached && !asks { ClientError::Lost { base, why } } else { ClientError::Unreachable { base, why } }
        })?;
        if response.status().is_success() { Ok(response) } else { Err(problem(response).await) }
    }
}

/// The innermost reason, which is what helps.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
}

async fn json(response: reqwest::Response) -> Result<Value, ClientError> {
    response.json().await.map_err(|e| ClientError::Malformed(e.without_url().to_string()))
}

/// As a query parameter is written on the command line.
fn flag(parameter: &str) -> String {
    format!("--{}", on_one_line(parameter).replace('_', "-"))
}

async fn problem(response: reqwest::Response) -> ClientError {
    let status = response.status();
    let query = response.url().query().map(|query| format!("?{query}")).unwrap_or_default();
    let asked = format!("{}{query}", response.url().path().trim_start_matches("/api/v1/"));
    let body: Value = response.json().await.unwrap_or_default();
    let text = |name: &str| printable(body[name].as_str().unwrap_or_default());
    let mut detail = text("detail");
    if status == StatusCode::NOT_FOUND {
        detail.push_str(&format!(" ({})", on_one_line(&asked)));
    }
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    // A single one is what the detail says already; which argument it means is not.
    match errors {
        [error] if error["detail"] == body["detail"] => {
            if let Some(parameter) = error["parameter"].as_str() {
                detail = format!("{}: {detail}", flag(parameter));
            }
        }
        errors => {
            for error in errors {
                let place = error["parameter"].as_str().map_or_else(|| on_one_line(error["pointer"].as_str().unwrap_or_default()), flag);
                let why = printable(error["detail"].as_str().unwrap_or_default());
                detail.push_str(&format!("\n  {place}: {why}"));
            }
        }
    }
    let title = if text("title").is_empty() { status.to_string() } else { text("title") };
    let detail = if detail == title { String::new() } else { detail };
    let conflicts = body["conflicts"].as_array().cloned().unwrap_or_default();
    ClientError::Problem { status: status.as_u16(), code: text("code"), title, detail, conflicts }
}
