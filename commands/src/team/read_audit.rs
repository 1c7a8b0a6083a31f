//! Writes down that somebody looks at a team's history, before it is shown; not again for the same question within the hour.

use async_trait::async_trait;
use opensail_domain::kernel::TeamId;
use opensail_domain::team::{AuditQuestion, TeamCommand, TeamDecider};

use crate::{Change, Command, CommandError, Place, Shown};

#[derive(Clone, Debug)]
pub struct ReadAudit {
    pub teams: Vec<TeamId>,
    pub question: AuditQuestion,
    /// A further page of it.
    pub further: bool,
}

#[async_trait]
impl Command for ReadAudit {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let by = change.account()?;
        for team in &self.teams {
            // What was read is not remembered of one that is gone; a page must not add what makes the next one.
            if change.audit_access(*team).await?.is_gone() && self.further {
                continue;
            }
            let reading = TeamCommand::RecordReading { by, question: self.question.clone(), now: change.now() };
            change.decide::<TeamDecider>(*team, Place::team(*team), reading).await?;
        }
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
