//! Text that a model is writing just now. Not events: lost with the process, told again from the start on reconnect.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opensail_domain::kernel::SessionId;
use serde::Serialize;
use tokio::sync::broadcast;

/// Pieces a slow reader may fall behind before it is told the turn so far again.
const CAPACITY: usize = 1024;

/// A piece of the answer of one attempt at one turn; `offset` in bytes from its start.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Delta {
    pub session_id: SessionId,
    pub turn: u64,
    pub attempt: u64,
    pub offset: usize,
    pub text: String,
}

/// The turns being written in this process.
#[derive(Clone, Default)]
pub struct LiveTurns {
    turns: Arc<Mutex<HashMap<SessionId, LiveTurn>>>,
}

struct LiveTurn {
    turn: u64,
    attempt: u64,
    text: String,
    pieces: broadcast::Sender<Delta>,
}

impl LiveTurn {
    fn new() -> Self {
        LiveTurn { turn: 0, attempt: 0, text: String::new(), pieces: broadcast::channel(CAPACITY).0 }
    }
    fn so_far(&self, session_id: SessionId) -> Option<Delta> {
        let (turn, attempt) = (self.turn, self.attempt);
        (!self.text.is_empty()).then(|| Delta { session_id, turn, attempt, offset: 0, text: self.text.clone() })
    }
}

impl LiveTurns {
    /// Adds a piece; a new attempt discards what the old one wrote.
    pub fn write(&self, session_id: SessionId, turn: u64, attempt: u64, text: &str) {
        let mut turns = self.lock();
        let live = turns.entry(session_id).or_insert_with(LiveTurn::new);
        if (live.turn, live.attempt) != (turn, attempt) {
            (live.turn, live.attempt) = (turn, attempt);
            live.text.clear();
        }
        let delta = Delta { session_id, turn, attempt, offset: live.text.len(), text: text.into() };
        live.text.push_str(text);
        // Nobody listening is no error.
        let _ = live.pieces.send(delta);
    }

    /// The turn is durable or given up: its text is no longer live.
    pub fn settle(&self, session_id: SessionId) {
        let mut turns = self.lock();
        if let Some(live) = turns.get_mut(&session_id) {
            live.text.clear();
            if live.pieces.receiver_count() == 0 {
                turns.remove(&session_id);
            }
        }
    }

    /// The turn so far, and all pieces after it.
    pub fn subscribe(&self, session_id: SessionId) -> (Option<Delta>, broadcast::Receiver<Delta>) {
        let mut turns = self.lock();
        let live = turns.entry(session_id).or_insert_with(LiveTurn::new);
        (live.so_far(session_id), live.pieces.subscribe())
    }

    /// After a reader has dropped its receiver: a session that nobody writes or reads is forgotten.
    pub fn leave(&self, session_id: SessionId) {
        let mut turns = self.lock();
        if turns.get(&session_id).is_some_and(|live| live.text.is_empty() && live.pieces.receiver_count() == 0) {
            turns.remove(&session_id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, LiveTurn>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
