//! What the appender knows of the journal because it wrote it itself: the last event, and the versions of the streams it wrote to.
//! The database checks that nobody else has written since; then none of it needs to be looked up.

use std::collections::HashMap;
use std::mem;

use uuid::Uuid;

use crate::append::check::Prepared;
use crate::append::{AppendError, Appended};
use crate::envelope::{Position, StreamId};

/// Streams of one generation; two are kept. Some 150 bytes each.
const GENERATION: usize = 16 * 1024;

#[derive(Default)]
pub(super) struct Heads {
    /// Position and event id of the journal's last event, if we wrote it.
    last: Option<(Position, Uuid)>,
    young: HashMap<StreamId, u64>,
    /// Dropped when the young ones have become too many.
    old: HashMap<StreamId, u64>,
}

impl Heads {
    pub(super) fn last_event(&self) -> Option<Uuid> {
        self.last.map(|(_, event_id)| event_id)
    }

    /// The version we wrote last; `None` when we do not remember.
    pub(super) fn version(&self, stream: &StreamId) -> Option<u64> {
        self.young.get(stream).or_else(|| self.old.get(stream)).copied()
    }

    /// Learns from an answered batch; `before` is the journal's last position before it.
    pub(super) fn wrote(&mut self, before: Position, batch: &[&Prepared], answers: &[Result<Appended, AppendError>]) {
        if self.last.is_some_and(|(position, _)| position != before) {
            // Somebody else wrote in between: a guard must not rest on what was true before.
            *self = Heads::default();
        }
        for (prepared, answer) in batch.iter().zip(answers) {
            let Ok(Appended { repeated: false, position, versions, .. }) = answer else { continue };
            if let Some(event) = prepared.append.parts.last().and_then(|part| part.events.last()) {
                self.last = Some((*position, event.event_id));
            }
            for (stream, version) in versions {
                self.old.remove(stream);
                self.young.insert(stream.clone(), *version);
            }
        }
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
    }
}
