//! Gives a task to an agent in a project.

use async_trait::async_trait;
use opensail_domain::agent_session::event::{Budget, EditMode, Requested};
use opensail_domain::agent_session::{AgentSessionCommand, AgentSessionDecider};
use opensail_domain::kernel::{Private, ProjectId, SessionId};
use opensail_domain::project::{ProjectDecider, ProjectRejection};
use serde::{Deserialize, Serialize};

use crate::{Change, Command, CommandError, Permission, Place, RejectionInfo, Shown};

/// Longest title, in characters.
pub(super) const MAX_TITLE_CHARS: usize = 80;

#[derive(Clone, Debug)]
pub struct StartSession {
    pub project_id: ProjectId,
    pub task: String,
    /// `None`: the model that is set up.
    pub model: Option<String>,
    pub edit_mode: EditMode,
    pub budget: Budget,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SessionStarted {
    pub session_id: SessionId,
}

#[async_trait]
impl Command for StartSession {
    type Answer = SessionStarted;
    async fn decide(&self, change: &mut Change) -> Result<SessionStarted, CommandError> {
        let project_id = self.project_id;
        let access = change.project_access(project_id, Permission::StartSession).await?;
        if !change.lean_on::<ProjectDecider>(project_id).await?.ready() {
            return Err(CommandError::Rejected(RejectionInfo::of(&ProjectRejection::NotReady)));
        }
        let session_id = SessionId(change.next_id());
        let subject = format!("session-{session_id}");
        let model = change.commands().model();
        let name = self.model.clone().unwrap_or_else(|| model.default_model());
        let model_has_price = model.price(&name).is_some();
        let requested = Requested {
            session_id,
            project_id,
            team_id: access.team_id,
            task: Private::open(&subject, self.task.clone()),
            title: Private::open(&subject, title(&self.task)),
            model: name,
            edit_mode: self.edit_mode,
            budget: self.budget.clone(),
            requested_by: change.account()?,
        };
        let request = AgentSessionCommand::Request { requested: Box::new(requested), model_has_price };
        change.decide::<AgentSessionDecider>(session_id, Place::project(access.team_id, project_id), request).await?;
        Ok(SessionStarted { session_id })
    }
    fn shows(&self, answer: &SessionStarted) -> Shown {
        Shown::Session(answer.session_id)
    }
}

/// The first line that says something, shortened.
pub(super) fn title(task: &str) -> String {
    let line = task.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() <= MAX_TITLE_CHARS {
        return line.into();
    }
    let mut title: String = line.chars().take(MAX_TITLE_CHARS - 1).collect();
    title.push('…');
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_first_line_shortened() {
        assert_eq!(title("\n  Fix the build \nand more"), "Fix the build");
        assert_eq!(title(&"ä".repeat(80)), "ä".repeat(80));
        assert_eq!(title(&"ä".repeat(81)).chars().count(), 80);
        assert_eq!(title(""), "");
    }
}
