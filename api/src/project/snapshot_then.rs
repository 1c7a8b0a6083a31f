//! The files of a project at an earlier point.

use opensail_commands::journal::Position;
use opensail_domain::kernel::{ProjectId, TeamId};
use opensail_projections::project::FilesThen;

use crate::problem::Problem;
use crate::router::Api;

impl Api {
    /// The snapshot that has a project's files as they were at a position. Without one the answer says where there is one.
    pub(super) async fn snapshot_then(&self, team: TeamId, project: ProjectId, then: Position) -> Result<String, Problem> {
        if self.queries().as_of(then).project(project).await?.is_none() {
            return Err(Problem::not_found());
        }
        match self.queries().project_files_then(team, project, then).await? {
            FilesThen::Snapshot(name) => Ok(name),
            FilesThen::Unknown { near } if near.is_empty() => Err(Problem::as_of_unsupported(
                "no snapshot shows this project's files then; they are taken when agents work and after people write files",
            )),
            FilesThen::Unknown { near } => {
                let near: Vec<_> = near.iter().map(Position::to_string).collect();
                let near = near.join(" or ");
                Err(Problem::as_of_unsupported(format!("the files were being changed then; ask as of {near}, where a snapshot shows them")))
            }
        }
    }
}
