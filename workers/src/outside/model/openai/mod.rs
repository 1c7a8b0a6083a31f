//! Chat completions as OpenAI defined them and many others serve them, each with its own small deviations; what can be understood
//! is taken.

mod answer;
mod request;

use std::sync::atomic::{AtomicBool, Ordering};

use opensail_commands::ports::model::{ModelError, ModelErrorKind, ModelRequest, ModelTurn};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use tokio::sync::mpsc;

use self::answer::Answering;
use self::request::{Dialect, body};
use super::exchange::Door;
use super::settings::ApiKey;

/// OpenAI's own.
pub(super) const BASE_URL: &str = "https://api.openai.com/v1";
const OWN_HOST: &str = "api.openai.com";

pub(super) struct OpenAi {
    pub(super) door: Door,
    /// The provider refused `stream_options` once; it is not asked again.
    no_usage: AtomicBool,
}

impl OpenAi {
    pub(super) fn new(base_url: &str, key: Option<&ApiKey>) -> Result<Self, String> {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            headers.insert(AUTHORIZATION, key.header("Bearer "));
        }
        Ok(OpenAi { door: Door::new("openai", base_url, "chat/completions", headers)?, no_usage: AtomicBool::new(false) })
    }

    /// Whether the listed prices hold.
    pub(super) fn own_host(&self) -> bool {
        self.door.url.host_str() == Some(OWN_HOST)
    }

    pub(super) async fn answer(&self, request: &ModelRequest, deltas: &mpsc::Sender<String>) -> Result<ModelTurn, ModelError> {
        if !self.no_usage.load(Ordering::Relaxed) {
            match self.ask(request, deltas, true).await {
                Err(e) if e.kind == ModelErrorKind::BadRequest && e.detail.contains("stream_options") => {
                    self.no_usage.store(true, Ordering::Relaxed)
                }
                answer => return answer,
            }
        }
        self.ask(request, deltas, false).await
    }

    async fn ask(&self, request: &ModelRequest, deltas: &mpsc::Sender<String>, usage: bool) -> Result<ModelTurn, ModelError> {
        let body = body(request, Dialect { own: self.own_host(), usage });
        let answering = Answering::new(&request.model, body.len());
        self.door.ask(body, answering, deltas).await
    }
}
