//! An event as the outside sees it: the same item in every event list, over SSE, in exports and webhooks.

use std::borrow::Cow;
use std::collections::HashMap;

use opensail_domain::AnyEvent;
use opensail_domain::kernel::AccountId;
use opensail_domain::kernel::private::FORGOTTEN;
use opensail_eventstore::private;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_eventstore::{ActorKind, Position, Recorded, StreamId};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::audit::EventProof;
use crate::sealed::{self, UNREADABLE};
use crate::{Queries, QueryError, time};

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct EventItem {
    pub event_id: Uuid,
    pub position: Position,
    pub tenant_position: u64,
    pub stream: String,
    pub stream_version: u64,
    #[serde(rename = "type")]
    pub event_type: String,
    pub version: u32,
    /// RFC 3339, UTC, six digits.
    pub time: String,
    pub actor: ActorItem,
    /// Absent for what belongs to a person and not to a team.
    pub team_id: Option<Uuid>,
    pub project_id: Option<String>,
    pub command_id: Uuid,
    pub correlation_id: Uuid,
    /// `event_id` of the event that caused it.
    pub causation_id: Option<Uuid>,
    /// The event's own fields, private ones opened.
    pub data: Value,
    /// Only in the audit; there `null` when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_address: Option<Value>,
    /// Only where proofs were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<EventProof>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ActorItem {
    #[serde(serialize_with = "kind_name")]
    pub kind: ActorKind,
    pub id: String,
    pub name: String,
}

fn kind_name<S: serde::Serializer>(kind: &ActorKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

/// Whether an item says from which address the change was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientAddress {
    Shown,
    Left,
}

impl EventItem {
    /// What it shows and its proof does not hold, but in sealed form or not at all: private fields, the address, the name of a person.
    pub fn unproven(&self) -> u64 {
        let Some(proof) = &self.proof else { return 0 };
        let named = proof.actor_name.is_empty() && !self.actor.name.is_empty();
        private::count_sealed(&proof.payload) + u64::from(proof.client_address.is_some()) + u64::from(named)
    }
}

impl Queries {
    /// One event for the outside.
    pub async fn event_item(&self, recorded: &Recorded, address: ClientAddress) -> Result<EventItem, QueryError> {
        let names = self.account_names(person(recorded)).await?;
        self.item(recorded, &names, address).await
    }

    /// Many events for the outside, in their order.
    pub async fn event_items(&self, recorded: &[Recorded], address: ClientAddress) -> Result<Vec<EventItem>, QueryError> {
        let names = self.account_names(recorded.iter().filter_map(person)).await?;
        let mut items = Vec::with_capacity(recorded.len());
        for event in recorded {
            items.push(self.item(event, &names, address).await?);
        }
        Ok(items)
    }

    async fn item(&self, recorded: &Recorded, names: &HashMap<AccountId, String>, address: ClientAddress) -> Result<EventItem, QueryError> {
        let name = person(recorded).and_then(|id| names.get(&id)).unwrap_or(&recorded.actor.name);
        let client_address = match address {
            ClientAddress::Left => None,
            ClientAddress::Shown => Some(self.address(recorded.client_address.as_deref()).await?),
        };
        let data = opened(&self.keys, recorded).await?;
        // The audit tells what was recorded, which its proofs are of; all others read what this program would write.
        let (version, data) = match address {
            ClientAddress::Shown => (recorded.version, data),
            ClientAddress::Left => AnyEvent::newest(&recorded.event_type, recorded.version, data),
        };
        Ok(EventItem {
            position: recorded.position,
            tenant_position: recorded.tenant_position,
            stream: recorded.stream.to_string(),
            stream_version: recorded.stream_version,
            event_type: recorded.event_type.clone(),
            version,
            time: time::rfc3339(recorded.time),
            actor: ActorItem { kind: recorded.actor.kind, id: recorded.actor.id.clone(), name: name.clone() },
            team_id: Uuid::try_parse(&recorded.tenant).ok(),
            project_id: recorded.project.clone(),
            command_id: recorded.command_id.0,
            correlation_id: recorded.correlation_id,
            event_id: recorded.event_id,
            causation_id: recorded.causation_id,
            data: shown(data),
            client_address,
            proof: None,
        })
    }

    /// The address is text, or a sealed field as JSON text.
    async fn address(&self, address: Option<&str>) -> Result<Value, QueryError> {
        let Some(address) = address else { return Ok(Value::Null) };
        match serde_json::from_str(address) {
            Ok(field @ Value::Object(_)) => Ok(shown(open(&self.keys, || field.clone(), "client_address").await?)),
            _ => Ok(address.into()),
        }
    }
}

/// The account behind an event.
fn person(recorded: &Recorded) -> Option<AccountId> {
    match recorded.actor.kind {
        ActorKind::User => recorded.actor.id.parse().ok(),
        ActorKind::Agent | ActorKind::ApiKey | ActorKind::System => None,
    }
}

/// The payload with its private fields open, as far as their keys are there.
pub(crate) async fn opened(keys: &Keyring, recorded: &Recorded) -> Result<Value, QueryError> {
    // The journal takes nothing else; a payload that is no JSON was changed behind its back, which is for the audit to show.
    open(keys, || serde_json::from_str(&recorded.payload).unwrap_or(Value::Null), &recorded.stream).await
}

/// [`opened`] as text.
pub(crate) async fn opened_text<'a>(keys: &Keyring, of: &StreamId, payload: &'a str) -> Result<Cow<'a, str>, QueryError> {
    match private::open_text(keys, payload).await {
        Err(error) if sealed::damaged(&error) => {
            tracing::error!(%error, %of, "a private field does not open");
            Ok(Cow::Borrowed(payload))
        }
        opened => Ok(opened?),
    }
}

/// One damaged field must not hide a whole list: it stays sealed, and the log says so.
async fn open(keys: &Keyring, stored: impl Fn() -> Value, of: impl std::fmt::Display) -> Result<Value, QueryError> {
    match private::open(keys, stored()).await {
        Ok(opened) => Ok(opened),
        Err(error) if sealed::damaged(&error) => {
            tracing::error!(%error, %of, "a private field does not open");
            Ok(stored())
        }
        Err(error) => Err(error.into()),
    }
}

/// Puts the value, or what is shown in its place, where a private field stood.
fn shown(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(shown).collect(),
        Value::Object(mut object) => {
            if object.len() == 1 {
                if let Some(Value::Object(open)) = object.get_mut("$open") {
                    return open.remove("value").unwrap_or(Value::Null);
                }
                if object.contains_key("$forgotten") {
                    return FORGOTTEN.into();
                }
                if object.contains_key("$p") {
                    return UNREADABLE.into();
                }
            }
            Value::Object(object.into_iter().map(|(name, field)| (name, shown(field))).collect::<Map<_, _>>())
        }
        scalar => scalar,
    }
}
