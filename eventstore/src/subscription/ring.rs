//! The last events of the journal in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::envelope::{Position, Recorded};
use crate::journal::Filter;

/// Bounds of the ring; the oldest events leave first.
pub const RING_EVENTS: usize = 8192;
pub const RING_BYTES: usize = 32 * 1024 * 1024;
/// Events looked at under the lock at once, so that one reader does not hold up the others.
const LOOK: usize = 1024;

/// What a reader finds in the ring.
pub(super) enum Looked {
    Moved {
        events: Vec<Arc<Recorded>>,
        seen: Position,
    },
    /// The ring begins after what the reader needs next.
    Behind,
    AtEnd,
}

/// Events without a gap, `end` being the last one's position also when the ring is empty.
pub(super) struct Ring {
    events: VecDeque<Arc<Recorded>>,
    bytes: usize,
    end: Position,
}

impl Ring {
    pub(super) fn at(end: Position) -> Self {
        Ring { events: VecDeque::new(), bytes: 0, end }
    }

    pub(super) fn end(&self) -> Position {
        self.end
    }

    pub(super) fn push(&mut self, event: Recorded) {
        self.end = event.position;
        self.bytes += event.payload.len();
        self.events.push_back(Arc::new(event));
        while self.events.len() > RING_EVENTS || self.bytes > RING_BYTES {
            match self.events.pop_front() {
                Some(oldest) => self.bytes -= oldest.payload.len(),
                None => return,
            }
        }
    }

    pub(super) fn look(&self, at: Position, max: usize, filter: &Filter) -> Looked {
        if at >= self.end {
            return Looked::AtEnd;
        }
        let first = self.end - self.events.len() as u64 + 1;
        if at + 1 < first {
            return Looked::Behind;
        }
        let (mut events, mut seen) = (Vec::new(), at);
        for event in self.events.range((at + 1 - first) as usize..).take(LOOK) {
            seen = event.position;
            if filter.matches(event) {
                events.push(event.clone());
                if events.len() >= max {
                    break;
                }
            }
        }
        Looked::Moved { events, seen }
    }
}
