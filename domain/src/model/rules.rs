//! The rules of the model's setup.

use serde::{Deserialize, Serialize};

use super::event::*;
use crate::kernel::{AccountId, Rejection, RejectionKind, is_unseen};

pub const MAX_MODEL_CHARS: usize = 200;
pub const MAX_ADDRESS_CHARS: usize = 500;

/// What is wished of the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyWish {
    Given,
    /// The one from before, if it was for the same place.
    AsItWas,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ModelCommand {
    Choose { provider: Provider, name: String, base_url: Option<String>, key: KeyWish, by: AccountId },
    Clear { by: AccountId },
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Choice {
    pub provider: Provider,
    pub name: String,
    /// Absent: the provider's own.
    pub base_url: Option<String>,
    /// The vault holds one.
    pub has_key: bool,
}

impl Choice {
    /// Whether a request would go to the same place.
    fn is_at(&self, provider: Provider, base_url: Option<&str>) -> bool {
        self.provider == provider && self.base_url.as_deref() == base_url
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum ModelSetup {
    /// Nobody chose one, or the choice was taken back.
    #[default]
    Unset,
    Set(Choice),
}

impl ModelSetup {
    pub fn choice(&self) -> Option<&Choice> {
        match self {
            ModelSetup::Unset => None,
            ModelSetup::Set(choice) => Some(choice),
        }
    }

    /// What a wish comes to, and what becomes of the key; nothing is decided yet.
    pub fn resolve(
        &self,
        provider: Provider,
        name: &str,
        base_url: Option<&str>,
        key: KeyWish,
    ) -> Result<(Choice, KeyState), ModelRejection> {
        let name = checked_name(name)?;
        let base_url = base_url.map(str::trim).filter(|url| !url.is_empty()).map(checked_address).transpose()?;
        let kept = self.choice().is_some_and(|choice| choice.has_key && choice.is_at(provider, base_url.as_deref()));
        let key = match key {
            KeyWish::Given => KeyState::New,
            KeyWish::AsItWas if kept => KeyState::Kept,
            KeyWish::AsItWas if base_url.is_some() => KeyState::None,
            KeyWish::AsItWas => return Err(ModelRejection::KeyNeeded),
        };
        Ok((Choice { provider, name, base_url, has_key: key != KeyState::None }, key))
    }
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ModelRejection {
    #[error("the model's name must have 1 to {MAX_MODEL_CHARS} characters and no spaces or control characters")]
    BadName,
    #[error("the address must begin with https:// or http://, hold no user and have at most {MAX_ADDRESS_CHARS} characters")]
    BadAddress,
    #[error("the service's key is needed; a kept one is only used at the place it was given for")]
    KeyNeeded,
}

impl Rejection for ModelRejection {
    fn code(&self) -> &'static str {
        match self {
            ModelRejection::BadName => "bad_name",
            ModelRejection::BadAddress => "bad_address",
            ModelRejection::KeyNeeded => "key_needed",
        }
    }
    fn kind(&self) -> RejectionKind {
        let pointer = match self {
            ModelRejection::BadName => "/name",
            ModelRejection::BadAddress => "/base_url",
            ModelRejection::KeyNeeded => "/api_key",
        };
        RejectionKind::Invalid { pointer }
    }
}

pub(super) fn decide(state: &ModelSetup, command: ModelCommand) -> Result<Vec<ModelEvent>, ModelRejection> {
    match command {
        ModelCommand::Choose { provider, name, base_url, key, by } => {
            let (choice, key) = state.resolve(provider, &name, base_url.as_deref(), key)?;
            // A key that is given is a new one, whatever it was before: nobody compares secrets here.
            if key != KeyState::New && state.choice() == Some(&choice) {
                return Ok(vec![]);
            }
            let Choice { provider, name, base_url, .. } = choice;
            Ok(vec![Chosen { provider, name, base_url, key, chosen_by: by }.into()])
        }
        ModelCommand::Clear { by } => match state {
            ModelSetup::Unset => Ok(vec![]),
            ModelSetup::Set(_) => Ok(vec![Cleared { cleared_by: by }.into()]),
        },
    }
}

pub(super) fn evolve(state: &mut ModelSetup, event: &ModelEvent) {
    *state = match event {
        ModelEvent::Chosen(e) => ModelSetup::Set(Choice {
            provider: e.provider,
            name: e.name.clone(),
            base_url: e.base_url.clone(),
            has_key: e.key != KeyState::None,
        }),
        ModelEvent::Cleared(_) => ModelSetup::Unset,
    };
}

fn checked_name(name: &str) -> Result<String, ModelRejection> {
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > MAX_MODEL_CHARS || name.chars().any(|c| is_unseen(c) || c.is_whitespace()) {
        return Err(ModelRejection::BadName);
    }
    Ok(name.into())
}

fn checked_address(url: &str) -> Result<String, ModelRejection> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or(ModelRejection::BadAddress)?;
    let authority = host.split(['/', '?', '#']).next().unwrap_or_default();
    let odd = |c: char| is_unseen(c) || c.is_whitespace();
    if authority.is_empty() || authority.contains('@') || url.chars().count() > MAX_ADDRESS_CHARS || url.chars().any(odd) {
        return Err(ModelRejection::BadAddress);
    }
    Ok(url.trim_end_matches('/').into())
}
