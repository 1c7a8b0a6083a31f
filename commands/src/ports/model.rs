//! A language model, whoever serves it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opensail_domain::agent_session::message::{Message, Tokens};
use opensail_domain::model::Provider;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A tool as the model is told of it.
#[derive(Clone, PartialEq, Debug)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// JSON Schema of the arguments.
    pub parameters: serde_json::Value,
}

#[derive(Clone, PartialEq, Debug)]
pub struct ModelRequest {
    /// Model name as the session asked for it, e.g. `claude-sonnet-4.6`; for `scripted`, `scripted` or the path of a trajectory.
    pub model: String,
    pub system: String,
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    pub max_output_tokens: u64,
    /// How many attempts of this session were answered or failed before, counted from its events: the line a script goes on at.
    pub attempt_index: u64,
}

/// A tool call as the model wrote it; ids are given by the worker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedCall {
    pub tool: String,
    pub arguments: String,
}

#[derive(Clone, PartialEq, Debug)]
pub struct ModelTurn {
    pub text: String,
    pub calls: Vec<WantedCall>,
    /// Model as the provider named it.
    pub model: String,
    pub tokens: Tokens,
    /// The answer was cut at the output limit.
    pub truncated: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModelErrorKind {
    RateLimited,
    Overloaded,
    Timeout,
    /// The stream ended before the answer did.
    CutStream,
    EmptyAnswer,
    /// What came back is not the provider's protocol.
    BadAnswer,
    Unreachable,
    Unauthorized,
    /// The provider refuses the request itself (context too long, unknown model, spent credit).
    BadRequest,
    /// No model is set up.
    NotConfigured,
    /// The script has no further line.
    ScriptEnded,
    Cancelled,
}

impl ModelErrorKind {
    /// Stable code in events.
    pub const fn code(self) -> &'static str {
        match self {
            ModelErrorKind::RateLimited => "rate_limited",
            ModelErrorKind::Overloaded => "overloaded",
            ModelErrorKind::Timeout => "timeout",
            ModelErrorKind::CutStream => "cut_stream",
            ModelErrorKind::EmptyAnswer => "empty_answer",
            ModelErrorKind::BadAnswer => "bad_answer",
            ModelErrorKind::Unreachable => "unreachable",
            ModelErrorKind::Unauthorized => "unauthorized",
            ModelErrorKind::BadRequest => "bad_request",
            ModelErrorKind::NotConfigured => "not_configured",
            ModelErrorKind::ScriptEnded => "script_ended",
            ModelErrorKind::Cancelled => "cancelled",
        }
    }
    /// Whether trying again can help.
    pub const fn retryable(self) -> bool {
        match self {
            ModelErrorKind::RateLimited
            | ModelErrorKind::Overloaded
            | ModelErrorKind::Timeout
            | ModelErrorKind::CutStream
            | ModelErrorKind::EmptyAnswer
            | ModelErrorKind::BadAnswer
            | ModelErrorKind::Unreachable => true,
            ModelErrorKind::Unauthorized
            | ModelErrorKind::BadRequest
            | ModelErrorKind::NotConfigured
            | ModelErrorKind::ScriptEnded
            | ModelErrorKind::Cancelled => false,
        }
    }
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("{detail}")]
pub struct ModelError {
    pub kind: ModelErrorKind,
    /// For people; never holds the key.
    pub detail: String,
    /// As the provider asked with `Retry-After`.
    pub retry_after: Option<Duration>,
}

/// Price in millionths of a US dollar per million tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Price {
    pub input: u64,
    pub output: u64,
    pub cached: u64,
}

impl Price {
    /// Rounded up, so that a limit is never passed by rounding.
    pub fn of(&self, tokens: Tokens) -> u64 {
        let fresh = u128::from(tokens.input.saturating_sub(tokens.cached));
        let sum = fresh * u128::from(self.input)
            + u128::from(tokens.cached) * u128::from(self.cached)
            + u128::from(tokens.output) * u128::from(self.output);
        u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// A model service as somebody chose it. No Debug: it holds the key.
#[derive(Clone, PartialEq, Eq)]
pub struct ModelChoice {
    pub provider: Provider,
    pub name: String,
    /// `None`: the provider's own.
    pub base_url: Option<String>,
    pub key: Option<String>,
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum ChooseError {
    #[error("the server's own settings name the model; change it there (OPENSAIL_MODEL and what belongs to it)")]
    Fixed,
    /// For people; never holds the key.
    #[error("{0}")]
    Bad(String),
}

#[async_trait]
pub trait Model: Send + Sync + 'static {
    /// One answer; text pieces go to `deltas` as they come (a receiver that is gone is no error).
    async fn turn(&self, request: ModelRequest, deltas: mpsc::Sender<String>, cancel: CancellationToken) -> Result<ModelTurn, ModelError>;
    /// `None`: no price is known, so no money limit can be held.
    fn price(&self, model: &str) -> Option<Price>;
    /// Name used when a session names none.
    fn default_model(&self) -> String;
    /// False: the server's own settings name the model, and they go first.
    fn choosable(&self) -> bool {
        false
    }
    /// The same under somebody's choice; nobody is asked yet.
    fn choose(&self, _: &ModelChoice) -> Result<Arc<dyn Model>, ChooseError> {
        Err(ChooseError::Fixed)
    }
}
