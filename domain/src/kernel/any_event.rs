//! Any event of any room, decoded by its wire name.

use serde_json::Value;

use super::upcast::{self, Upcaster};
use super::{DecodeError, Event};
use crate::account::{AccountEvent, EmailEvent};
use crate::agent_session::AgentSessionEvent;
use crate::consumer::ConsumerEvent;
use crate::model::ModelEvent;
use crate::project::{FolderEvent, ProjectEvent};
use crate::projection::ProjectionEvent;
use crate::team::TeamEvent;
use crate::work::WorkEvent;

#[derive(Clone, PartialEq, Debug)]
pub enum AnyEvent {
    Account(AccountEvent),
    Email(EmailEvent),
    Team(TeamEvent),
    Project(ProjectEvent),
    Folder(FolderEvent),
    Model(ModelEvent),
    Projection(ProjectionEvent),
    Consumer(ConsumerEvent),
    Work(WorkEvent),
    AgentSession(Box<AgentSessionEvent>),
}

/// Whether it is a wire name of the room.
fn is<E: Event>(event_type: &str) -> bool {
    E::TYPES.iter().any(|(name, _)| *name == event_type)
}

/// In the room whose wire name it is.
macro_rules! in_its_room {
    ($how:ident($event_type:ident, $version:ident, $payload:ident)) => {
        if is::<AgentSessionEvent>($event_type) {
            AgentSessionEvent::$how($event_type, $version, $payload).map(|e| AnyEvent::AgentSession(Box::new(e)))
        } else if is::<ProjectEvent>($event_type) {
            ProjectEvent::$how($event_type, $version, $payload).map(AnyEvent::Project)
        } else if is::<FolderEvent>($event_type) {
            FolderEvent::$how($event_type, $version, $payload).map(AnyEvent::Folder)
        } else if is::<ModelEvent>($event_type) {
            ModelEvent::$how($event_type, $version, $payload).map(AnyEvent::Model)
        } else if is::<TeamEvent>($event_type) {
            TeamEvent::$how($event_type, $version, $payload).map(AnyEvent::Team)
        } else if is::<AccountEvent>($event_type) {
            AccountEvent::$how($event_type, $version, $payload).map(AnyEvent::Account)
        } else if is::<ProjectionEvent>($event_type) {
            ProjectionEvent::$how($event_type, $version, $payload).map(AnyEvent::Projection)
        } else if is::<ConsumerEvent>($event_type) {
            ConsumerEvent::$how($event_type, $version, $payload).map(AnyEvent::Consumer)
        } else if is::<WorkEvent>($event_type) {
            WorkEvent::$how($event_type, $version, $payload).map(AnyEvent::Work)
        } else if is::<EmailEvent>($event_type) {
            EmailEvent::$how($event_type, $version, $payload).map(AnyEvent::Email)
        } else {
            Err(DecodeError::Unknown { event_type: $event_type.into(), version: $version })
        }
    };
}

impl AnyEvent {
    pub fn decode(event_type: &str, version: u32, payload: Value) -> Result<Self, DecodeError> {
        in_its_room!(decode(event_type, version, payload))
    }

    /// [`AnyEvent::decode`] from a payload's text, which is taken apart only when it has to be made new.
    pub fn read(event_type: &str, version: u32, payload: &str) -> Result<Self, DecodeError> {
        in_its_room!(read(event_type, version, payload))
    }

    /// The raw value as this program would write it; what it does not know stays as it is.
    pub fn newest(event_type: &str, version: u32, payload: Value) -> (u32, Value) {
        upcast::climb(&Self::upcasters(), event_type, version, payload)
    }

    /// Every step of every room.
    pub fn upcasters() -> Vec<Upcaster> {
        [
            AccountEvent::UPCASTERS,
            EmailEvent::UPCASTERS,
            TeamEvent::UPCASTERS,
            ProjectEvent::UPCASTERS,
            FolderEvent::UPCASTERS,
            AgentSessionEvent::UPCASTERS,
            ModelEvent::UPCASTERS,
            ProjectionEvent::UPCASTERS,
            ConsumerEvent::UPCASTERS,
            WorkEvent::UPCASTERS,
        ]
        .concat()
    }

    /// Every type and version that ships, with its JSON Schema.
    pub fn schemas() -> Vec<(&'static str, u32, Value)> {
        [
            AccountEvent::schemas(),
            EmailEvent::schemas(),
            TeamEvent::schemas(),
            ProjectEvent::schemas(),
            FolderEvent::schemas(),
            AgentSessionEvent::schemas(),
            ModelEvent::schemas(),
            ProjectionEvent::schemas(),
            ConsumerEvent::schemas(),
            WorkEvent::schemas(),
        ]
        .concat()
    }
}
