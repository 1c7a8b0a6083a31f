//! Anthropic's messages API.

mod answer;
mod request;

use opensail_commands::ports::model::{ModelError, ModelRequest, ModelTurn};
use reqwest::header::HeaderMap;
use tokio::sync::mpsc;

use self::answer::Answering;
use super::exchange::{Door, fixed};
use super::settings::ApiKey;

pub(super) const BASE_URL: &str = "https://api.anthropic.com";
const OWN_HOST: &str = "api.anthropic.com";
/// The API's version, <https://platform.claude.com/docs/en/api/versioning>.
const VERSION: &str = "2023-06-01";

pub(super) struct Anthropic {
    pub(super) door: Door,
}

impl Anthropic {
    /// The base URL may end in `/v1`, as that of other providers does.
    pub(super) fn new(base_url: &str, key: Option<&ApiKey>) -> Result<Self, String> {
        let mut headers = HeaderMap::from_iter([fixed("anthropic-version", VERSION)]);
        if let Some(key) = key {
            headers.insert("x-api-key", key.header(""));
        }
        let base_url = base_url.trim().trim_end_matches('/');
        let base_url = base_url.strip_suffix("/v1").unwrap_or(base_url);
        Ok(Anthropic { door: Door::new("anthropic", base_url, "v1/messages", headers)? })
    }

    /// Whether the listed prices hold.
    pub(super) fn own_host(&self) -> bool {
        self.door.url.host_str() == Some(OWN_HOST)
    }

    pub(super) async fn answer(&self, request: &ModelRequest, deltas: &mpsc::Sender<String>) -> Result<ModelTurn, ModelError> {
        // People write claude-sonnet-4.6; the API's own names have no dots.
        let model = if self.own_host() { request.model.replace('.', "-") } else { request.model.clone() };
        let body = request::body(request, &model).to_string().into_bytes();
        self.door.ask(body, Answering::new(model), deltas).await
    }
}
