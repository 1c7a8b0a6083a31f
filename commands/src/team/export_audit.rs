//! Writes down that somebody takes a team's history away, before the first line of it is sent.

use async_trait::async_trait;
use opensail_domain::kernel::TeamId;
use opensail_domain::team::{AuditExported, AuditFormat, AuditQuestion, TeamCommand, TeamDecider};

use crate::{Change, Command, CommandError, Place, Shown};

#[derive(Clone, Debug)]
pub struct ExportAudit {
    pub teams: Vec<TeamId>,
    pub format: AuditFormat,
    pub filtered: bool,
    pub question: AuditQuestion,
}

#[async_trait]
impl Command for ExportAudit {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        for team in &self.teams {
            change.audit_access(*team).await?;
            let export = AuditExported { format: self.format, filtered: self.filtered, question: self.question.clone() };
            change.decide::<TeamDecider>(*team, Place::team(*team), TeamCommand::RecordExport(export)).await?;
        }
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
