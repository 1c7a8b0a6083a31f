//! The rules of a project.

use serde::{Deserialize, Serialize};

use super::event::*;
use crate::kernel::{Rejection, RejectionKind, TeamId, checked_name};

pub const MAX_PROJECT_NAME_CHARS: usize = 100;
/// Upper ends of what retention can be set to.
pub const MAX_DAYS: u32 = 36_500;
pub const MAX_EVERY: u32 = 10_000;

#[derive(Clone, PartialEq, Debug)]
pub enum ProjectCommand {
    Create(Created),
    FinishPreparation,
    FailPreparation {
        reason: String,
    },
    Rename {
        name: String,
    },
    RecordWrite(FileWritten),
    RecordDelete(FileDeleted),
    Capture(WorkspaceCaptured),
    SetRetention(RetentionSet),
    ReleaseSnapshots(Vec<String>),
    /// `open_sessions`: sessions of it that are not finished, looked up.
    Delete {
        open_sessions: u64,
    },
}

#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Project {
    #[default]
    Absent,
    Preparing(Home),
    Ready(Home),
    Failed(Home),
    Deleted(Home),
}

/// Whose the project is and where its files come from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Home {
    pub team_id: TeamId,
    pub name: String,
    pub source: Source,
    /// `None`: every snapshot is kept.
    #[serde(default)]
    pub retention: Option<Retention>,
}

impl Project {
    /// Team, name and source of a project that is not deleted.
    pub fn home(&self) -> Option<&Home> {
        match self {
            Project::Absent | Project::Deleted(_) => None,
            Project::Preparing(home) | Project::Ready(home) | Project::Failed(home) => Some(home),
        }
    }
    pub fn ready(&self) -> bool {
        matches!(self, Project::Ready(_))
    }
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProjectRejection {
    #[error("the project does not exist")]
    Absent,
    #[error("the project exists already")]
    Exists,
    #[error("the project was deleted")]
    Deleted,
    #[error("the project's files are not ready yet")]
    NotReady,
    #[error("the name must have 1 to {MAX_PROJECT_NAME_CHARS} characters and none of control or that turn the direction of text")]
    BadName,
    #[error("days must lie between 0 and {MAX_DAYS}, every between 1 and {MAX_EVERY}")]
    BadRetention,
    #[error("the project still has {open_sessions} sessions at work; cancel them first")]
    SessionsOpen { open_sessions: u64 },
    #[error("a folder can be used by one project, and this one, one within it or one around it is used by another")]
    FolderTaken,
}

impl Rejection for ProjectRejection {
    fn code(&self) -> &'static str {
        match self {
            ProjectRejection::Absent => "project_absent",
            ProjectRejection::Exists => "project_exists",
            ProjectRejection::Deleted => "project_deleted",
            ProjectRejection::NotReady => "project_not_ready",
            ProjectRejection::BadName => "bad_name",
            ProjectRejection::BadRetention => "bad_retention",
            ProjectRejection::SessionsOpen { .. } => "sessions_open",
            ProjectRejection::FolderTaken => "folder_taken",
        }
    }
    fn kind(&self) -> RejectionKind {
        match self {
            ProjectRejection::BadName => RejectionKind::Invalid { pointer: "/name" },
            ProjectRejection::Exists | ProjectRejection::FolderTaken => RejectionKind::Exists,
            ProjectRejection::BadRetention => RejectionKind::Invalid { pointer: "/retention" },
            ProjectRejection::Absent | ProjectRejection::Deleted | ProjectRejection::NotReady | ProjectRejection::SessionsOpen { .. } => {
                RejectionKind::State
            }
        }
    }
}

pub(super) fn decide(state: &Project, command: ProjectCommand) -> Result<Vec<ProjectEvent>, ProjectRejection> {
    use ProjectCommand as C;
    match (state, command) {
        (Project::Absent, C::Create(mut created)) => {
            created.name = name_of(&created.name)?;
            Ok(vec![created.into()])
        }
        (Project::Absent, _) => Err(ProjectRejection::Absent),
        (_, C::Create(_)) => Err(ProjectRejection::Exists),
        (Project::Deleted(_), C::Delete { .. }) => Ok(vec![]),
        (Project::Deleted(_), _) => Err(ProjectRejection::Deleted),
        (Project::Preparing(_), C::FinishPreparation) => Ok(vec![Prepared {}.into()]),
        (Project::Preparing(_), C::FailPreparation { reason }) => Ok(vec![PreparationFailed { reason }.into()]),
        (Project::Ready(_) | Project::Failed(_), C::FinishPreparation | C::FailPreparation { .. }) => Ok(vec![]),
        (Project::Preparing(home) | Project::Ready(home) | Project::Failed(home), C::Rename { name }) => {
            let name = name_of(&name)?;
            Ok(if name == home.name { vec![] } else { vec![Renamed { name }.into()] })
        }
        (Project::Ready(_), C::RecordWrite(written)) => Ok(vec![written.into()]),
        (Project::Ready(_), C::RecordDelete(deleted)) => Ok(vec![deleted.into()]),
        (Project::Ready(_), C::Capture(captured)) => Ok(vec![captured.into()]),
        (Project::Preparing(_) | Project::Failed(_), C::Capture(_)) => Err(ProjectRejection::NotReady),
        (Project::Preparing(home) | Project::Ready(home) | Project::Failed(home), C::SetRetention(set)) => {
            if set.retention.is_some_and(|keep| keep.days > MAX_DAYS || keep.every == 0 || keep.every > MAX_EVERY) {
                return Err(ProjectRejection::BadRetention);
            }
            Ok(if set.retention == home.retention { vec![] } else { vec![set.into()] })
        }
        (_, C::ReleaseSnapshots(snapshots)) if snapshots.is_empty() => Ok(vec![]),
        (_, C::ReleaseSnapshots(snapshots)) => Ok(vec![SnapshotsReleased { snapshots }.into()]),
        (Project::Preparing(_) | Project::Failed(_), C::RecordWrite(_) | C::RecordDelete(_)) => Err(ProjectRejection::NotReady),
        (_, C::Delete { open_sessions }) if open_sessions > 0 => Err(ProjectRejection::SessionsOpen { open_sessions }),
        (_, C::Delete { .. }) => Ok(vec![Deleted {}.into()]),
    }
}

pub(super) fn evolve(state: &mut Project, event: &ProjectEvent) {
    if let ProjectEvent::Created(e) = event {
        *state = Project::Preparing(Home { team_id: e.team_id, name: e.name.clone(), source: e.source.clone(), retention: None });
        return;
    }
    *state = match (std::mem::take(state), event) {
        (Project::Preparing(home), ProjectEvent::Prepared(_)) => Project::Ready(home),
        (Project::Preparing(home), ProjectEvent::PreparationFailed(_)) => Project::Failed(home),
        (Project::Preparing(home) | Project::Ready(home) | Project::Failed(home), ProjectEvent::Deleted(_)) => Project::Deleted(home),
        (Project::Preparing(home), ProjectEvent::Renamed(e)) => Project::Preparing(renamed(home, e)),
        (Project::Ready(home), ProjectEvent::Renamed(e)) => Project::Ready(renamed(home, e)),
        (Project::Failed(home), ProjectEvent::Renamed(e)) => Project::Failed(renamed(home, e)),
        (Project::Preparing(home), ProjectEvent::RetentionSet(e)) => Project::Preparing(Home { retention: e.retention, ..home }),
        (Project::Ready(home), ProjectEvent::RetentionSet(e)) => Project::Ready(Home { retention: e.retention, ..home }),
        (Project::Failed(home), ProjectEvent::RetentionSet(e)) => Project::Failed(Home { retention: e.retention, ..home }),
        (
            unchanged,
            ProjectEvent::Created(_)
            | ProjectEvent::Prepared(_)
            | ProjectEvent::PreparationFailed(_)
            | ProjectEvent::Renamed(_)
            | ProjectEvent::FileWritten(_)
            | ProjectEvent::FileDeleted(_)
            | ProjectEvent::Deleted(_)
            | ProjectEvent::WorkspaceCaptured(_)
            | ProjectEvent::RetentionSet(_)
            | ProjectEvent::SnapshotsReleased(_),
        ) => unchanged,
    };
}

fn renamed(home: Home, event: &Renamed) -> Home {
    Home { name: event.name.clone(), ..home }
}

fn name_of(name: &str) -> Result<String, ProjectRejection> {
    checked_name(name, MAX_PROJECT_NAME_CHARS).ok_or(ProjectRejection::BadName)
}
