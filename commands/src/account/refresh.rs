//! Rotates a refresh token. The last one may come again for a short while and gets the same answer; an older one means that somebody else
//! has it, so the whole family ends.

use async_trait::async_trait;
use opensail_domain::account::{AccountCommand, AccountDecider};
use opensail_domain::kernel::AccountId;
use uuid::Uuid;

use super::family::{KIND, Presented, removal};
use super::{REPLAY_WINDOW, SignedIn, micros};
use crate::{Caller, Change, Command, CommandError, Commands, MAX_TRIES, Place, Shown};

struct RevokeFamily {
    account_id: AccountId,
    family: Uuid,
}

#[async_trait]
impl Command for RevokeFamily {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let account = self.account_id;
        change.become_person(account);
        change.decide::<AccountDecider>(account, Place::account(account), AccountCommand::ReportReuse { family: self.family }).await?;
        change.write_vault(removal(self.family));
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

const ENDED: CommandError = CommandError::Unauthenticated { code: "session_ended", message: "you are signed out; sign in again" };
const REUSED: CommandError = CommandError::Unauthenticated {
    code: "refresh_reused",
    message: "an old token was used again, so this sign-in was ended; sign in again",
};

impl Commands {
    /// The next refresh token of the family; writes no event unless the token was stolen.
    pub async fn refresh(&self, caller: &Caller, token: &str) -> Result<SignedIn, CommandError> {
        let presented = Presented::parse(token).ok_or(ENDED)?;
        for _ in 0..MAX_TRIES {
            let (family, stored) = self.family(presented.family).await?.ok_or(ENDED)?;
            if !family.gave(&presented) {
                return Err(ENDED);
            }
            let now = self.clock().now();
            if presented.generation == family.generation {
                if !self.session_valid(family.account_id, presented.family).await? {
                    return Err(ENDED);
                }
                let next = family.next(now);
                if self.vault().swap(KIND, &presented.family.to_string(), Some(&stored), &next.encode()?, Some(next.expires)).await? {
                    return Ok(next.signed_in(presented.family));
                }
                // Somebody rotated it meanwhile: what he got is the answer here too.
                continue;
            }
            if presented.generation + 1 == family.generation && now - family.rotated_at <= micros(REPLAY_WINDOW) {
                return Ok(family.signed_in(presented.family));
            }
            let revoke = RevokeFamily { account_id: family.account_id, family: presented.family };
            self.execute(&caller.clone().next_command(), &revoke).await?;
            return Err(REUSED);
        }
        Err(CommandError::Conflict)
    }
}
