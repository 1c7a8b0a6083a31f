//! What the journal keeps alive in the store, gathered event by event: the second time only what is new is read.

use std::collections::{BTreeMap, BTreeSet};

use opensail_domain::agent_session::{AgentSessionDecider, AgentSessionEvent};
use opensail_domain::kernel::{Decider, Event, ProjectId, SessionId};
use opensail_domain::project::{ProjectDecider, ProjectEvent};
use opensail_eventstore::{Filter, Position, Recorded};
use serde_json::Value;

use crate::ports::snapshots::Roots;
use crate::{CommandError, Commands};

/// Events read at once.
const PAGE: usize = 500;
/// Hexadecimal digits of a name in the store.
const NAME_DIGITS: usize = 64;

#[derive(Default)]
pub(super) struct Gathered {
    seen: Position,
    /// Of each stream that is not deleted: its project, and what it names and has not released.
    snapshots: BTreeMap<String, (ProjectId, BTreeSet<String>)>,
    sessions: BTreeMap<ProjectId, BTreeSet<SessionId>>,
    deleted: BTreeSet<ProjectId>,
    names: BTreeSet<String>,
}

impl Gathered {
    /// `without`: what a dry run lets go before.
    pub(super) fn roots(&self, without: &BTreeMap<String, BTreeSet<String>>) -> Roots {
        let kept = |stream: &String, snapshot: &String| without.get(stream).is_none_or(|gone| !gone.contains(snapshot));
        let mut snapshots = Vec::new();
        for (stream, (project, named)) in &self.snapshots {
            if !self.deleted.contains(project) {
                snapshots.extend(named.iter().filter(|snapshot| kept(stream, snapshot)).map(|snapshot| (*project, snapshot.clone())));
            }
        }
        Roots { snapshots, blobs: self.names.iter().cloned().collect() }
    }

    pub(super) fn projects(&self) -> impl Iterator<Item = (ProjectId, Vec<SessionId>)> {
        let all = self.snapshots.values().map(|(project, _)| *project).collect::<BTreeSet<_>>();
        let live = all.into_iter().filter(|project| !self.deleted.contains(project));
        live.map(|project| (project, self.sessions.get(&project).into_iter().flatten().copied().collect()))
    }

    /// Names of snapshots are told apart from all others: what is released must not be kept as if it were a blob.
    fn take_in(&mut self, recorded: &Recorded, version: u32, payload: Value) -> Result<(), CommandError> {
        let broken = |error: opensail_domain::kernel::event::DecodeError| {
            CommandError::broken(format!("event at position {}: {error}", recorded.position))
        };
        let project = recorded.project.as_ref().and_then(|project| project.parse::<ProjectId>().ok());
        let stream = recorded.stream.to_string();
        let mut of_snapshots = BTreeSet::new();
        if AgentSessionEvent::TYPES.iter().any(|(name, _)| *name == recorded.event_type) {
            let event = AgentSessionEvent::decode(&recorded.event_type, version, payload.clone()).map_err(broken)?;
            if let (Some(project), Ok(session)) = (project, recorded.stream.id().parse::<SessionId>()) {
                self.sessions.entry(project).or_default().insert(session);
                let named = named_by_session(&event);
                of_snapshots.extend(named.iter().map(|name| (*name).clone()));
                self.name(&stream, project, named);
            }
            if let AgentSessionEvent::SnapshotsReleased(released) = &event {
                of_snapshots.extend(released.snapshots.iter().cloned());
                self.let_go(&stream, &released.snapshots);
            }
        } else if ProjectEvent::TYPES.iter().any(|(name, _)| *name == recorded.event_type) {
            let event = ProjectEvent::decode(&recorded.event_type, version, payload.clone()).map_err(broken)?;
            let Some(project) = project.or_else(|| recorded.stream.id().parse().ok()) else { return Ok(()) };
            match &event {
                ProjectEvent::WorkspaceCaptured(captured) => {
                    of_snapshots.insert(captured.tree.snapshot.clone());
                    self.name(&stream, project, vec![&captured.tree.snapshot]);
                }
                ProjectEvent::SnapshotsReleased(released) => {
                    of_snapshots.extend(released.snapshots.iter().cloned());
                    self.let_go(&stream, &released.snapshots);
                }
                ProjectEvent::Deleted(_) => drop(self.deleted.insert(project)),
                _ => {}
            }
        }
        let mut found = BTreeSet::new();
        collect(&payload, &mut found);
        self.names.extend(found.into_iter().filter(|name| !of_snapshots.contains(name)));
        Ok(())
    }

    fn name(&mut self, stream: &str, project: ProjectId, named: Vec<&String>) {
        if !named.is_empty() {
            self.snapshots.entry(stream.to_owned()).or_insert_with(|| (project, BTreeSet::new())).1.extend(named.into_iter().cloned());
        }
    }

    fn let_go(&mut self, stream: &str, released: &[String]) {
        if let Some((_, named)) = self.snapshots.get_mut(stream) {
            named.retain(|name| !released.contains(name));
        }
    }
}

pub(super) fn stream_of_session(session: SessionId) -> String {
    format!("{}-{session}", AgentSessionDecider::TYPE)
}

pub(super) fn stream_of_project(project: ProjectId) -> String {
    format!("{}-{project}", ProjectDecider::TYPE)
}

/// Every snapshot that an event names.
pub(super) fn named_by_session(event: &AgentSessionEvent) -> Vec<&String> {
    use AgentSessionEvent as E;
    match event {
        E::WorkspaceCaptured(e) => vec![&e.tree.snapshot],
        E::UndoStarted(e) => vec![&e.before, &e.goal],
        E::Undone(e) => vec![&e.tree.snapshot],
        E::Forked(e) => vec![&e.origin.snapshot],
        E::MergeStarted(e) => vec![&e.base, &e.before, &e.theirs, &e.goal],
        E::Merged(e) => vec![&e.theirs, &e.tree.snapshot],
        E::Requested(_)
        | E::RunStarted(_)
        | E::TurnStarted(_)
        | E::TurnCompleted(_)
        | E::TurnFailed(_)
        | E::ApprovalRequested(_)
        | E::ApprovalAnswered(_)
        | E::ApprovalTimedOut(_)
        | E::ToolCallStarted(_)
        | E::ToolCallCompleted(_)
        | E::MessageAdded(_)
        | E::Requeued(_)
        | E::Paused(_)
        | E::Resumed(_)
        | E::CancelRequested(_)
        | E::Completed(_)
        | E::Failed(_)
        | E::Cancelled(_)
        | E::LimitReached(_)
        | E::Forgotten(_)
        | E::WorkspaceDiscarded(_)
        | E::SnapshotNamed(_)
        | E::SnapshotsReleased(_) => vec![],
    }
}

/// Every text that could name something in the store. Too many are harmless.
fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() == NAME_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Commands {
    /// Reads on to the journal's end. An event that cannot be read ends it: then nothing may be removed.
    pub(super) async fn gather(&self, gathered: &mut Gathered) -> Result<(), CommandError> {
        loop {
            let page = self.journal().read_all(gathered.seen, PAGE, &Filter::default()).await?;
            let full = page.events.len() == PAGE;
            for recorded in &page.events {
                let (version, payload) = self.newest_payload(recorded).await?;
                gathered.take_in(recorded, version, payload)?;
            }
            gathered.seen = page.seen;
            if !full {
                return Ok(());
            }
        }
    }
}
