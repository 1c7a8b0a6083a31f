//! A text on its way through a relay: sealed under its session's key, as it will lie in the journal, so that a relay's memory and disk hold
//! nothing that forgetting would not reach, and nobody who can write to the relay can put words into a session.

use opensail_domain::kernel::SessionId;
use opensail_eventstore::vault::keyring::{DataKey, Keyring, NONCE};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::heard::Place;
use super::{Call, Piece, Turn};
use crate::CommandError;

/// What the process that writes a text says about it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Said {
    Delta { piece: Piece<Turn>, whole: bool },
    Progress { piece: Piece<Call>, whole: bool },
    AnswerSettled(SessionId),
    OutputSettled(SessionId),
}

/// Before the sealed bytes, on a line of its own.
#[derive(Serialize, Deserialize)]
struct Head {
    node: Uuid,
    number: u64,
    session: SessionId,
    key: String,
}

fn subject(session: SessionId) -> String {
    format!("session-{session}")
}

/// Binds the bytes to their place, so that nothing can be told twice.
fn bound(place: Place, session: SessionId) -> String {
    format!("opensail/live/v1|{}|{}|{session}", place.node, place.number)
}

impl Said {
    pub(super) fn session(&self) -> SessionId {
        match self {
            Said::Delta { piece, .. } => piece.session_id,
            Said::Progress { piece, .. } => piece.session_id,
            Said::AnswerSettled(session) | Said::OutputSettled(session) => *session,
        }
    }

    pub(super) async fn seal(&self, keys: &Keyring, place: Place) -> Result<Vec<u8>, CommandError> {
        let session = self.session();
        let key: DataKey = keys.current(&subject(session)).await?;
        let plain = serde_json::to_vec(self).map_err(CommandError::broken)?;
        let (nonce, sealed) = key.seal(bound(place, session).as_bytes(), &plain)?;
        let head = Head { node: place.node, number: place.number, session, key: key.key_id().into() };
        let mut message = serde_json::to_vec(&head).map_err(CommandError::broken)?;
        message.push(b'\n');
        message.extend_from_slice(&nonce);
        message.extend_from_slice(&sealed);
        Ok(message)
    }

    /// None for what `own` said itself, what is not ours, and what was forgotten.
    pub(super) async fn open(message: &[u8], keys: &Keyring, own: Uuid) -> Option<(Place, Said)> {
        let end = message.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&message[..end]).ok().filter(|head: &Head| head.node != own)?;
        let (nonce, sealed) = message[end + 1..].split_at_checked(NONCE)?;
        let key = keys.find(&subject(head.session), &head.key).await.ok()??;
        let place = Place { node: head.node, number: head.number };
        let plain = key.open(bound(place, head.session).as_bytes(), nonce, sealed).ok()?;
        let said: Said = serde_json::from_slice(&plain).ok()?;
        (said.session() == head.session).then_some((place, said))
    }
}
