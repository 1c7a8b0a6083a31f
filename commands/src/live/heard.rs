//! Texts that another process writes, as a relay brings them: late, doubled, out of order, with gaps.
//!
//! A message's number, growing with its writer, tells what is old. A piece that does not join what is there is left until the writer tells the
//! whole again, so that a reader never sees a text with a hole in it.

use std::time::Duration;

use opensail_domain::kernel::SessionId;
use tokio::time::Instant;
use uuid::Uuid;

use super::{Call, LiveText, LiveTexts, Piece, Turn};

/// A text of which nothing was heard for so long is not being written any more: its writer tells it again every
/// [`super::share::RETELL`].
pub(super) const SILENT: Duration = Duration::from_secs(10);

/// Who writes a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    Own,
    Other { heard: Place, at: Instant },
}

/// A message's place among all of its writer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// The writing process.
    pub(super) node: Uuid,
    pub(super) number: u64,
}

/// Whether a text is of an earlier time than another.
pub trait Older {
    fn older_than(&self, other: &Self) -> bool;
}

impl Older for Turn {
    fn older_than(&self, other: &Self) -> bool {
        self < other
    }
}

impl Older for Call {
    /// Names of calls have no order.
    fn older_than(&self, _: &Self) -> bool {
        false
    }
}

impl<Of: Clone + PartialEq + Default + Older> LiveTexts<Of> {
    /// `whole`: the piece is all that its writer keeps.
    pub(super) fn hear(&self, place: Place, piece: Piece<Of>, whole: bool) {
        let mut texts = self.lock();
        let live = texts.entry(piece.session_id).or_insert_with(LiveText::new);
        if live.knows(place) || (!live.text.is_empty() && piece.of.older_than(&live.of)) {
            return;
        }
        if live.of != piece.of || live.source == Source::Own {
            // Another text begins here, or its beginning was missed.
            live.of = piece.of.clone();
            live.clear();
        }
        live.source = Source::Other { heard: place, at: Instant::now() };
        let end = live.dropped + live.text.len();
        let new = match piece.offset.checked_sub(end) {
            Some(0) => piece,
            Some(_) if whole => {
                live.clear();
                live.dropped = piece.offset;
                piece
            }
            Some(_) => return,
            None => match piece.text.get(end - piece.offset..) {
                Some(rest) => Piece { offset: end, text: rest.into(), ..piece },
                // All of it is known, or it is another text than it says.
                None => return,
            },
        };
        if new.text.is_empty() {
            return;
        }
        live.text.push_str(&new.text);
        live.keep(self.shared.kept);
        // Nobody listening is no error.
        let _ = live.pieces.send(new);
    }

    pub(super) fn hear_settled(&self, place: Place, session_id: SessionId) {
        let mut texts = self.lock();
        let Some(live) = texts.get_mut(&session_id) else { return };
        if !matches!(live.source, Source::Other { heard, .. } if heard.node == place.node) || live.knows(place) {
            return;
        }
        live.source = Source::Other { heard: place, at: Instant::now() };
        live.clear();
    }

    /// Forgets what others do not write any more.
    pub(super) fn forget_silent(&self) {
        self.lock().retain(|_, live| match live.source {
            Source::Other { at, .. } if at.elapsed() >= SILENT => {
                live.clear();
                live.pieces.receiver_count() > 0
            }
            Source::Own | Source::Other { .. } => true,
        });
    }

    /// All that this process is writing.
    pub(super) fn own(&self) -> Vec<Piece<Of>> {
        let texts = self.lock();
        let own = texts.iter().filter(|(_, live)| live.source == Source::Own);
        own.filter_map(|(session_id, live)| live.so_far(*session_id)).collect()
    }
}

impl<Of> LiveText<Of> {
    fn knows(&self, place: Place) -> bool {
        matches!(self.source, Source::Other { heard, .. } if heard.node == place.node && place.number <= heard.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::LiveTurns;

    const FIRST: Turn = Turn { turn: 1, attempt: 1 };

    struct Writer {
        session_id: SessionId,
        node: Uuid,
    }

    impl Writer {
        fn piece(&self, of: Turn, offset: usize, text: &str) -> Piece<Turn> {
            Piece { session_id: self.session_id, of, offset, text: text.into() }
        }
        fn place(&self, number: u64) -> Place {
            Place { node: self.node, number }
        }
    }

    fn writer() -> Writer {
        Writer { session_id: SessionId(Uuid::now_v7()), node: Uuid::now_v7() }
    }

    fn so_far(turns: &LiveTurns, session_id: SessionId) -> String {
        turns.subscribe(session_id).0.map(|piece| piece.text).unwrap_or_default()
    }

    #[tokio::test]
    async fn doubled_and_late_pieces_add_nothing() {
        let (turns, writer) = (LiveTurns::default(), writer());
        let (_, mut pieces) = turns.subscribe(writer.session_id);
        let (one, two, three) = (writer.piece(FIRST, 0, "Hé"), writer.piece(FIRST, 3, "ll"), writer.piece(FIRST, 5, "o"));
        turns.hear(writer.place(1), one.clone(), false);
        turns.hear(writer.place(2), two.clone(), false);
        turns.hear(writer.place(2), two.clone(), false);
        turns.hear(writer.place(1), one.clone(), false);
        turns.hear(writer.place(3), three.clone(), false);
        assert_eq!(so_far(&turns, writer.session_id), "Héllo");
        assert_eq!([pieces.try_recv(), pieces.try_recv(), pieces.try_recv()], [Ok(one), Ok(two), Ok(three)]);
        assert!(pieces.try_recv().is_err());
    }

    #[tokio::test]
    async fn what_was_settled_does_not_come_back_and_an_old_end_ends_nothing() {
        let (turns, writer) = (LiveTurns::default(), writer());
        turns.hear(writer.place(1), writer.piece(FIRST, 0, "ab"), false);
        turns.hear_settled(writer.place(2), writer.session_id);
        turns.hear(writer.place(1), writer.piece(FIRST, 0, "ab"), false);
        assert_eq!(so_far(&turns, writer.session_id), "");
        turns.hear(writer.place(3), writer.piece(Turn { turn: 2, attempt: 1 }, 0, "cd"), false);
        turns.hear_settled(writer.place(2), writer.session_id);
        assert_eq!(so_far(&turns, writer.session_id), "cd");
    }

    #[tokio::test]
    async fn after_a_gap_nothing_is_shown_until_the_whole_is_told() {
        let (turns, writer) = (LiveTurns::default(), writer());
        turns.hear(writer.place(1), writer.piece(FIRST, 0, "ab"), false);
        let (_, mut pieces) = turns.subscribe(writer.session_id);
        turns.hear(writer.place(3), writer.piece(FIRST, 4, "ef"), false);
        assert!(pieces.try_recv().is_err());
        turns.hear(writer.place(4), writer.piece(FIRST, 0, "abcdef"), true);
        assert_eq!(pieces.try_recv(), Ok(writer.piece(FIRST, 2, "cdef")));
        assert_eq!(so_far(&turns, writer.session_id), "abcdef");
    }

    #[tokio::test]
    async fn an_older_attempt_of_a_ghost_is_not_heard() {
        let (turns, writer) = (LiveTurns::default(), writer());
        let ghost = Place { node: Uuid::now_v7(), number: 900 };
        let second = Turn { turn: 1, attempt: 2 };
        turns.hear(writer.place(1), writer.piece(second, 0, "new"), false);
        turns.hear(ghost, writer.piece(FIRST, 0, "old"), true);
        turns.hear_settled(ghost, writer.session_id);
        assert_eq!(so_far(&turns, writer.session_id), "new");
        turns.hear_settled(writer.place(2), writer.session_id);
        assert_eq!(so_far(&turns, writer.session_id), "");
    }

    #[tokio::test(start_paused = true)]
    async fn a_text_whose_writer_died_is_forgotten() {
        let (turns, writer) = (LiveTurns::default(), writer());
        turns.hear(writer.place(1), writer.piece(FIRST, 0, "half a sen"), false);
        turns.write(SessionId(Uuid::now_v7()), FIRST, "mine");
        tokio::time::advance(SILENT).await;
        turns.forget_silent();
        assert_eq!((so_far(&turns, writer.session_id), turns.own().len()), (String::new(), 1));
    }
}
