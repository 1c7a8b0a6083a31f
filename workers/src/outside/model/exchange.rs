//! One request and its streamed answer: the HTTP side that all providers share, with every limit on it.

use std::time::Duration;

use chrono::Utc;
use opensail_commands::ports::model::{ModelError, ModelErrorKind as Kind, ModelTurn};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, Response, Url, redirect};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::failure::{self, error};
use super::sse::{SseEvent, SseParser};

/// Time to open a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time until the answer begins: local servers read a long prompt through before they say anything.
const FIRST_TIMEOUT: Duration = Duration::from_secs(300);
/// Longest silence within an answer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);
/// Wait for the usage behind a finished answer, in case the provider sends none and keeps the line open.
const TAIL_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest answer as a whole, whatever trickles.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1800);
/// Most bytes of one answer, wrapping included.
pub(super) const MAX_ANSWER_BYTES: usize = 16 << 20;
/// Most bytes read of an error's body.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// Waits, in one place so that tests can shorten them.
#[derive(Clone, Copy)]
pub(super) struct Waits {
    pub(super) first: Duration,
    pub(super) idle: Duration,
    pub(super) tail: Duration,
    pub(super) answer: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Waits { first: FIRST_TIMEOUT, idle: IDLE_TIMEOUT, tail: TAIL_TIMEOUT, answer: ANSWER_TIMEOUT }
    }
}

/// How far an answer has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    Open,
    /// Text and calls are whole; the usage may follow.
    Answered,
    /// Nothing follows.
    Ended,
}

/// Puts one provider's events together to an answer.
pub(super) trait Assembler: Send {
    /// Takes one event; hands out text to be shown at once.
    fn take(&mut self, event: &SseEvent) -> Result<Option<String>, ModelError>;
    fn progress(&self) -> Progress;
    /// Called once the progress is past `Open`.
    fn finish(self) -> Result<ModelTurn, ModelError>;
}

/// A provider's door.
pub(super) struct Door {
    pub(super) provider: &'static str,
    client: Client,
    pub(super) url: Url,
    pub(super) waits: Waits,
}

impl Door {
    /// `path` is put behind the path of `base`.
    pub(super) fn new(provider: &'static str, base: &str, path: &str, headers: HeaderMap) -> Result<Door, String> {
        let wrong = |why: &str| format!("OPENSAIL_MODEL_BASE_URL {why}, e.g. https://api.openai.com/v1");
        let base = Url::parse(base.trim()).map_err(|e| wrong(&format!("is no URL ({e}): write one")))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(wrong("must begin with https:// or http://"));
        }
        if !base.username().is_empty() || base.password().is_some() || base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("must hold no user, password, query or fragment"));
        }
        let mut url = base.clone();
        url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
        Ok(Door { provider, client: client(&url, headers)?, url, waits: Waits::default() })
    }

    /// Sends the body and reads the answer to its end.
    pub(super) async fn ask<A: Assembler>(
        &self,
        body: Vec<u8>,
        assembler: A,
        deltas: &mpsc::Sender<String>,
    ) -> Result<ModelTurn, ModelError> {
        match timeout(self.waits.answer, self.exchange(body, assembler, deltas)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.late("the answer did not end", self.waits.answer)),
        }
    }

    async fn exchange<A: Assembler>(&self, body: Vec<u8>, assembler: A, deltas: &mpsc::Sender<String>) -> Result<ModelTurn, ModelError> {
        let sent = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body).send();
        let response = match timeout(self.waits.first, sent).await {
            Ok(Ok(response)) => response,
            Ok(Err(e)) if e.is_timeout() && !e.is_connect() => return Err(error(Kind::Timeout, self.story(e))),
            Ok(Err(e)) => return Err(error(Kind::Unreachable, self.story(e))),
            Err(_) => return Err(self.late("no answer began", self.waits.first)),
        };
        if !response.status().is_success() {
            return Err(self.refused(response).await);
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
        if kind.starts_with("text/html") {
            return Err(error(Kind::BadAnswer, format!("{} answered with a web page: check OPENSAIL_MODEL_BASE_URL", self.provider)));
        }
        if kind.starts_with("application/json") {
            self.whole(response, assembler, deltas).await
        } else {
            self.stream(response, assembler, deltas).await
        }
    }

    /// The answer piece by piece.
    async fn stream<A: Assembler>(
        &self,
        mut response: Response,
        mut assembler: A,
        deltas: &mpsc::Sender<String>,
    ) -> Result<ModelTurn, ModelError> {
        let mut parser = SseParser::default();
        let mut read = 0;
        loop {
            match self.chunk(&mut response, assembler.progress(), &mut read).await {
                Ok(Some(bytes)) => {
                    for event in parser.push(&bytes).map_err(|_| self.not_utf8())? {
                        give(&mut assembler, &event, deltas).await?;
                        if assembler.progress() == Progress::Ended {
                            return assembler.finish();
                        }
                    }
                }
                Ok(None) => break,
                // The answer is whole; how the line behind it breaks does not matter.
                Err(_) if assembler.progress() == Progress::Answered => return assembler.finish(),
                Err(e) => return Err(e),
            }
        }
        // Some providers forget the last blank line; but the rest may as well be half an event, which is then no error of its own.
        if let Ok(Some(event)) = parser.finish() {
            match give(&mut assembler, &event, deltas).await {
                Err(e) if e.kind != Kind::BadAnswer => return Err(e),
                _ => {}
            }
        }
        if assembler.progress() == Progress::Open {
            return Err(error(Kind::CutStream, format!("{} ended the stream before the answer was whole", self.provider)));
        }
        assembler.finish()
    }

    /// The answer in one piece: some providers do not stream although they are asked to.
    async fn whole<A: Assembler>(
        &self,
        mut response: Response,
        mut assembler: A,
        deltas: &mpsc::Sender<String>,
    ) -> Result<ModelTurn, ModelError> {
        let (mut body, mut read) = (Vec::new(), 0);
        while let Some(bytes) = self.chunk(&mut response, Progress::Open, &mut read).await? {
            body.extend_from_slice(&bytes);
        }
        let data = String::from_utf8(body).map_err(|_| self.not_utf8())?;
        give(&mut assembler, &SseEvent { name: String::new(), data }, deltas).await?;
        if assembler.progress() == Progress::Open {
            return Err(error(Kind::BadAnswer, format!("{} answered with JSON that holds no whole answer", self.provider)));
        }
        assembler.finish()
    }

    async fn chunk(&self, response: &mut Response, progress: Progress, read: &mut usize) -> Result<Option<bytes::Bytes>, ModelError> {
        let wait = if progress == Progress::Open { self.waits.idle } else { self.waits.tail };
        let bytes = match timeout(wait, response.chunk()).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) => return Ok(None),
            Ok(Err(e)) => return Err(error(Kind::CutStream, self.story(e))),
            Err(_) => return Err(self.late("the answer stood still", wait)),
        };
        *read += bytes.len();
        if *read > MAX_ANSWER_BYTES {
            return Err(error(Kind::BadAnswer, format!("the answer of {} is longer than 16 MiB", self.provider)));
        }
        Ok(Some(bytes))
    }

    /// An answer whose status is no success. Redirects are never followed: the key is for this host alone.
    async fn refused(&self, mut response: Response) -> ModelError {
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            let to = response.headers().get(LOCATION).and_then(|v| v.to_str().ok()).unwrap_or("nowhere").to_owned();
            let detail =
                format!("{} answered {status} and points to {to}: if that is right, set OPENSAIL_MODEL_BASE_URL to it", self.provider);
            return error(Kind::BadRequest, detail);
        }
        let retry_after = failure::retry_after(response.headers(), Utc::now());
        let mut body = Vec::new();
        // The status says enough; a body that breaks off is read as far as it came.
        while body.len() < MAX_ERROR_BYTES {
            let Ok(Ok(Some(bytes))) = timeout(self.waits.tail, response.chunk()).await else { break };
            body.extend_from_slice(&bytes);
        }
        body.truncate(MAX_ERROR_BYTES);
        failure::of_status(self.provider, status, retry_after, &String::from_utf8_lossy(&body))
    }

    fn late(&self, what: &str, wait: Duration) -> ModelError {
        error(Kind::Timeout, format!("{}: {what} within {} s", self.provider, wait.as_secs()))
    }

    fn not_utf8(&self) -> ModelError {
        error(Kind::BadAnswer, format!("{} sent bytes that are not UTF-8", self.provider))
    }

    /// The causes, without the address.
    fn story(&self, e: reqwest::Error) -> String {
        let e = e.without_url();
        let mut text = format!("{}: {e}", self.provider);
        let mut cause = std::error::Error::source(&e);
        while let Some(e) = cause {
            text = format!("{text}: {e}");
            cause = e.source();
        }
        text
    }
}

async fn give<A: Assembler>(assembler: &mut A, event: &SseEvent, deltas: &mpsc::Sender<String>) -> Result<(), ModelError> {
    if let Some(text) = assembler.take(event)?
        && !text.is_empty()
    {
        // Nobody listening is no error.
        let _ = deltas.send(text).await;
    }
    Ok(())
}

fn client(url: &Url, headers: HeaderMap) -> Result<Client, String> {
    // Err: somebody in this process chose a provider before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(redirect::Policy::none())
        .default_headers(headers)
        .user_agent(concat!("opensail/", env!("CARGO_PKG_VERSION")));
    if is_loopback(url) {
        // A proxy of the environment knows another localhost than ours.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| {
        let cause = std::error::Error::source(&e).map(ToString::to_string).unwrap_or_default();
        format!("no HTTPS client could be made ({e}: {cause}); are the root certificates (ca-certificates) installed?")
    })
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|ip| ip.is_loopback())
}

/// A header with a fixed text.
pub(super) fn fixed(name: &'static str, value: &'static str) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_static(value))
}
