//! What is this project, and are its files there?

use opensail_domain::kernel::{AccountId, Micros, ProjectId, TeamId};
use opensail_domain::project::{Retention, Source};
use opensail_eventstore::Position;
use serde::Serialize;

use crate::db::{Row, sql};
use crate::{Queries, QueryError, time};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectStatus {
    Preparing,
    Ready,
    Failed,
}

impl ProjectStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            ProjectStatus::Preparing => "preparing",
            ProjectStatus::Ready => "ready",
            ProjectStatus::Failed => "failed",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProjectDetails {
    pub id: ProjectId,
    pub team_id: TeamId,
    pub name: String,
    pub status: ProjectStatus,
    /// Why it failed and what to do.
    pub reason: Option<String>,
    pub source: Source,
    /// `None`: every snapshot is kept.
    pub retention: Option<Retention>,
    pub created_by: AccountId,
    #[serde(serialize_with = "time::serialize")]
    pub created_at: Micros,
    #[serde(serialize_with = "time::serialize")]
    pub updated_at: Micros,
    /// Of the project's last event.
    pub position: Position,
}

/// What [`details`] reads, after the sort key; the table goes by `p`.
pub(super) const COLUMNS: &str = "p.created, p.project_id, p.team_id, p.name, p.status, p.reason, p.source, p.created_by, p.created_at, p.updated_at, p.position, p.retention";

pub(super) fn details(row: &Row) -> Result<(i64, ProjectDetails), QueryError> {
    let status = row.text(4)?;
    let details = ProjectDetails {
        id: row.parsed(1)?,
        team_id: row.parsed(2)?,
        name: row.text(3)?,
        status: [ProjectStatus::Preparing, ProjectStatus::Ready, ProjectStatus::Failed]
            .into_iter()
            .find(|known| known.as_str() == status)
            .ok_or_else(|| QueryError::Unavailable(format!("no status of a project is called {status:?}")))?,
        reason: row.maybe_text(5)?,
        source: row.json(6)?,
        created_by: row.parsed(7)?,
        created_at: row.int(8)?,
        updated_at: row.int(9)?,
        position: row.count(10)?,
        retention: row.maybe_text(11)?.map(|_| row.json(11)).transpose()?,
    };
    Ok((row.int(0)?, details))
}

impl Queries {
    pub async fn project(&self, id: ProjectId) -> Result<Option<ProjectDetails>, QueryError> {
        let sql = sql!(format!("SELECT {COLUMNS} FROM projects p WHERE p.project_id = $1"), id.to_string());
        self.db.one(sql).await?.map(|row| Ok(details(&row)?.1)).transpose()
    }
}
