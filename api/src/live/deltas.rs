//! Text that models write just now, for the sessions of one stream; listened to only while a turn is open.

use axum::body::Bytes;
use futures::StreamExt;
use opensail_commands::live::{Delta, LiveTurns};
use opensail_domain::kernel::SessionId;
use tokio_stream::StreamMap;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::frame;

pub(super) struct Deltas {
    turns: LiveTurns,
    open: StreamMap<SessionId, BroadcastStream<Delta>>,
}

impl Deltas {
    pub(super) fn new(turns: LiveTurns) -> Self {
        Deltas { turns, open: StreamMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// A turn has begun: listens, and gives what was written so far.
    pub(super) fn begin(&mut self, session: SessionId) -> Option<Bytes> {
        let (so_far, pieces) = self.turns.subscribe(session);
        self.open.insert(session, BroadcastStream::new(pieces));
        so_far.as_ref().and_then(shown)
    }

    /// The turn is durable or given up.
    pub(super) fn end(&mut self, session: SessionId) {
        if self.open.remove(&session).is_some() {
            self.turns.leave(session);
        }
    }

    /// The next piece. Who fell behind is told the turn so far again. May be cancelled without losing anything.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        match self.open.next().await {
            Some((_, Ok(delta))) => shown(&delta),
            Some((session, Err(BroadcastStreamRecvError::Lagged(_)))) => self.begin(session),
            None => None,
        }
    }
}

impl Drop for Deltas {
    fn drop(&mut self) {
        let sessions: Vec<_> = self.open.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.end(session));
    }
}

fn shown(delta: &Delta) -> Option<Bytes> {
    serde_json::to_string(delta).ok().map(|data| frame::passing("delta", &data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[tokio::test]
    async fn a_reader_gets_the_turn_so_far_and_then_the_pieces() {
        let (turns, session) = (LiveTurns::default(), SessionId(Uuid::now_v7()));
        turns.write(session, 1, 1, "Hel");
        let mut deltas = Deltas::new(turns.clone());
        let first = deltas.begin(session).unwrap();
        let text = |frame: &Bytes| String::from_utf8(frame.to_vec()).unwrap();
        assert!(text(&first).starts_with("event: delta\ndata: {") && text(&first).contains(r#""offset":0,"text":"Hel""#));
        turns.write(session, 1, 1, "lo");
        let second = deltas.next().await.unwrap();
        assert!(text(&second).contains(r#""offset":3,"text":"lo""#) && !text(&second).contains("id:"), "{second:?}");
        deltas.end(session);
        assert!(deltas.is_empty());
    }

    #[tokio::test]
    async fn who_falls_behind_is_told_the_turn_again() {
        let (turns, session) = (LiveTurns::default(), SessionId(Uuid::now_v7()));
        let mut deltas = Deltas::new(turns.clone());
        assert_eq!(deltas.begin(session), None);
        (0..5000).for_each(|_| turns.write(session, 1, 1, "x"));
        let told = deltas.next().await.unwrap();
        assert!(String::from_utf8(told.to_vec()).unwrap().contains(&"x".repeat(5000)));
    }
}
