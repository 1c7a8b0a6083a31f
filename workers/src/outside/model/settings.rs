//! Which model, at whose door, with which key. Read from the environment by the composition root.

use std::path::PathBuf;
use std::str::FromStr;

use opensail_commands::ports::model::Price;
use reqwest::header::HeaderValue;

/// `OPENSAIL_MODEL_PROVIDER`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Provider {
    /// Chat completions as OpenAI serves them, and with it most other providers and local servers.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Recorded answers: the built-in tour or a trajectory file.
    Scripted,
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "openai" => Ok(Provider::OpenAi),
            "anthropic" => Ok(Provider::Anthropic),
            "scripted" => Ok(Provider::Scripted),
            other => Err(format!("OPENSAIL_MODEL_PROVIDER is {other:?}: set it to openai, anthropic or scripted")),
        }
    }
}

/// The provider's key. It has no `Debug` and no `Display`, so it cannot slip into a log.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Space around the key is dropped: it comes from the end of a file more often than from a provider.
    pub fn new(key: &str) -> Result<Self, String> {
        let key = key.trim();
        if key.is_empty() {
            return Err("OPENSAIL_MODEL_API_KEY is empty: set it to the provider's key or unset it".into());
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("OPENSAIL_MODEL_API_KEY holds characters that no key has: copy it again".into());
        }
        Ok(ApiKey(key.into()))
    }

    pub(super) fn header(&self, prefix: &str) -> HeaderValue {
        let mut value = HeaderValue::from_str(&format!("{prefix}{}", self.0)).expect("visible ASCII, checked in new");
        value.set_sensitive(true);
        value
    }

    pub(super) fn scrub(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

/// Everything `build` needs. All empty is allowed and means: the scripted tour.
#[derive(Clone, Default)]
pub struct ModelSettings {
    /// `OPENSAIL_MODEL_PROVIDER`.
    pub provider: Option<Provider>,
    /// `OPENSAIL_MODEL_BASE_URL`: up to and without `/chat/completions` or `/v1/messages`; with or without a slash at the end.
    pub base_url: Option<String>,
    /// `OPENSAIL_MODEL_API_KEY`. Not needed with a base URL of one's own, as local servers want none.
    pub api_key: Option<ApiKey>,
    /// `OPENSAIL_MODEL`: what a session uses that names no model.
    pub model: Option<String>,
    /// A trajectory to play in place of the tour.
    pub script: Option<PathBuf>,
    /// `OPENSAIL_MODEL_PRICE`, see `parse_price`: the price of `model`, in place of the one in the table.
    pub price: Option<Price>,
    /// Sessions may name a trajectory on this machine (`scripted:<absolute path>`). Only for the desktop: elsewhere a member could
    /// learn of the server's files.
    pub script_paths: bool,
}
