//! What is being written just now for the sessions of one stream: a model's answer as `delta`, a command's output as `progress`; listened to
//! only while there is something to hear.

use axum::body::Bytes;
use futures::StreamExt;
use opensail_commands::live::{Call, LiveTexts, Piece, Turn};
use opensail_domain::kernel::SessionId;
use serde::Serialize;
use tokio_stream::StreamMap;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::frame;

/// What a piece is called on the wire.
pub(super) trait Named: Clone + PartialEq + Default + Serialize + Send + 'static {
    const EVENT: &'static str;
}

impl Named for Turn {
    const EVENT: &'static str = "delta";
}

impl Named for Call {
    const EVENT: &'static str = "progress";
}

pub(super) struct Pieces<Of: Named> {
    texts: LiveTexts<Of>,
    open: StreamMap<SessionId, BroadcastStream<Piece<Of>>>,
}

impl<Of: Named> Pieces<Of> {
    pub(super) fn new(texts: LiveTexts<Of>) -> Self {
        Pieces { texts, open: StreamMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Writing has begun: listens, and gives what was written so far.
    pub(super) fn begin(&mut self, session: SessionId) -> Option<Bytes> {
        let (so_far, pieces) = self.texts.subscribe(session);
        self.open.insert(session, BroadcastStream::new(pieces));
        so_far.as_ref().and_then(shown)
    }

    /// What was written is durable or given up.
    pub(super) fn end(&mut self, session: SessionId) {
        if self.open.remove(&session).is_some() {
            self.texts.leave(session);
        }
    }

    /// The next piece. Who fell behind is told again what is kept. May be cancelled without losing anything.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        match self.open.next().await {
            Some((_, Ok(piece))) => shown(&piece),
            Some((session, Err(BroadcastStreamRecvError::Lagged(_)))) => self.begin(session),
            None => None,
        }
    }
}

impl<Of: Named> Drop for Pieces<Of> {
    fn drop(&mut self) {
        let sessions: Vec<_> = self.open.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.end(session));
    }
}

fn shown<Of: Named>(piece: &Piece<Of>) -> Option<Bytes> {
    serde_json::to_string(piece).ok().map(|data| frame::passing(Of::EVENT, &data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use opensail_commands::live::LiveTurns;
    use uuid::Uuid;

    const FIRST: Turn = Turn { turn: 1, attempt: 1 };

    #[tokio::test]
    async fn a_reader_gets_the_turn_so_far_and_then_the_pieces() {
        let (turns, session) = (LiveTurns::default(), SessionId(Uuid::now_v7()));
        turns.write(session, FIRST, "Hel");
        let mut deltas = Pieces::new(turns.clone());
        let first = deltas.begin(session).unwrap();
        let text = |frame: &Bytes| String::from_utf8(frame.to_vec()).unwrap();
        assert!(text(&first).starts_with("event: delta\ndata: {") && text(&first).contains(r#""offset":0,"text":"Hel""#));
        turns.write(session, FIRST, "lo");
        let second = deltas.next().await.unwrap();
        assert!(text(&second).contains(r#""offset":3,"text":"lo""#) && !text(&second).contains("id:"), "{second:?}");
        deltas.end(session);
        assert!(deltas.is_empty());
    }

    #[tokio::test]
    async fn who_falls_behind_is_told_the_turn_again() {
        let (turns, session) = (LiveTurns::default(), SessionId(Uuid::now_v7()));
        let mut deltas = Pieces::new(turns.clone());
        assert_eq!(deltas.begin(session), None);
        (0..5000).for_each(|_| turns.write(session, FIRST, "x"));
        let told = deltas.next().await.unwrap();
        assert!(String::from_utf8(told.to_vec()).unwrap().contains(&"x".repeat(5000)));
    }
}
