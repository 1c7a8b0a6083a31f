//! The token that an invitation is accepted with. It follows from the invitation's id and the installation's secret, so that an answer
//! that was lost on the way can be given again; the vault holds its hash alone, with what it lets in.

use opensail_domain::kernel::{InvitationId, TeamId};
use serde::{Deserialize, Serialize};

use crate::account::{derived_token, token_digest};
use crate::{CommandError, Commands};

/// Kind of the vault rows, by the token's hash.
pub(super) const KIND: &str = "invitation";

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(super) team_id: TeamId,
    pub(super) invitation_id: InvitationId,
    /// The stream that reserves the address it is for: the address is hidden, and equal addresses meet.
    pub(super) email_stream: Option<String>,
}

impl Commands {
    /// To be told to who made the invitation, and to nobody else.
    pub fn invitation_token(&self, invitation: InvitationId) -> String {
        derived_token(&self.keys().invitation, &[invitation.0.as_bytes()])
    }

    pub(super) fn invitation_key(&self, invitation: InvitationId) -> String {
        token_digest(&self.invitation_token(invitation))
    }

    /// What a token lets in; nothing when it was used, taken back, or has expired.
    pub(crate) async fn invitation_row(&self, token: &str) -> Result<Option<Row>, CommandError> {
        let stored = self.vault().get(KIND, &token_digest(token)).await?;
        stored.map(|bytes| serde_json::from_slice(&bytes).map_err(CommandError::broken)).transpose()
    }
}
