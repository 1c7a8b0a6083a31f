//! Says something more to a session; a finished one is queued again.

use async_trait::async_trait;
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionDecider};
use opensail_domain::kernel::{MessageId, SessionId};
use serde::{Deserialize, Serialize};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct AddMessage {
    pub session_id: SessionId,
    pub text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MessageAdded {
    pub message_id: MessageId,
}

#[async_trait]
impl Command for AddMessage {
    type Answer = MessageAdded;
    async fn decide(&self, change: &mut Change) -> Result<MessageAdded, CommandError> {
        let access = change.session_access(self.session_id, Permission::SteerSession).await?;
        let message_id = MessageId(change.next_id());
        let add = AgentSessionCommand::AddMessage { message_id, text: self.text.clone(), added_by: change.account()? };
        change.decide::<AgentSessionDecider>(self.session_id, Place::project(access.team_id, access.project_id), add).await?;
        Ok(MessageAdded { message_id })
    }
    fn shows(&self, _: &MessageAdded) -> Shown {
        Shown::Session(self.session_id)
    }
}
