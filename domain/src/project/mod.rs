//! A project: a folder of files that belongs to a team and that agents work in.
//!
//! Phases: `preparing` (its files are being fetched) → `ready` | `failed`; deleted at the end. A project of source `folder` works in place
//! and never owns the folder; no other project may use that folder, one within it, or one around it, meanwhile.

mod event;
mod folder;
mod rules;
#[cfg(test)]
mod tests;

pub use event::*;
pub use folder::{FolderCommand, FolderDecider, FolderEvent, FolderReleased, FolderReserved, Folders};
pub use rules::{Home, MAX_DAYS, MAX_EVERY, MAX_PROJECT_NAME_CHARS, Project, ProjectCommand, ProjectRejection};

use crate::kernel::Decider;

/// The decider of the stream `project-<id>`.
pub struct ProjectDecider;

impl Decider for ProjectDecider {
    const TYPE: &'static str = "project";
    type Command = ProjectCommand;
    type Event = ProjectEvent;
    type State = Project;
    type Rejection = ProjectRejection;

    fn decide(state: &Project, command: ProjectCommand) -> Result<Vec<ProjectEvent>, ProjectRejection> {
        rules::decide(state, command)
    }
    fn evolve(state: &mut Project, event: &ProjectEvent) {
        rules::evolve(state, event);
    }
}
