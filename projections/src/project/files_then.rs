//! Which snapshot has a project's files as they were at a position?
//!
//! Snapshots are taken after every call of an agent that has effects, when a run begins, and after people's writes. One of them tells how the
//! files were at a position if nothing that is written down changed them in between. What changes a folder by hand writes no event.

use std::collections::{BTreeMap, BTreeSet};

use opensail_domain::AnyEvent;
use opensail_domain::agent_session::AgentSessionEvent as S;
use opensail_domain::agent_session::event::Effect;
use opensail_domain::agent_session::message::CallOutcome;
use opensail_domain::kernel::{DecodeError, ProjectId, SessionId, TeamId};
use opensail_domain::project::ProjectEvent as P;
use opensail_eventstore::{Position, Recorded};

use crate::db::{Sql, sql};
use crate::{Queries, QueryError};

/// Events looked through on either side of the position.
const NEAR: u64 = 500;

/// Every event that tells of files.
const TYPES: &str = "'project.created', 'project.prepared', 'project.file_written', 'project.file_deleted', 'project.workspace_captured', 'agent_session.tool_call_started', \
    'agent_session.tool_call_completed', 'agent_session.workspace_captured', 'agent_session.undo_started', 'agent_session.undone', \
    'agent_session.merge_started', 'agent_session.merged', 'agent_session.fork_merged'";

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FilesThen {
    Snapshot(String),
    /// They were being changed, or no snapshot shows them. At these positions, the nearest on either side, there is one.
    Unknown {
        near: Vec<Position>,
    },
}

/// A snapshot and the stretch of the journal in which it was taken: the files were so somewhere in it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Capture {
    from: Position,
    to: Position,
    snapshot: String,
}

pub(crate) fn list(team: TeamId, project: ProjectId, at: Position, before: bool) -> Sql {
    let (side, order) = if before { ("<=", "DESC") } else { (">", "ASC") };
    let text = format!(
        "SELECT position FROM audit_events WHERE tenant = $1 AND project = $2 AND position {side} $3 AND event_type IN ({TYPES})
         ORDER BY position {order} LIMIT {NEAR}"
    );
    sql!(text, team.to_string(), project.to_string(), at)
}

impl Queries {
    pub async fn project_files_then(&self, team: TeamId, project: ProjectId, at: Position) -> Result<FilesThen, QueryError> {
        let mut positions = Vec::new();
        for before in [true, false] {
            for row in self.db.all(list(team, project, at, before)).await? {
                positions.push(row.count(0)?);
            }
        }
        positions.sort_unstable();
        let recorded = if positions.is_empty() { Vec::new() } else { self.journal.read_at(&positions).await? };
        let (captures, changes) = self.told(&recorded).await?;
        let still = |from: Position, to: Position| !changes.iter().any(|change| (from + 1..=to).contains(change));
        // The nearest on either side; one further off has more in between.
        let earlier = captures.iter().filter(|capture| capture.from <= at).max_by_key(|capture| (capture.from, capture.to));
        let later = captures.iter().filter(|capture| capture.from > at).min_by_key(|capture| capture.to);
        for capture in earlier.into_iter().chain(later) {
            if still(capture.from.min(at), capture.to.max(at)) {
                return Ok(FilesThen::Snapshot(capture.snapshot.clone()));
            }
        }
        Ok(FilesThen::Unknown { near: earlier.into_iter().chain(later).map(|capture| capture.from).collect() })
    }

    /// What was captured, and where files of the project's folder changed. Forks work in copies of their own.
    async fn told(&self, recorded: &[Recorded]) -> Result<(Vec<Capture>, BTreeSet<Position>), QueryError> {
        let (mut captures, mut changes) = (Vec::new(), BTreeSet::new());
        let mut forks = BTreeMap::new();
        let mut reading = BTreeSet::new();
        for event in recorded {
            let position = event.position;
            let told = match AnyEvent::read(&event.event_type, event.version, &event.payload) {
                Ok(AnyEvent::Project(P::WorkspaceCaptured(e))) => {
                    captures.push(self.capture(event, e.version, e.tree.snapshot).await?);
                    continue;
                }
                Ok(AnyEvent::Project(_)) => {
                    changes.insert(position);
                    continue;
                }
                Ok(AnyEvent::AgentSession(told)) => *told,
                // Of a newer program: it may have changed anything.
                Err(DecodeError::Unknown { .. }) => {
                    changes.insert(position);
                    continue;
                }
                Ok(_) | Err(DecodeError::Malformed { .. }) => continue,
            };
            let own = event.stream.id().parse::<SessionId>().ok();
            let whose = match &told {
                S::MergeStarted(e) => Some(e.into),
                S::Merged(e) => Some(e.into),
                _ => own,
            };
            let Some(whose) = whose else { continue };
            let fork = match forks.get(&whose) {
                Some(fork) => *fork,
                None => {
                    let fork = self.is_fork(whose).await?;
                    forks.insert(whose, fork);
                    fork
                }
            };
            if fork {
                continue;
            }
            match told {
                S::WorkspaceCaptured(e) => captures.push(self.capture(event, e.version, e.tree.snapshot).await?),
                S::ToolCallStarted(e) if e.effect == Effect::Read => _ = reading.insert((whose, e.call_id)),
                S::ToolCallCompleted(e) => {
                    let never = matches!(e.outcome, CallOutcome::Denied | CallOutcome::TimedOut | CallOutcome::Invalid);
                    if !never && !reading.contains(&(whose, e.call_id)) {
                        changes.insert(position);
                    }
                }
                S::Undone(e) => {
                    changes.insert(position);
                    captures.push(Capture { from: position, to: position, snapshot: e.tree.snapshot });
                }
                // Of one append: wherever in it one looks, the files are as they are after it.
                S::ForkMerged(e) => {
                    changes.insert(position);
                    captures.push(Capture { from: position, to: position, snapshot: e.tree.snapshot });
                }
                S::Merged(e) => {
                    changes.insert(position);
                    captures.push(Capture { from: position, to: position, snapshot: e.tree.snapshot });
                }
                _ => _ = changes.insert(position),
            }
        }
        Ok((captures, changes))
    }

    /// From the event whose files it has to where it was told.
    async fn capture(&self, event: &Recorded, version: u64, snapshot: String) -> Result<Capture, QueryError> {
        let first = self.journal.read_stream(&event.stream, version.saturating_sub(1), 1).await?;
        let from = first.first().map_or(event.position, |first| first.position);
        Ok(Capture { from, to: event.position, snapshot })
    }

    async fn is_fork(&self, id: SessionId) -> Result<bool, QueryError> {
        let sql = sql!("SELECT session_id FROM sessions WHERE session_id = $1 AND origin_id IS NOT NULL", id.to_string());
        Ok(self.db.one(sql).await?.is_some())
    }
}
