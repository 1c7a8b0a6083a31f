//! Working copies of forks in which nobody works any more: of a session that was forgotten or thrown away, or of a deleted project. They are removed
//! when that happens; what a crash or a busy lease left of them is found by the next sweep.

use std::path::PathBuf;

use opensail_domain::agent_session::Core;
use opensail_domain::kernel::{ProjectId, SessionId};
use opensail_domain::project::{Project, ProjectDecider};

use crate::ports::snapshots::Total;
use crate::{CommandError, Commands};

/// A copy on the disk and the session whose it was.
pub(super) struct DeadCopy {
    session: Core,
    root: PathBuf,
}

/// Whose copies are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    /// Of whomever nobody works for any more.
    Dead,
    Session(SessionId),
    Project(ProjectId),
}

impl Commands {
    /// Beneath it lie the working copies of forks, each called after its session.
    pub(crate) fn forks_folder(&self) -> PathBuf {
        self.settings().home.join("forks")
    }

    /// A folder that is called after no session the journal knows is left alone.
    pub(super) async fn copies_of(&self, which: Which) -> Result<Vec<DeadCopy>, CommandError> {
        let mut found = Vec::new();
        for copy in self.snapshots().copies(&self.forks_folder()).await? {
            let Ok(id) = copy.name.parse::<SessionId>() else { continue };
            let session = match self.session_core(id).await {
                Ok((_, session)) => session,
                Err(CommandError::NotFound) => continue,
                Err(error) => return Err(error),
            };
            if session.workspace.origin.is_some() && self.is_meant(&session, which).await? {
                found.push(DeadCopy { session, root: copy.root });
            }
        }
        Ok(found)
    }

    async fn is_meant(&self, session: &Core, which: Which) -> Result<bool, CommandError> {
        Ok(match which {
            Which::Session(id) => session.session_id == id,
            Which::Project(id) => session.project_id == id,
            Which::Dead if session.forgotten || session.workspace.discarded => true,
            Which::Dead => matches!(*self.load::<ProjectDecider>(session.project_id, true).await?.state, Project::Deleted(_)),
        })
    }

    /// How many there are and their bytes.
    pub(super) async fn size_of_copies(&self, copies: &[DeadCopy]) -> Result<Total, CommandError> {
        let mut total = Total::default();
        for copy in copies {
            let size = self.snapshots().copy_size(&copy.root).await?;
            total = Total { objects: total.objects + 1, bytes: total.bytes + size.bytes };
        }
        Ok(total)
    }

    /// What cannot be removed now stays until the next sweep. Answers what was removed.
    pub(super) async fn remove_copies(&self, copies: &[DeadCopy]) -> Total {
        let mut removed = Total::default();
        for copy in copies {
            match self.remove_copy(copy).await {
                Ok(bytes) => removed = Total { objects: removed.objects + 1, bytes: removed.bytes + bytes },
                Err(error) => {
                    tracing::warn!(session = %copy.session.session_id, error = error.log_text(), "a working copy that nobody needs remains");
                }
            }
        }
        removed
    }

    /// What made it dead is for ever, so nothing has to be asked again under the lease.
    async fn remove_copy(&self, copy: &DeadCopy) -> Result<u64, CommandError> {
        let lease = self.take_copy(&copy.session, "remove").await?;
        let size = self.snapshots().copy_size(&copy.root).await;
        let removed = self.snapshots().discard(&copy.root).await;
        self.give_back(&lease).await;
        removed?;
        Ok(size.map_or(0, |size| size.bytes))
    }

    pub(crate) async fn remove_copies_of(&self, which: Which) -> Result<(), CommandError> {
        let copies = self.copies_of(which).await?;
        self.remove_copies(&copies).await;
        Ok(())
    }
}
