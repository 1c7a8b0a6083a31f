//! Takes an invitation back; harmless when it was used or has ended.

use async_trait::async_trait;
use opensail_domain::kernel::{InvitationId, TeamId};
use opensail_domain::team::{TeamCommand, TeamDecider};
use opensail_eventstore::VaultWrite;

use super::invitation_token::KIND;
use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct RevokeInvitation {
    pub team_id: TeamId,
    pub invitation_id: InvitationId,
}

#[async_trait]
impl Command for RevokeInvitation {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.team_access(self.team_id, Permission::ManageMembers).await?;
        let invitation_id = self.invitation_id;
        // An id of another team's changes nothing there: the rows of this team's own alone are taken away.
        if change.lean_on::<TeamDecider>(self.team_id).await?.invitation(invitation_id).is_some() {
            change.write_vault(VaultWrite::Delete { kind: KIND.into(), key: change.commands().invitation_key(invitation_id) });
        }
        change.decide::<TeamDecider>(self.team_id, Place::team(self.team_id), TeamCommand::RevokeInvitation { invitation_id }).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
