//! Invites somebody into a team. Whoever has the token may accept; with an e-mail address, only the account of that address.

use async_trait::async_trait;
use opensail_domain::account::normal_email;
use opensail_domain::kernel::{InvitationId, Micros, Private, TeamId};
use opensail_domain::team::{INVITATION_LIFETIME, InvitationCreated, Role, TeamCommand, TeamDecider};
use opensail_eventstore::VaultWrite;
use serde::{Deserialize, Serialize};

use super::invitation_token::{KIND, Row};
use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct CreateInvitation {
    pub team_id: TeamId,
    pub role: Role,
    pub email: Option<String>,
}

/// The token is not among it, since answers are kept: [`crate::Commands::invitation_token`] makes it of the id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Invited {
    pub invitation_id: InvitationId,
    pub expires_at: Micros,
}

#[async_trait]
impl Command for CreateInvitation {
    type Answer = Invited;
    async fn decide(&self, change: &mut Change) -> Result<Invited, CommandError> {
        change.team_access(self.team_id, Permission::ManageMembers).await?;
        let (invitation_id, now) = (InvitationId(change.next_id()), change.now());
        let expires_at = now + i64::try_from(INVITATION_LIFETIME.as_micros()).map_err(CommandError::broken)?;
        let email = self.email.as_deref().map(normal_email).transpose()?;
        let row =
            Row { team_id: self.team_id, invitation_id, email_stream: email.as_deref().map(|email| change.commands().email_stream(email)) };
        let invitation = InvitationCreated {
            invitation_id,
            role: self.role,
            email: email.map(|email| Private::open(format!("invitation-{invitation_id}"), email)),
            expires_at,
            invited_by: change.account()?,
        };
        let invite = TeamCommand::Invite { invitation, now };
        change.decide::<TeamDecider>(self.team_id, Place::team(self.team_id), invite).await?;
        change.write_vault(VaultWrite::Put {
            kind: KIND.into(),
            key: change.commands().invitation_key(invitation_id),
            value: serde_json::to_vec(&row).map_err(CommandError::broken)?,
            expires: Some(expires_at),
        });
        Ok(Invited { invitation_id, expires_at })
    }
    fn shows(&self, _: &Invited) -> Shown {
        Shown::Invitation(self.team_id)
    }
}
