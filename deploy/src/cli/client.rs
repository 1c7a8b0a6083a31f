//! HTTP to a server, with problem details turned into a sentence.

mod lacking;
mod problem;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use crate::cli::paint::on_one_line;
use lacking::lacks;
use problem::problem;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often an order is given that the server could not take up, or does not know whether it did; its key makes that harmless.
const TRIES: usize = 5;
/// Between two of them, unless the server says otherwise.
const PAUSE: Duration = Duration::from_secs(1);

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
    /// Asked again, and never told.
    #[error(
        "whether it was done is not known, since the server's database went away meanwhile; look whether it is there before you ask once more"
    )]
    Unknown,
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

/// Each part of the path is one in the address, too, whatever stands in a name that was typed.
fn address(base: &str, path: &str) -> Result<reqwest::Url, ClientError> {
    let parts = path.trim_start_matches('/').split('/');
    if parts.clone().any(|part| matches!(part, "." | "..")) {
        return Err(ClientError::LeadsElsewhere(on_one_line(path)));
    }
    let mut url = reqwest::Url::parse(base).map_err(|why| ClientError::Malformed(format!("{base}: {why}")))?;
    match url.path_segments_mut() {
        Ok(mut segments) => _ = segments.pop_if_empty().extend(parts),
        Err(()) => return Err(ClientError::Malformed(on_one_line(base))),
    }
    Ok(url)
}

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Without a trailing slash.
    pub base: String,
    token: String,
    /// What was said of answers that lack something; each is said once.
    told: Arc<Mutex<HashSet<String>>>,
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
        Ok(Client { http, base: base.into(), token: token.trim().into(), told: Arc::default() })
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
        let mut url = address(&self.base, path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let asks = method == Method::GET;
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if !asks {
            request = request.header("Idempotency-Key", Uuid::now_v7().to_string());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(cursor) = last_event {
            request = request.header("Last-Event-ID", cursor);
        }
        let response = self.answer(request, asks).await?;
        let lacking = response.headers().get("opensail-parked").and_then(|header| header.to_str().ok()).unwrap_or_default();
        for line in lacking.split(", ").filter(|member| !member.is_empty()).map(lacks) {
            if self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(line.clone()) {
                eprintln!("{line}");
            }
        }
        Ok(response)
    }

    /// One that is fine. An order is given again when it was not taken up, or nobody knows whether it was.
    async fn answer(&self, request: reqwest::RequestBuilder, asks: bool) -> Result<reqwest::Response, ClientError> {
        let mut unknown = false;
        for last in (0..TRIES).rev().map(|left| left == 0) {
            let again = request.try_clone().ok_or_else(|| ClientError::Malformed("a body that cannot be sent twice".into()))?;
            let response = again.send().await.map_err(|error| {
                let (base, reached) = (self.base.clone(), !error.is_connect());
                let why = cause(&error.without_url());
                if (reached || unknown) && !asks { ClientError::Lost { base, why } } else { ClientError::Unreachable { base, why } }
            })?;
            if response.status().is_success() {
                return Ok(response);
            }
            let wait = response.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
            let problem = problem(response).await;
            let code = if let ClientError::Problem { code, .. } = &problem { code.as_str() } else { "" };
            unknown |= code == "outcome_unknown";
            // What is unavailable may be so for long; only who has begun something waits for it.
            let waits = code == "overloaded" || unknown && ["outcome_unknown", "unavailable"].contains(&code);
            if asks || !waits {
                return Err(problem);
            }
            if last {
                return Err(if unknown { ClientError::Unknown } else { problem });
            }
            tokio::time::sleep(wait.map_or(PAUSE, Duration::from_secs)).await;
        }
        Err(ClientError::Unknown)
    }
}

/// The innermost reason, which is what helps.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
}

async fn json(response: reqwest::Response) -> Result<Value, ClientError> {
    response.json().await.map_err(|e| ClientError::Malformed(e.without_url().to_string()))
}
