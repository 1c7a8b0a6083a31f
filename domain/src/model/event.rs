//! The facts of the model's setup.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kernel::{AccountId, event::events};

events! {
    ModelEvent {
        Chosen = "model.chosen" v 1,
        Cleared = "model.cleared" v 1,
    }
}

/// Whose protocol the service speaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Chat completions, as OpenAI and most others serve them.
    Openai,
    /// Anthropic's messages.
    Anthropic,
}

impl Provider {
    pub const fn as_str(self) -> &'static str {
        match self {
            Provider::Openai => "openai",
            Provider::Anthropic => "anthropic",
        }
    }
}

/// What became of the service's key, which itself lies in the vault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// The service is asked without one.
    None,
    /// The one from before.
    Kept,
    New,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Chosen {
    pub provider: Provider,
    /// As the provider writes it.
    pub name: String,
    /// Absent: the provider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    pub key: KeyState,
    pub chosen_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Cleared {
    pub cleared_by: AccountId,
}
