//! Which sessions are there to be worked on, and in which order?

use opensail_domain::agent_session::Status;
use opensail_domain::kernel::{AccountId, ApprovalId, Micros, ProjectId, SessionId, TeamId};
use opensail_eventstore::Position;

use super::progress::{self, Progress};
use crate::db::{Sql, sql};
use crate::{Queries, QueryError};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueuedSession {
    pub session_id: SessionId,
    pub project_id: ProjectId,
    pub team_id: TeamId,
    pub requested_by: AccountId,
    pub status: Status,
    /// Where it was queued last; within a project the smallest comes first.
    pub queued: Position,
    /// The open question and when it expires.
    pub question: Option<(ApprovalId, Micros)>,
    pub paused_until: Option<Micros>,
    pub cancel_requested: bool,
    /// It works in a copy of its own.
    pub fork: bool,
    pub position: Position,
}

/// All of one project, or of every project.
pub(crate) fn list(project: Option<ProjectId>) -> Sql {
    let columns = format!("SELECT session_id, project_id, team_id, requested_by, origin_id, {} FROM sessions", progress::COLUMNS);
    match project {
        Some(id) => sql!(format!("{columns} WHERE finished = 0 AND project_id = $1 ORDER BY queued"), id.to_string()),
        None => sql!(format!("{columns} WHERE finished = 0 ORDER BY project_id, queued")),
    }
}

impl Queries {
    /// Every session that is not finished, by project and there in the order they were queued.
    pub async fn session_queue(&self) -> Result<Vec<QueuedSession>, QueryError> {
        self.queued(list(None)).await
    }

    /// The same for one project.
    pub async fn session_queue_of_project(&self, project: ProjectId) -> Result<Vec<QueuedSession>, QueryError> {
        self.queued(list(Some(project))).await
    }

    async fn queued(&self, sql: Sql) -> Result<Vec<QueuedSession>, QueryError> {
        let rows = self.db.all(sql).await?;
        let read = rows.iter().map(|row| {
            let progress = Progress::read(row, 5)?;
            Ok(QueuedSession {
                session_id: row.parsed(0)?,
                project_id: row.parsed(1)?,
                team_id: row.parsed(2)?,
                requested_by: row.parsed(3)?,
                status: progress.status,
                queued: progress.queued,
                question: progress.question,
                paused_until: progress.paused_until,
                cancel_requested: progress.cancel_requested,
                fork: row.maybe_text(4)?.is_some(),
                position: progress.position,
            })
        });
        read.collect()
    }
}
