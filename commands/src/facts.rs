//! Facts that other streams hold, gathered from the journal itself: asked only before something is deleted, or once in a journal's
//! life, so a scan of events of two or three types will do, and no view can be behind.

use std::collections::BTreeSet;

use opensail_domain::kernel::{ProjectId, TeamId};
use opensail_eventstore::{Filter, Recorded, StreamId};

use crate::{CommandError, Commands};

/// Events read at once.
const PAGE: usize = 500;

impl Commands {
    /// Projects of a team that are not deleted.
    pub(crate) async fn open_projects(&self, team: TeamId) -> Result<u64, CommandError> {
        Ok(self.open(Some(team), &["project.created"], &["project.deleted"], |_| true).await?.len() as u64)
    }

    /// Projects of every team that are not deleted.
    pub(crate) async fn open_projects_of_all(&self) -> Result<Vec<ProjectId>, CommandError> {
        let streams = self.open(None, &["project.created"], &["project.deleted"], |_| true).await?;
        streams.iter().map(|stream| stream.id().parse().map_err(CommandError::broken)).collect()
    }

    /// Sessions of a project that are not finished.
    pub(crate) async fn open_sessions(&self, team: TeamId, project: ProjectId) -> Result<u64, CommandError> {
        let project = project.to_string();
        let opened = ["agent_session.requested", "agent_session.requeued"];
        let closed = ["agent_session.completed", "agent_session.failed", "agent_session.cancelled", "agent_session.limit_reached"];
        Ok(self.open(Some(team), &opened, &closed, |event| event.project.as_ref() == Some(&project)).await?.len() as u64)
    }

    /// Streams with an opening event and no closing one after it.
    async fn open(
        &self,
        team: Option<TeamId>,
        opening: &[&str],
        closing: &[&str],
        concerns: impl Fn(&Recorded) -> bool,
    ) -> Result<BTreeSet<StreamId>, CommandError> {
        let types = opening.iter().chain(closing).map(|name| (*name).to_owned()).collect();
        let filter = Filter { tenants: team.iter().map(TeamId::to_string).collect(), types, ..Filter::default() };
        let (mut open, mut after) = (BTreeSet::<StreamId>::new(), 0);
        loop {
            let page = self.journal().read_all(after, PAGE, &filter).await?;
            let full = page.events.len() == PAGE;
            after = page.seen;
            for event in page.events.into_iter().filter(&concerns) {
                if opening.contains(&event.event_type.as_str()) {
                    open.insert(event.stream);
                } else {
                    open.remove(&event.stream);
                }
            }
            if !full {
                return Ok(open);
            }
        }
    }
}
