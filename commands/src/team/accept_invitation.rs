//! Somebody who has an account accepts an invitation. Who has none accepts it by registering with it.

use async_trait::async_trait;
use opensail_domain::account::EmailDecider;
use opensail_domain::kernel::{AccountId, TeamId};
use opensail_domain::team::{Role, TeamCommand, TeamDecider};
use opensail_eventstore::VaultWrite;
use serde::{Deserialize, Serialize};

use super::invitation_token::{KIND, Row};
use crate::account::{ADDRESS_LIMIT, token_digest};
use crate::{Caller, Change, Command, CommandError, Commands, Done, Place, Shown};

struct AcceptInvitation {
    token: String,
}

/// What the caller is a member of now, and as what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Joined {
    pub team_id: TeamId,
    pub role: Role,
}

#[async_trait]
impl Command for AcceptInvitation {
    type Answer = Joined;
    async fn decide(&self, change: &mut Change) -> Result<Joined, CommandError> {
        let account_id = change.account()?;
        change.accept_invitation(&self.token, account_id, "/token").await
    }
    fn shows(&self, joined: &Joined) -> Shown {
        Shown::Team(joined.team_id)
    }
}

impl Change {
    /// The account must have been decided of before, if it is new. What is wrong with the token is not told apart.
    pub(crate) async fn accept_invitation(
        &mut self,
        token: &str,
        account_id: AccountId,
        pointer: &'static str,
    ) -> Result<Joined, CommandError> {
        let Some(row) = self.commands().invitation_row(token).await? else { return Err(bad_invitation(pointer)) };
        let Row { team_id, invitation_id, email_stream } = row;
        if let Some(stream) = email_stream
            && self.look_at::<EmailDecider>(stream).await?.account_id != Some(account_id)
        {
            return Err(bad_invitation(pointer));
        }
        let accept = TeamCommand::AcceptInvitation { invitation_id, account_id, now: self.now() };
        let outcome = self.decide::<TeamDecider>(team_id, Place::team(team_id), accept).await;
        let team = outcome.map_err(|error| match error {
            CommandError::Rejected(info) if info.code != "member_exists" => bad_invitation(pointer),
            error => error,
        })?;
        let role = team.role(account_id).ok_or_else(|| CommandError::broken("who joined a team is no member of it"))?;
        self.write_vault(VaultWrite::Delete { kind: KIND.into(), key: token_digest(token) });
        Ok(Joined { team_id, role })
    }
}

impl Commands {
    /// Tries are counted by address, so that tokens cannot be guessed at leisure.
    pub async fn accept_invitation(&self, caller: &Caller, token: &str) -> Result<Done<Joined>, CommandError> {
        let address = self.address_counter("invitation", caller.client_address.as_deref(), ADDRESS_LIMIT);
        if let Some(address) = &address {
            self.count_attempt(address).await?;
        }
        let done = self.execute(caller, &AcceptInvitation { token: token.to_owned() }).await?;
        if let Some(address) = &address {
            self.take_attempt_back(address).await?;
        }
        Ok(done)
    }
}

pub(crate) fn bad_invitation(pointer: &'static str) -> CommandError {
    let message = "this invitation was used or withdrawn, has expired, or is for another e-mail address; ask for a new one";
    CommandError::invalid(pointer, "bad_invitation", message)
}
