//! Chooses the model of sessions that name none.

use async_trait::async_trait;
use opensail_domain::model::{KeyWish, ModelCommand, ModelDecider, Provider};

use super::{ID, kept_key, refused};
use crate::ports::model::{ChooseError, ModelChoice};
use crate::{Caller, Change, Command, CommandError, Commands, Done, Place, Shown};

/// No Debug: it holds the key.
#[derive(Clone)]
pub struct ChooseModel {
    pub provider: Provider,
    pub name: String,
    pub base_url: Option<String>,
    /// `None`: the one from before, if it was for the same place.
    pub api_key: Option<String>,
}

#[async_trait]
impl Command for ChooseModel {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let by = change.platform_access().await?;
        let commands = change.commands().clone();
        if !commands.model_choosable() {
            return Err(refused(ChooseError::Fixed));
        }
        let key = self.api_key.as_deref().map(kept_key::checked).transpose()?;
        let wish = if key.is_some() { KeyWish::Given } else { KeyWish::AsItWas };
        let choose =
            ModelCommand::Choose { provider: self.provider, name: self.name.clone(), base_url: self.base_url.clone(), key: wish, by };
        let setup = change.decide::<ModelDecider>(ID, Place::account(by), choose).await?;
        let Some(choice) = setup.choice().cloned() else { return Err(CommandError::broken("a choice that is none")) };
        let used = match &key {
            Some(key) => Some(key.clone()),
            None if choice.has_key => commands.kept_model_key().await?,
            None => None,
        };
        // What the service's client refuses is refused before anything is written.
        let tried = ModelChoice { provider: choice.provider, name: choice.name, base_url: choice.base_url, key: used };
        commands.own_model().choose(&tried).map_err(refused)?;
        if let Some(key) = key {
            change.write_vault(commands.model_key_row(&key).await?);
        } else if !choice.has_key {
            change.write_vault(kept_key::removal());
        }
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    pub async fn choose_model(&self, caller: &Caller, wish: &ChooseModel) -> Result<Done<()>, CommandError> {
        let done = self.execute(caller, wish).await?;
        self.take_over_model().await?;
        Ok(done)
    }
}
