//! Any event of any room, decoded by its wire name.

use serde_json::Value;

use super::{DecodeError, Event};
use crate::account::{AccountEvent, EmailEvent};
use crate::agent_session::AgentSessionEvent;
use crate::model::ModelEvent;
use crate::project::{FolderEvent, ProjectEvent};
use crate::projection::ProjectionEvent;
use crate::team::TeamEvent;

#[derive(Clone, PartialEq, Debug)]
pub enum AnyEvent {
    Account(AccountEvent),
    Email(EmailEvent),
    Team(TeamEvent),
    Project(ProjectEvent),
    Folder(FolderEvent),
    Model(ModelEvent),
    Projection(ProjectionEvent),
    AgentSession(Box<AgentSessionEvent>),
}

impl AnyEvent {
    pub fn decode(event_type: &str, version: u32, payload: Value) -> Result<Self, DecodeError> {
        let is = |types: &[(&str, u32)]| types.iter().any(|(name, _)| *name == event_type);
        if is(AgentSessionEvent::TYPES) {
            AgentSessionEvent::decode(event_type, version, payload).map(|e| AnyEvent::AgentSession(Box::new(e)))
        } else if is(ProjectEvent::TYPES) {
            ProjectEvent::decode(event_type, version, payload).map(AnyEvent::Project)
        } else if is(FolderEvent::TYPES) {
            FolderEvent::decode(event_type, version, payload).map(AnyEvent::Folder)
        } else if is(ModelEvent::TYPES) {
            ModelEvent::decode(event_type, version, payload).map(AnyEvent::Model)
        } else if is(TeamEvent::TYPES) {
            TeamEvent::decode(event_type, version, payload).map(AnyEvent::Team)
        } else if is(AccountEvent::TYPES) {
            AccountEvent::decode(event_type, version, payload).map(AnyEvent::Account)
        } else if is(ProjectionEvent::TYPES) {
            ProjectionEvent::decode(event_type, version, payload).map(AnyEvent::Projection)
        } else if is(EmailEvent::TYPES) {
            EmailEvent::decode(event_type, version, payload).map(AnyEvent::Email)
        } else {
            Err(DecodeError::Unknown { event_type: event_type.into(), version })
        }
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
        ]
        .concat()
    }
}
