//! What the journal keeps alive in the store, gathered event by event and per stream, so that only what is new is ever read
//! ([`super::root_index`] keeps it from one sweep to the next).

use std::collections::{BTreeMap, BTreeSet};

use opensail_domain::agent_session::{AgentSessionDecider, AgentSessionEvent};
use opensail_domain::kernel::{Decider, DecodeError, Event, ProjectId, SessionId};
use opensail_domain::project::{ProjectDecider, ProjectEvent};
use opensail_eventstore::{Filter, Position, Recorded};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::named::Named;
use crate::ports::snapshots::Roots;
use crate::{CommandError, Commands};

/// Events read at once.
const PAGE: usize = 500;
/// Hexadecimal digits of a name in the store.
const NAME_DIGITS: usize = 64;

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Gathered {
    /// Up to here every event was taken in.
    pub(crate) seen: Position,
    streams: BTreeMap<String, Kept>,
    sessions: BTreeMap<ProjectId, BTreeSet<SessionId>>,
    deleted: BTreeSet<ProjectId>,
}

/// What one stream keeps.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Kept {
    project: Option<ProjectId>,
    /// Named and not released.
    snapshots: BTreeSet<String>,
    blobs: BTreeSet<String>,
    /// Texts that could be names, of fields that this program does not know as such. Too many are harmless.
    perhaps: BTreeSet<String>,
}

impl Gathered {
    /// `without`: what a dry run lets go before.
    pub(crate) fn roots(&self, without: &BTreeMap<String, BTreeSet<String>>) -> Roots {
        let mut roots = Roots::default();
        for (stream, kept) in &self.streams {
            let gone = without.get(stream);
            if let Some(project) = kept.project.filter(|project| !self.deleted.contains(project)) {
                let stays = |snapshot: &&String| gone.is_none_or(|gone| !gone.contains(*snapshot));
                roots.snapshots.extend(kept.snapshots.iter().filter(stays).map(|snapshot| (project, snapshot.clone())));
            }
            roots.blobs.extend(kept.blobs.iter().cloned());
            roots.perhaps.extend(kept.perhaps.iter().cloned());
        }
        roots
    }

    pub(super) fn projects(&self) -> impl Iterator<Item = (ProjectId, Vec<SessionId>)> {
        let named = self.streams.values().filter(|kept| !kept.snapshots.is_empty()).filter_map(|kept| kept.project);
        let live = named.collect::<BTreeSet<_>>().into_iter().filter(|project| !self.deleted.contains(project));
        live.map(|project| (project, self.sessions.get(&project).into_iter().flatten().copied().collect()))
    }

    fn take_in(&mut self, recorded: &Recorded, payload: Value) -> Result<(), CommandError> {
        let unreadable = |error: DecodeError| CommandError::unreadable(&recorded.stream, recorded.position, &error);
        let mut perhaps = BTreeSet::new();
        collect(&payload, &mut perhaps);
        let project = recorded.project.as_ref().and_then(|project| project.parse::<ProjectId>().ok());
        let stream = recorded.stream.to_string();
        if AgentSessionEvent::TYPES.iter().any(|(name, _)| *name == recorded.event_type) {
            let event = AgentSessionEvent::decode(&recorded.event_type, recorded.version, payload).map_err(unreadable)?;
            if let (Some(project), Ok(session)) = (project, recorded.stream.id().parse::<SessionId>()) {
                self.sessions.entry(project).or_default().insert(session);
            }
            self.keep(&stream, project, &Named::by_session(&event), perhaps);
            if let AgentSessionEvent::Forgotten(_) = event
                && let Some(kept) = self.streams.get_mut(&stream)
            {
                // Nobody can read them any more.
                kept.blobs.clear();
                kept.perhaps.clear();
            }
        } else if ProjectEvent::TYPES.iter().any(|(name, _)| *name == recorded.event_type) {
            let event = ProjectEvent::decode(&recorded.event_type, recorded.version, payload).map_err(unreadable)?;
            let project = project.or_else(|| recorded.stream.id().parse().ok());
            self.keep(&stream, project, &Named::by_project(&event), perhaps);
            if let (ProjectEvent::Deleted(_), Some(project)) = (event, project) {
                self.deleted.insert(project);
            }
        } else {
            self.keep(&stream, project, &Named::default(), perhaps);
        }
        Ok(())
    }

    /// Names of snapshots are told apart from all others: what is released must not be kept as if it were a blob.
    fn keep(&mut self, stream: &str, project: Option<ProjectId>, named: &Named<'_>, mut perhaps: BTreeSet<String>) {
        for known in named.snapshots().chain(named.released.iter().copied()).chain(named.blobs.iter().copied()) {
            perhaps.remove(known);
        }
        for digest in &named.digests {
            perhaps.remove(*digest);
        }
        if perhaps.is_empty() && *named == Named::default() {
            return;
        }
        let kept = self.streams.entry(stream.to_owned()).or_default();
        kept.project = kept.project.or(project);
        kept.snapshots.extend(named.snapshots().map(str::to_owned));
        for released in &named.released {
            kept.snapshots.remove(*released);
        }
        kept.blobs.extend(named.blobs.iter().map(|name| (*name).to_owned()));
        kept.perhaps.extend(perhaps);
    }
}

pub(super) fn stream_of_session(session: SessionId) -> String {
    format!("{}-{session}", AgentSessionDecider::TYPE)
}

pub(super) fn stream_of_project(project: ProjectId) -> String {
    format!("{}-{project}", ProjectDecider::TYPE)
}

/// Every text that could name something in the store.
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
    pub(crate) async fn gather(&self, gathered: &mut Gathered) -> Result<(), CommandError> {
        loop {
            let page = self.journal().read_all(gathered.seen, PAGE, &Filter::default()).await?;
            let full = page.events.len() == PAGE;
            for recorded in &page.events {
                let payload = self.opened_payload(recorded).await?;
                gathered.take_in(recorded, payload)?;
            }
            gathered.seen = page.seen;
            if !full {
                return Ok(());
            }
        }
    }
}
