//! Asks a model one short question, under a choice that is not made yet or as it is set up. Nothing is written.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opensail_domain::agent_session::message::Message;
use opensail_domain::model::KeyWish;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{ChooseModel, kept_key, refused};
use crate::execute::Change;
use crate::ports::model::{Model, ModelChoice, ModelRequest};
use crate::{Caller, CommandError, Commands, RejectionInfo};

/// How long a model may take to answer a test.
pub const TEST_TIME: Duration = Duration::from_secs(30);
const QUESTION: &str = "This is a test of the connection. Answer with the one word: ready";
/// Models that think first need room for it.
const MAX_OUTPUT_TOKENS: u64 = 2048;

/// How a test went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelTest {
    pub model: String,
    /// What it answered, or a stable code and what went wrong.
    pub outcome: Result<String, (&'static str, String)>,
    pub took: Duration,
}

impl Commands {
    /// `wish`: none tests what is set up.
    pub async fn test_model(&self, caller: &Caller, wish: Option<&ChooseModel>) -> Result<ModelTest, CommandError> {
        Change::new(self.clone(), caller.clone(), false).platform_access().await?;
        let (model, name) = match wish {
            None => (self.model(), self.model().default_model()),
            Some(wish) => self.wished_model(wish).await?,
        };
        let request = ModelRequest {
            model: name.clone(),
            system: String::new(),
            messages: vec![Message::User { text: QUESTION.into() }],
            tools: Vec::new(),
            max_output_tokens: MAX_OUTPUT_TOKENS,
            attempt_index: 0,
        };
        let (began, stop) = (Instant::now(), CancellationToken::new());
        let (deltas, _) = mpsc::channel(1);
        let answer = tokio::time::timeout(TEST_TIME, model.turn(request, deltas, stop.clone())).await;
        stop.cancel();
        let outcome = match answer {
            Ok(Ok(turn)) => Ok(turn.text),
            Ok(Err(error)) => Err((error.kind.code(), error.detail)),
            Err(_) => Err(("timeout", format!("no answer within {} s", TEST_TIME.as_secs()))),
        };
        Ok(ModelTest { model: name, outcome, took: began.elapsed() })
    }

    async fn wished_model(&self, wish: &ChooseModel) -> Result<(Arc<dyn Model>, String), CommandError> {
        let given = wish.api_key.as_deref().map(kept_key::checked).transpose()?;
        let key = if given.is_some() { KeyWish::Given } else { KeyWish::AsItWas };
        let resolved = self.model_setup().await?.resolve(wish.provider, &wish.name, wish.base_url.as_deref(), key);
        let (choice, _) = resolved.map_err(|rejection| CommandError::Rejected(RejectionInfo::of(&rejection)))?;
        let key = match given {
            Some(key) => Some(key),
            None if choice.has_key => self.kept_model_key().await?,
            None => None,
        };
        let name = choice.name.clone();
        let model = ModelChoice { provider: choice.provider, name: choice.name, base_url: choice.base_url, key };
        Ok((self.own_model().choose(&model).map_err(refused)?, name))
    }
}
