//! The facts of a project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::agent_session::workspace::{SnapshotsReleased, Tree};
use crate::kernel::{AccountId, ProjectId, TeamId, event::events};

events! {
    ProjectEvent {
        Created = "project.created" v 1,
        /// Its files are there.
        Prepared = "project.prepared" v 1,
        PreparationFailed = "project.preparation_failed" v 1,
        Renamed = "project.renamed" v 1,
        /// A person wrote a file.
        FileWritten = "project.file_written" v 1,
        /// A person deleted a file.
        FileDeleted = "project.file_deleted" v 1,
        Deleted = "project.deleted" v 1,
        /// The project's files were recorded as they are, after people's changes.
        WorkspaceCaptured = "project.workspace_captured" v 1,
        /// How long snapshots are kept was set.
        RetentionSet = "project.retention_set" v 1,
        /// Snapshots are no longer kept.
        SnapshotsReleased = "project.snapshots_released" v 1,
    }
}

/// Where a project's files come from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    Empty,
    /// A folder of this machine, used in place.
    Folder {
        path: String,
    },
    Git {
        url: String,
        #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    Template {
        name: String,
    },
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Created {
    pub project_id: ProjectId,
    pub team_id: TeamId,
    pub name: String,
    pub source: Source,
    pub created_by: AccountId,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Prepared {}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PreparationFailed {
    /// For people: what went wrong and what to do.
    pub reason: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Renamed {
    pub name: String,
}

/// Hashes are SHA-256 in hex.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FileWritten {
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    pub after: String,
    pub size: u64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FileDeleted {
    pub path: String,
    pub before: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Deleted {}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceCaptured {
    /// Version of this stream up to which people's changes are in it.
    pub version: u64,
    #[serde(flatten)]
    pub tree: Tree,
    /// Paths that differ from the capture before; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<u64>,
}

/// Snapshots of the last days are all kept, of older ones every n-th. What is named, and what sessions begin and end with, always.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Retention {
    pub days: u32,
    /// At least 1, which keeps all.
    pub every: u32,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RetentionSet {
    /// Absent: everything is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    pub set_by: AccountId,
}
