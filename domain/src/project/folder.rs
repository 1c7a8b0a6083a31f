//! The folders of this machine that are projects. One stream for all of them: a folder that lies in another project's folder is as
//! little free as that folder itself, and two who ask at the same time meet in the same stream.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ProjectRejection;
use crate::kernel::{Decider, ProjectId, event::events};

events! {
    FolderEvent {
        FolderReserved = "project.folder_reserved" v 1,
        FolderReleased = "project.folder_released" v 1,
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FolderReserved {
    pub project_id: ProjectId,
    /// Absolute and without links.
    pub path: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FolderReleased {
    pub project_id: ProjectId,
}

#[derive(Clone, PartialEq, Debug)]
pub enum FolderCommand {
    /// Takes over what was in use before folders were reserved; done once, before the first reservation.
    Adopt {
        in_use: Vec<FolderReserved>,
    },
    Reserve(FolderReserved),
    /// Harmless when the project holds none.
    Release {
        project_id: ProjectId,
    },
}

/// Which project works in which folder.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Folders {
    held: BTreeMap<ProjectId, String>,
    /// Something was reserved before, so nothing is left to adopt.
    begun: bool,
}

impl Folders {
    pub fn begun(&self) -> bool {
        self.begun
    }

    /// A project whose folder is this one, lies in it, or holds it.
    pub fn taken_by(&self, path: &str) -> Option<&ProjectId> {
        let path = Path::new(path);
        let overlaps = |held: &String| path.starts_with(held) || Path::new(held).starts_with(path);
        self.held.iter().find(|(_, held)| overlaps(held)).map(|(project, _)| project)
    }
}

/// The decider of the stream `project_folder-<machine>`.
pub struct FolderDecider;

impl Decider for FolderDecider {
    const TYPE: &'static str = "project_folder";
    type Command = FolderCommand;
    type Event = FolderEvent;
    type State = Folders;
    type Rejection = ProjectRejection;

    fn decide(state: &Folders, command: FolderCommand) -> Result<Vec<FolderEvent>, ProjectRejection> {
        match command {
            FolderCommand::Adopt { .. } if state.begun => Ok(vec![]),
            FolderCommand::Adopt { in_use } => Ok(in_use.into_iter().map(Into::into).collect()),
            FolderCommand::Reserve(wish) => match state.taken_by(&wish.path) {
                Some(owner) if *owner == wish.project_id => Ok(vec![]),
                Some(_) => Err(ProjectRejection::FolderTaken),
                None => Ok(vec![wish.into()]),
            },
            FolderCommand::Release { project_id } if state.held.contains_key(&project_id) => Ok(vec![FolderReleased { project_id }.into()]),
            FolderCommand::Release { .. } => Ok(vec![]),
        }
    }

    fn evolve(state: &mut Folders, event: &FolderEvent) {
        state.begun = true;
        match event {
            FolderEvent::FolderReserved(e) => drop(state.held.insert(e.project_id, e.path.clone())),
            FolderEvent::FolderReleased(e) => drop(state.held.remove(&e.project_id)),
        }
    }
}
