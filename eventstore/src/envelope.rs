//! What surrounds a payload: who, why, where and when. Frozen with the first shipped event; see
//! `domain/decisions/0002-envelope.md`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Place of an event in the whole journal: 1, 2, 3 … without a gap, in commit order. 0 is "before the first".
pub type Position = u64;

/// Name of one history of the journal. It changes when the journal is restored to an earlier state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub Uuid);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

/// Where a reader stands: `<epoch>.<position>`, opaque to clients.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Cursor {
    pub epoch: Epoch,
    pub position: Position,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.position)
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a cursor looks like <epoch>.<position>")]
pub struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;
    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (epoch, position) = text.split_once('.').ok_or(BadCursor)?;
        if epoch.len() != 32 || position.starts_with('+') {
            return Err(BadCursor);
        }
        let epoch = Epoch(Uuid::try_parse(epoch).map_err(|_| BadCursor)?);
        let position = position.parse().map_err(|_| BadCursor)?;
        Ok(Cursor { epoch, position })
    }
}

/// `<type>-<id>`, e.g. `agent_session-0199…`. The type has no dash.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(String);

impl StreamId {
    pub fn new(stream_type: &str, id: impl fmt::Display) -> Self {
        debug_assert!(!stream_type.contains('-'));
        StreamId(format!("{stream_type}-{id}"))
    }
    /// Takes a stored name as it is.
    pub fn from_stored(name: String) -> Self {
        StreamId(name)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn stream_type(&self) -> &str {
        self.0.split_once('-').map_or(self.0.as_str(), |(t, _)| t)
    }
    pub fn id(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, id)| id)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names one request to change something; a repeated one answers with the first result.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub Uuid);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    User,
    Agent,
    ApiKey,
    System,
}

impl ActorKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            ActorKind::User => "user",
            ActorKind::Agent => "agent",
            ActorKind::ApiKey => "api_key",
            ActorKind::System => "system",
        }
    }
}

impl FromStr for ActorKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "user" => ActorKind::User,
            "agent" => ActorKind::Agent,
            "api_key" => ActorKind::ApiKey,
            "system" => ActorKind::System,
            other => return Err(format!("unknown kind of actor {other:?}")),
        })
    }
}

/// Who did it. `name` never holds a person's name (that is private and forgettable): it is the agent's model,
/// an API key's prefix or a system part's name; a user's name is looked up when the event is shown.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: String,
    pub name: String,
}

impl Actor {
    /// A part of the platform itself, e.g. `agent_worker`.
    pub fn system(part: &str) -> Self {
        Actor { kind: ActorKind::System, id: part.into(), name: part.into() }
    }
}

/// An event on its way into the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEvent {
    /// UUIDv7.
    pub event_id: Uuid,
    /// Dotted, chosen, stable: `agent_session.tool_call_completed`.
    pub event_type: String,
    pub version: u32,
    /// Exact bytes of canonical JSON (sorted keys, no blanks), private fields already sealed.
    pub payload: String,
}

/// In place of a content hash that is damaged; no event has it, so whoever makes the hash anew finds out at which position it is.
pub const NO_HASH: [u8; 32] = [0; 32];

/// An event as the journal holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recorded {
    pub position: Position,
    /// Place within the tenant: 1, 2, 3 …
    pub tenant_position: u64,
    pub epoch: Epoch,
    pub event_id: Uuid,
    pub stream: StreamId,
    /// Place within the stream: 1, 2, 3 …
    pub stream_version: u64,
    pub event_type: String,
    pub version: u32,
    /// A team's id, or `account-<id>` for a person's own events.
    pub tenant: String,
    pub project: Option<String>,
    pub actor: Actor,
    pub command_id: CommandId,
    pub correlation_id: Uuid,
    /// The event that caused this one.
    pub causation_id: Option<Uuid>,
    /// Address of the caller; sealed under the account's key where there is one.
    pub client_address: Option<String>,
    /// Microseconds since 1970, never smaller than the previous event's.
    pub time: i64,
    pub payload: String,
    /// SHA-256 over the length-prefixed fields; see [`crate::append::content_hash`]. [`NO_HASH`] where what is stored is none any more.
    pub content_hash: [u8; 32],
}

/// What the fold of a stream needs of one of its events: what happened, in which order and when; not who did it, why and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    pub position: Position,
    /// Place within the stream: 1, 2, 3 …
    pub stream_version: u64,
    pub event_type: String,
    pub version: u32,
    /// Microseconds since 1970.
    pub time: i64,
    pub payload: String,
}
