//! Answers a session's question. The same answer again is granted at the present position; another one is refused.

use async_trait::async_trait;
use opensail_domain::agent_session::event::Decision;
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionDecider, AgentSessionRejection};
use opensail_domain::kernel::{ApprovalId, Rejection, SessionId};

use crate::{Change, Command, CommandError, Permission, Place, Shown};

#[derive(Clone, Debug)]
pub struct AnswerApproval {
    pub session_id: SessionId,
    pub approval_id: ApprovalId,
    pub decision: Decision,
    pub reason: Option<String>,
}

#[async_trait]
impl Command for AnswerApproval {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let access = change.session_access(self.session_id, Permission::AnswerApproval).await?;
        let answer = AgentSessionCommand::AnswerApproval {
            approval_id: self.approval_id,
            decision: self.decision,
            reason: self.reason.clone(),
            answered_by: change.account()?,
        };
        let place = Place::project(access.team_id, access.project_id);
        match change.decide::<AgentSessionDecider>(self.session_id, place, answer).await {
            Err(CommandError::Rejected(info)) if info.code == AgentSessionRejection::UnknownApproval.code() => Err(CommandError::NotFound),
            outcome => outcome.map(|_| ()),
        }
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Session(self.session_id)
    }
}
