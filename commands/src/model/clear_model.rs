//! Takes the choice of a model back: the server's settings count again, and the key is gone.

use async_trait::async_trait;
use opensail_domain::model::{ModelCommand, ModelDecider};

use super::{ID, kept_key};
use crate::{Caller, Change, Command, CommandError, Commands, Done, Place, Shown};

struct ClearModel;

#[async_trait]
impl Command for ClearModel {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let by = change.platform_access().await?;
        change.decide::<ModelDecider>(ID, Place::account(by), ModelCommand::Clear { by }).await?;
        change.write_vault(kept_key::removal());
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    pub async fn clear_model(&self, caller: &Caller) -> Result<Done<()>, CommandError> {
        let done = self.execute(caller, &ClearModel).await?;
        self.take_over_model().await?;
        Ok(done)
    }
}
