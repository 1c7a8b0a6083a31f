//! The model the rest of the house sees: it sends a request to the provider that is set up, or to a script when the session names one.

use std::sync::Arc;

use async_trait::async_trait;
use opensail_commands::ports::model::{
    ChooseError, Model, ModelChoice, ModelError, ModelErrorKind as Kind, ModelRequest, ModelTurn, Price,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::anthropic::Anthropic;
use super::failure::{error, tidy};
use super::openai::OpenAi;
use super::price;
use super::scripted::{self, Scripted, script_of};
use super::settings::{ApiKey, ModelSettings, Provider};

/// Who serves the models that are no scripts.
pub(super) enum Service {
    OpenAi(OpenAi),
    Anthropic(Anthropic),
    /// Nobody: only scripts play.
    None,
}

pub(super) struct Dispatch {
    pub(super) service: Service,
    pub(super) scripted: Scripted,
    pub(super) default_model: String,
    /// The price set for the default model.
    pub(super) price: Option<Price>,
    pub(super) key: Option<ApiKey>,
    /// What it was made from.
    pub(super) settings: ModelSettings,
}

impl Dispatch {
    async fn answer(&self, request: &ModelRequest, deltas: &mpsc::Sender<String>) -> Result<ModelTurn, ModelError> {
        if let Some(script) = script_of(&request.model) {
            return self.scripted.answer(script, request, deltas).await;
        }
        match &self.service {
            Service::OpenAi(openai) => openai.answer(request, deltas).await,
            Service::Anthropic(anthropic) => anthropic.answer(request, deltas).await,
            Service::None => Err(error(
                Kind::NotConfigured,
                format!(
                    "no provider is set up for the model {:?}: set OPENSAIL_MODEL_PROVIDER, OPENSAIL_MODEL_API_KEY and OPENSAIL_MODEL, or use the model `{}`",
                    request.model,
                    scripted::NAME
                ),
            )),
        }
    }
}

#[async_trait]
impl Model for Dispatch {
    async fn turn(&self, request: ModelRequest, deltas: mpsc::Sender<String>, cancel: CancellationToken) -> Result<ModelTurn, ModelError> {
        // Dropping the answer closes its connection.
        let answer = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(error(Kind::Cancelled, "cancelled")),
            answer = self.answer(&request, &deltas) => answer,
        };
        answer.map_err(|e| tidy(e, self.key.as_ref()))
    }

    fn price(&self, model: &str) -> Option<Price> {
        if model == self.default_model && self.price.is_some() {
            return self.price;
        }
        // Another host has other prices, even for the same name.
        let listed = match &self.service {
            Service::OpenAi(openai) => openai.own_host(),
            Service::Anthropic(anthropic) => anthropic.own_host(),
            Service::None => false,
        };
        if listed { price::listed(model) } else { None }
    }

    fn default_model(&self) -> String {
        self.default_model.clone()
    }

    fn choosable(&self) -> bool {
        let ModelSettings { provider, base_url, api_key, model, script, .. } = &self.settings;
        provider.is_none() && base_url.is_none() && api_key.is_none() && model.is_none() && script.is_none()
    }

    fn choose(&self, choice: &ModelChoice) -> Result<Arc<dyn Model>, ChooseError> {
        if !self.choosable() {
            return Err(ChooseError::Fixed);
        }
        let chosen = ModelSettings {
            provider: Some(match choice.provider {
                opensail_domain::model::Provider::Openai => Provider::OpenAi,
                opensail_domain::model::Provider::Anthropic => Provider::Anthropic,
            }),
            base_url: choice.base_url.clone(),
            api_key: choice.key.as_deref().map(ApiKey::new).transpose().map_err(ChooseError::Bad)?,
            model: Some(choice.name.clone()),
            ..self.settings.clone()
        };
        super::build(chosen).map_err(ChooseError::Bad)
    }
}
