//! What is being written just now: a model's answer, a running command's output. Not events: lost with the process, told again on
//! reconnect as far as it is kept. With a relay, readers on other nodes hear it too ([`ShareTexts`]).

mod heard;
mod sealed;
mod share;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use opensail_domain::kernel::SessionId;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};

use heard::Source;
pub use share::ShareTexts;

/// Pieces a slow reader may fall behind before it is told again what is kept.
const CAPACITY: usize = 1024;
/// Of a command's output the last part is kept for who comes later, in bytes.
const OUTPUT_KEPT: usize = 16 * 1024;

/// Which answer a piece belongs to: of one attempt at one turn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Turn {
    pub turn: u64,
    pub attempt: u64,
}

/// Which command's output a piece belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Call {
    pub call_id: String,
}

/// A piece of a text; `offset` in bytes from the text's start.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Piece<Of> {
    pub session_id: SessionId,
    #[serde(flatten)]
    pub of: Of,
    pub offset: usize,
    pub text: String,
}

pub type Delta = Piece<Turn>;
pub type Progress = Piece<Call>;

/// The texts being written, one per session. Clones share them.
pub struct LiveTexts<Of> {
    shared: Arc<Shared<Of>>,
}

struct Shared<Of> {
    texts: Mutex<HashMap<SessionId, LiveText<Of>>>,
    /// Bytes of a text that are kept, the last ones.
    kept: usize,
    /// Where what is written here is told as well.
    outlet: OnceLock<mpsc::Sender<Told<Of>>>,
}

/// What happened to a text of this process.
enum Told<Of> {
    Written(Piece<Of>),
    Settled(SessionId),
}

pub type LiveTurns = LiveTexts<Turn>;
pub type LiveOutputs = LiveTexts<Call>;

struct LiveText<Of> {
    of: Of,
    /// Bytes written before the kept ones.
    dropped: usize,
    text: String,
    pieces: broadcast::Sender<Piece<Of>>,
    source: Source,
}

impl<Of> Clone for LiveTexts<Of> {
    fn clone(&self) -> Self {
        LiveTexts { shared: self.shared.clone() }
    }
}

impl<Of> LiveTexts<Of> {
    fn keeping(kept: usize) -> Self {
        LiveTexts { shared: Arc::new(Shared { texts: Mutex::default(), kept, outlet: OnceLock::new() }) }
    }
}

impl Default for LiveTurns {
    /// An answer is kept whole: it is what the next event will say.
    fn default() -> Self {
        LiveTexts::keeping(usize::MAX)
    }
}

impl Default for LiveOutputs {
    fn default() -> Self {
        LiveTexts::keeping(OUTPUT_KEPT)
    }
}

impl<Of: Clone + PartialEq + Default> LiveText<Of> {
    fn new() -> Self {
        LiveText { of: Of::default(), dropped: 0, text: String::new(), pieces: broadcast::channel(CAPACITY).0, source: Source::Own }
    }

    fn so_far(&self, session_id: SessionId) -> Option<Piece<Of>> {
        let piece = || Piece { session_id, of: self.of.clone(), offset: self.dropped, text: self.text.clone() };
        (!self.text.is_empty()).then(piece)
    }

    fn clear(&mut self) {
        self.dropped = 0;
        self.text.clear();
    }

    fn keep(&mut self, kept: usize) {
        // In steps, so that not every piece moves the whole of it.
        if self.text.len() > kept.saturating_mul(2) {
            let from = (self.text.len() - kept..).find(|at| self.text.is_char_boundary(*at)).unwrap_or(self.text.len());
            self.text.drain(..from);
            self.dropped += from;
        }
    }
}

impl<Of: Clone + PartialEq + Default> LiveTexts<Of> {
    /// Adds a piece; another answer or command than before discards what was written.
    pub fn write(&self, session_id: SessionId, of: Of, text: &str) {
        if text.is_empty() {
            return;
        }
        let mut texts = self.lock();
        let live = texts.entry(session_id).or_insert_with(LiveText::new);
        if live.of != of || live.source != Source::Own {
            live.of = of.clone();
            live.source = Source::Own;
            live.clear();
        }
        let piece = Piece { session_id, of, offset: live.dropped + live.text.len(), text: text.into() };
        live.text.push_str(text);
        live.keep(self.shared.kept);
        self.tell(|| Told::Written(piece.clone()));
        // Nobody listening is no error.
        let _ = live.pieces.send(piece);
    }

    /// In the order in which it happened, since the texts are locked. What does not fit is told later, as part of the whole.
    fn tell(&self, told: impl FnOnce() -> Told<Of>) {
        if let Some(outlet) = self.shared.outlet.get() {
            let _ = outlet.try_send(told());
        }
    }

    /// What was written is durable or given up: it is no longer live.
    pub fn settle(&self, session_id: SessionId) {
        let mut texts = self.lock();
        if let Some(live) = texts.get_mut(&session_id) {
            live.clear();
            self.tell(|| Told::Settled(session_id));
            if live.pieces.receiver_count() == 0 {
                texts.remove(&session_id);
            }
        }
    }

    /// The text so far, and all pieces after it.
    pub fn subscribe(&self, session_id: SessionId) -> (Option<Piece<Of>>, broadcast::Receiver<Piece<Of>>) {
        let mut texts = self.lock();
        let live = texts.entry(session_id).or_insert_with(LiveText::new);
        (live.so_far(session_id), live.pieces.subscribe())
    }

    /// After a reader has dropped its receiver: a session that nobody writes or reads is forgotten.
    pub fn leave(&self, session_id: SessionId) {
        let mut texts = self.lock();
        if texts.get(&session_id).is_some_and(|live| live.text.is_empty() && live.pieces.receiver_count() == 0) {
            texts.remove(&session_id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, LiveText<Of>>> {
        self.shared.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn who_comes_late_to_a_long_output_is_told_its_end_at_its_place() {
        let (outputs, session) = (LiveOutputs::default(), SessionId(Uuid::now_v7()));
        let call = || Call { call_id: "1-0".into() };
        let line = "an ümläut line\n";
        let mut written = 0;
        while written < 5 * OUTPUT_KEPT {
            outputs.write(session, call(), line);
            written += line.len();
        }
        let (so_far, _) = outputs.subscribe(session);
        let so_far = so_far.expect("the end");
        assert!((OUTPUT_KEPT..=2 * OUTPUT_KEPT).contains(&so_far.text.len()), "{}", so_far.text.len());
        assert_eq!(so_far.offset + so_far.text.len(), written);
        outputs.write(session, Call { call_id: "1-1".into() }, "next");
        let (so_far, _) = outputs.subscribe(session);
        assert_eq!(so_far.map(|piece| (piece.offset, piece.text)), Some((0, "next".into())));
    }

    #[test]
    fn a_piece_names_what_it_belongs_to_beside_its_place() {
        let session_id = SessionId(Uuid::nil());
        let delta = Piece { session_id, of: Turn { turn: 1, attempt: 2 }, offset: 3, text: "a".into() };
        let expected = format!(r#"{{"session_id":"{session_id}","turn":1,"attempt":2,"offset":3,"text":"a"}}"#);
        assert_eq!(serde_json::to_string(&delta).expect("JSON"), expected);
        let progress = Piece { session_id, of: Call { call_id: "1-0".into() }, offset: 0, text: "b".into() };
        assert!(serde_json::to_string(&progress).expect("JSON").contains(r#""call_id":"1-0""#));
    }
}
