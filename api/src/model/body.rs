use opensail_commands::CommandError;
use opensail_commands::journal::Position;
use opensail_commands::model::ChooseModel;
use opensail_domain::kernel::AccountId;
use opensail_domain::model::{ModelSetup, Provider};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::router::Api;

/// Whose protocol the service speaks: `openai` is chat completions, as most services and local servers offer them.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ModelProvider {
    Openai,
    Anthropic,
}

/// What a session uses that names no model.
#[derive(Serialize, ToSchema)]
pub(crate) struct DefaultModel {
    name: String,
    /// False: nobody set a model up, and `name` plays recorded answers.
    configured: bool,
    /// Whether what it costs is counted, so that a limit in money can be set.
    priced: bool,
    /// The caller may choose another one: an administrator, where the server's own settings name none.
    choosable: bool,
    /// The server's own settings name it; they go before what was chosen.
    fixed: bool,
    /// What was chosen, told to administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen: Option<ChosenModel>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ChosenModel {
    provider: ModelProvider,
    name: String,
    /// Null: the provider's own.
    base_url: Option<String>,
    /// A key is kept; it is never told.
    has_key: bool,
}

/// A service and its model.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ModelWish {
    provider: ModelProvider,
    /// As the provider writes it.
    name: String,
    /// Up to and without `/chat/completions` or `/v1/messages`; absent: the provider's own.
    #[serde(default)]
    base_url: Option<String>,
    /// Absent: the one that is kept, if it was given for the same provider and address.
    #[serde(default)]
    api_key: Option<String>,
}

impl From<ModelWish> for ChooseModel {
    fn from(wish: ModelWish) -> Self {
        let provider = match wish.provider {
            ModelProvider::Openai => Provider::Openai,
            ModelProvider::Anthropic => Provider::Anthropic,
        };
        ChooseModel { provider, name: wish.name, base_url: wish.base_url, api_key: wish.api_key }
    }
}

impl Api {
    /// `then`: under what was chosen at that position. The server's settings and the account's rights are today's.
    pub(super) async fn default_model(&self, account: AccountId, then: Option<Position>) -> Result<DefaultModel, CommandError> {
        let commands = self.commands();
        let model = commands.model();
        let (admin, fixed) = (commands.platform_admin(account).await?, !commands.model_choosable());
        let setup = match then {
            Some(then) => commands.model_setup_at(then).await?,
            None if admin => commands.model_setup().await?,
            None => ModelSetup::Unset,
        };
        let name = match then {
            Some(_) => commands.default_model_under(&setup),
            None => model.default_model(),
        };
        let scripted = name == "scripted" || name.starts_with("scripted:");
        let chosen = setup.choice().filter(|_| admin).cloned().map(|choice| ChosenModel {
            provider: match choice.provider {
                Provider::Openai => ModelProvider::Openai,
                Provider::Anthropic => ModelProvider::Anthropic,
            },
            name: choice.name,
            base_url: choice.base_url,
            has_key: choice.has_key,
        });
        Ok(DefaultModel { configured: !scripted, priced: model.price(&name).is_some(), name, choosable: admin && !fixed, fixed, chosen })
    }
}
