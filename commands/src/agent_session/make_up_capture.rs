//! Makes up the capture of a session's last step, which its run failed to take: the store was full, the folder could not be read, the process died.
//! Without it that step's changes would pass for people's, and the next undo would leave them.

use opensail_domain::agent_session::event::WorkspaceCaptured;
use opensail_domain::agent_session::{AgentSessionCommand, Core};
use opensail_eventstore::Lease;

use super::files::{Wish, platform};
use crate::{CommandError, Commands};

impl Commands {
    /// Under the lease of the session's files, while it is at rest. Whatever else changed there since is in it as well, so it is told as late. What
    /// cannot be captured is refused, and nothing is changed.
    pub(super) async fn make_up_capture(&self, session: &Core, lease: &Lease) -> Result<(), CommandError> {
        let Some((call_id, version)) = session.workspace.uncaptured.clone() else { return Ok(()) };
        let root = self.prepare_copy(session).await?;
        let taken = self.snapshots().capture(session.project_id, &root, session.workspace.snapshot.as_deref()).await?;
        let (changed, paths) = (taken.changed, self.private_paths(session.session_id, taken.paths).await?);
        let captured = WorkspaceCaptured { version, call_id: Some(call_id), tree: taken.tree, changed, paths, late: true };
        let wish = Wish::of(session.session_id, AgentSessionCommand::Capture(Box::new(captured)));
        self.execute(&platform().fenced(lease.fence()), &wish).await?;
        drop(taken.held);
        Ok(())
    }
}
