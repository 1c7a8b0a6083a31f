//! The one person of a desktop: an account `<user>@localhost` with a team of its own, made at the first start.

use async_trait::async_trait;
use opensail_domain::account::EmailDecider;
use opensail_domain::kernel::{AccountId, TeamId};
use opensail_domain::team::{TeamCommand, TeamDecider};
use opensail_eventstore::VaultWrite;
use serde::{Deserialize, Serialize};

use super::register_account::NewAccount;
use crate::{Caller, Change, Command, CommandError, Commands, Place, Shown};

const KIND: &str = "desktop_owner";
const KEY: &str = "owner";
const TEAM: &str = "Personal";

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DesktopOwner {
    pub account_id: AccountId,
    pub team_id: TeamId,
}

struct MakeOwner {
    user: String,
}

#[async_trait]
impl Command for MakeOwner {
    type Answer = DesktopOwner;
    async fn decide(&self, change: &mut Change) -> Result<DesktopOwner, CommandError> {
        let email = format!("{}@localhost", self.user).to_lowercase();
        let stream = change.commands().email_stream(&email);
        let account_id = match change.look_at::<EmailDecider>(stream).await?.account_id {
            Some(account_id) => account_id,
            None => {
                let account_id = AccountId(change.next_id());
                let name = self.user.clone();
                NewAccount { account_id, email, name, password_hash: None, invitation: None, platform_admin: true, family: None }
                    .add_to(change)
                    .await?;
                account_id
            }
        };
        let team_id = TeamId(change.next_id());
        let create = TeamCommand::Create { team_id, name: TEAM.into(), created_by: account_id };
        change.decide::<TeamDecider>(team_id, Place::team(team_id), create).await?;
        let owner = DesktopOwner { account_id, team_id };
        let value = serde_json::to_vec(&owner).map_err(CommandError::broken)?;
        change.write_vault(VaultWrite::Put { kind: KIND.into(), key: KEY.into(), value, expires: None });
        Ok(owner)
    }
    fn shows(&self, _: &DesktopOwner) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    /// Makes the owner unless there is one; `user` is the system's name of the person.
    pub async fn ensure_desktop_owner(&self, user: &str) -> Result<DesktopOwner, CommandError> {
        if let Some(owner) = self.desktop_owner().await? {
            return Ok(owner);
        }
        // What an e-mail address cannot hold goes, so that every system name gives one.
        let kept: String = user.chars().filter(|c| c.is_alphanumeric() || "._-".contains(*c)).take(64).collect();
        let user = if kept.is_empty() { "owner".to_owned() } else { kept };
        Ok(self.execute(&Caller::system("setup"), &MakeOwner { user }).await?.answer)
    }

    pub async fn desktop_owner(&self) -> Result<Option<DesktopOwner>, CommandError> {
        let stored = self.vault().get(KIND, KEY).await?;
        stored.map(|row| serde_json::from_slice(&row).map_err(CommandError::broken)).transpose()
    }
}
