//! Projects and how far their preparation is.

mod file_origin;
mod files_then;
mod preparing_projects;
mod project_details;
mod projects_of_account;
mod projects_of_team;
mod uncaptured_projects;

use async_trait::async_trait;
use opensail_domain::AnyEvent;
use opensail_domain::kernel::Micros;
use opensail_domain::project::ProjectEvent;
use opensail_eventstore::Position;

pub use file_origin::{FileOrigin, LOOKED_THROUGH};
pub use files_then::FilesThen;
pub use project_details::{ProjectDetails, ProjectStatus};
#[cfg(test)]
pub(crate) use {files_then::list as files_then, projects_of_account::list as list_of_account, projects_of_team::list as list_of_team};

use crate::db::{Bind, Sql, Tx, sql};
use crate::projection::{ApplyError, Incoming, Projection};
use crate::table::{Index, Past, Table, remove};

pub(crate) struct ProjectView;

/// `created`: position of the first event; `source`, `retention`: JSON; `changed`, `captured`: versions of the last change by people, and of the
/// last that is in a capture.
pub(crate) const PROJECTS: Table = Table {
    name: "projects",
    key: &["project_id"],
    columns: &[
        "project_id TEXT NOT NULL",
        "team_id TEXT NOT NULL",
        "name TEXT NOT NULL",
        "status TEXT NOT NULL",
        "reason TEXT",
        "source TEXT NOT NULL",
        "created_by TEXT NOT NULL",
        "created_at BIGINT NOT NULL",
        "updated_at BIGINT NOT NULL",
        "created BIGINT NOT NULL",
        "position BIGINT NOT NULL",
        "retention TEXT",
        "changed BIGINT NOT NULL",
        "captured BIGINT NOT NULL",
    ],
    indexes: &[
        Index { name: "projects_uncaptured", columns: &["project_id"], only: Some("changed > captured") },
        Index { name: "projects_by_team", columns: &["team_id", "created"], only: None },
    ],
    past: Past::Kept { born: Some("created"), moving: &["updated_at", "position", "changed", "captured"] },
};

#[async_trait]
impl Projection for ProjectView {
    fn name(&self) -> &'static str {
        "project"
    }
    fn version(&self) -> i64 {
        3
    }
    fn tables(&self) -> &'static [Table] {
        &[PROJECTS]
    }
    fn streams(&self) -> &'static [&'static str] {
        &["project"]
    }

    async fn apply(&self, tx: &mut Tx, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let AnyEvent::Project(event) = incoming.event()? else { return Ok(()) };
        let (position, now) = (incoming.recorded.position, incoming.recorded.time);
        let project = incoming.recorded.stream.id();
        match event {
            ProjectEvent::Created(e) => {
                let source = serde_json::to_string(&e.source).map_err(|error| ApplyError::Poison(error.to_string()))?;
                tx.run(sql!(
                    "INSERT INTO projects (project_id, team_id, name, status, reason, source, created_by, created_at, updated_at,
                     created, position, changed, captured, written) VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, $7, $8, $8, 0, 0, $8)",
                    project,
                    e.team_id.to_string(),
                    e.name.as_str(),
                    ProjectStatus::Preparing.as_str(),
                    source,
                    e.created_by.to_string(),
                    now,
                    position,
                ))
                .await?;
            }
            ProjectEvent::Prepared(_) => {
                let ready = ProjectStatus::Ready.as_str();
                tx.run(set(", status = $4, reason = NULL", project, position, now, vec![ready.into()])).await?;
            }
            ProjectEvent::PreparationFailed(e) => {
                let failed = vec![ProjectStatus::Failed.as_str().into(), e.reason.as_str().into()];
                tx.run(set(", status = $4, reason = $5", project, position, now, failed)).await?;
            }
            ProjectEvent::Renamed(e) => {
                tx.run(set(", name = $4", project, position, now, vec![e.name.as_str().into()])).await?;
            }
            ProjectEvent::FileWritten(_) | ProjectEvent::FileDeleted(_) => {
                tx.run(set(", changed = $4", project, position, now, vec![incoming.recorded.stream_version.into()])).await?;
            }
            ProjectEvent::WorkspaceCaptured(e) => {
                tx.run(set(", captured = $4", project, position, now, vec![e.version.into()])).await?;
            }
            ProjectEvent::RetentionSet(e) => {
                let retention = e.retention.map(|keep| serde_json::to_string(&keep)).transpose();
                let retention = retention.map_err(|error| ApplyError::Poison(error.to_string()))?;
                tx.run(set(", retention = $4", project, position, now, vec![retention.into()])).await?;
            }
            ProjectEvent::SnapshotsReleased(_) => {
                tx.run(set("", project, position, now, Vec::new())).await?;
            }
            ProjectEvent::Deleted(_) => {
                remove(tx, "projects", "project_id = $1", vec![Bind::from(project)], position).await?;
            }
        }
        Ok(())
    }
}

/// Changes the project's row by one event: its place and time, and what is `also` set, whose values begin with `$4`.
fn set(also: &str, project: &str, position: Position, now: Micros, values: Vec<Bind>) -> Sql {
    let Sql { text, mut binds } = sql!(
        format!("UPDATE projects SET position = $2, written = $2, updated_at = $3{also} WHERE project_id = $1"),
        project,
        position,
        now,
    );
    binds.extend(values);
    Sql { text, binds }
}
