//! The facts of a project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
