//! The room of the model's setup: which service sessions use that name no model.
//!
//! The journal says what was chosen and the vault holds the key, sealed, written in the same append. Whatever begins afterwards uses it; a
//! turn under way ends as it began. The server's own settings go first: where they name a model nothing can be chosen.

mod choose_model;
mod clear_model;
mod kept_key;
mod test_model;

use opensail_domain::kernel::decider::fold;
use opensail_domain::kernel::{Decider, RejectionKind};
use opensail_domain::model::{ModelDecider, ModelEvent, ModelSetup};
use opensail_eventstore::{Position, StreamId};

pub use choose_model::ChooseModel;
pub use test_model::{ModelTest, TEST_TIME};

use crate::ports::model::{ChooseError, ModelChoice};
use crate::{CommandError, Commands};

/// There is one for the whole server: the stream `model-default`.
const ID: &str = "default";

impl Commands {
    /// What was chosen; asked of the journal.
    pub async fn model_setup(&self) -> Result<ModelSetup, CommandError> {
        Ok((*self.load::<ModelDecider>(ID, true).await?.state).clone())
    }

    /// What was chosen at a position.
    pub async fn model_setup_at(&self, position: Position) -> Result<ModelSetup, CommandError> {
        let events = self.read_events::<ModelEvent>(&StreamId::new(ModelDecider::TYPE, ID), Some(position)).await?;
        Ok(fold::<ModelDecider>(events.iter().map(|(_, event)| event)))
    }

    /// What a session uses that names no model, where this is chosen. The server's own settings, as they are now, go first.
    pub fn default_model_under(&self, setup: &ModelSetup) -> String {
        match setup {
            ModelSetup::Set(choice) if self.model_choosable() => choice.name.clone(),
            ModelSetup::Set(_) | ModelSetup::Unset => self.own_model().default_model(),
        }
    }

    /// False: the server's own settings name the model.
    pub fn model_choosable(&self) -> bool {
        self.own_model().choosable()
    }

    /// Takes over what was chosen: at the start, and after every change.
    pub async fn take_over_model(&self) -> Result<(), CommandError> {
        let _one_at_a_time = self.choosing().lock().await;
        let chosen = match self.model_setup().await? {
            ModelSetup::Set(choice) if self.model_choosable() => {
                let key = if choice.has_key { self.kept_model_key().await? } else { None };
                let choice = ModelChoice { provider: choice.provider, name: choice.name, base_url: choice.base_url, key };
                Some(self.own_model().choose(&choice).map_err(refused)?)
            }
            ModelSetup::Set(_) | ModelSetup::Unset => None,
        };
        self.use_model(chosen);
        Ok(())
    }
}

fn refused(error: ChooseError) -> CommandError {
    match error {
        ChooseError::Fixed => CommandError::rejected("model_fixed", RejectionKind::State, error.to_string()),
        ChooseError::Bad(why) => CommandError::invalid("/base_url", "bad_address", why),
    }
}
