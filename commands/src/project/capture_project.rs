//! Records a project's files after people changed them. Reading needs no lease: a session that works there meanwhile has its own captures.

use async_trait::async_trait;
use opensail_domain::kernel::Decider;
use opensail_domain::kernel::ProjectId;
use opensail_domain::project::{ProjectCommand, ProjectDecider, ProjectEvent, WorkspaceCaptured};
use opensail_eventstore::StreamId;

use crate::{Caller, Change, Command, CommandError, Commands, Place, Shown};

struct CaptureProject {
    project_id: ProjectId,
    captured: WorkspaceCaptured,
}

#[async_trait]
impl Command for CaptureProject {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        change.require_system()?;
        let team_id = change.look_at::<ProjectDecider>(self.project_id).await?.home().ok_or(CommandError::NotFound)?.team_id;
        let capture = ProjectCommand::Capture(self.captured.clone());
        change.decide::<ProjectDecider>(self.project_id, Place::project(team_id, self.project_id), capture).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    /// True if there was something to record: a change that no capture has in it yet.
    pub async fn capture_project(&self, project_id: ProjectId) -> Result<bool, CommandError> {
        let stream = StreamId::new(ProjectDecider::TYPE, project_id);
        let events = self.read_events::<ProjectEvent>(&stream, None).await?;
        let (mut changed, mut before) = (None, None);
        for (recorded, event) in &events {
            match event {
                ProjectEvent::FileWritten(_) | ProjectEvent::FileDeleted(_) => changed = Some(recorded),
                ProjectEvent::WorkspaceCaptured(captured) => before = Some(captured),
                _ => {}
            }
        }
        let Some(last) = changed.filter(|last| before.is_none_or(|before| before.version < last.stream_version)) else { return Ok(false) };
        let project = self.load::<ProjectDecider>(project_id, true).await?;
        let Some(home) = project.state.home().filter(|_| project.state.ready()) else { return Ok(false) };
        let root = self.project_root(home, project_id);
        let taken = self.snapshots().capture(project_id, &root, before.map(|before| before.tree.snapshot.as_str())).await?;
        let captured = WorkspaceCaptured { version: last.stream_version, tree: taken.tree, changed: taken.changed };
        self.execute(&Caller::system("workspace").because_of(last), &CaptureProject { project_id, captured }).await?;
        drop(taken.held);
        Ok(true)
    }
}
