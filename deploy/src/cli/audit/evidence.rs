//! An exported event as its leaf is made of it. Every field of the item that the leaf holds is taken from the item itself, so that one that
//! was changed leads nowhere.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use opensail_eventstore::private::count_sealed;
use opensail_eventstore::seal::{Hash, leaf_of};
use opensail_eventstore::{Actor, CommandId, Epoch, Recorded, StreamId};
use serde_json::Value;
use uuid::Uuid;

pub struct Evidence {
    pub event: Recorded,
    pub path: Vec<Hash>,
    /// What the item shows and the leaf does not hold, but in sealed form or not at all: private fields, the address, the name of a person.
    pub unproven: u64,
}

const ITEM: [&str; 17] = [
    "event_id",
    "position",
    "tenant_position",
    "stream",
    "stream_version",
    "type",
    "version",
    "time",
    "actor",
    "team_id",
    "project_id",
    "command_id",
    "correlation_id",
    "causation_id",
    "data",
    "client_address",
    "proof",
];
const ACTOR: [&str; 3] = ["kind", "id", "name"];
const PROOF: [&str; 6] = ["epoch", "tenant", "actor_name", "client_address", "payload", "path"];

/// Refuses an object with a field of another name: whoever reads it might take that for something that was proven.
pub fn only(object: &Value, known: &[&str]) -> Result<(), String> {
    let foreign = object.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str()));
    foreign.map_or(Ok(()), |(name, _)| Err(format!("the field {name:?} is not known, and nothing proves it")))
}

impl Evidence {
    /// Reads an item with its `proof`; refuses one whose shown data is not what was hashed.
    pub fn read(item: &Value) -> Result<Evidence, String> {
        let proof = item.get("proof").ok_or("it carries no proof")?;
        only(item, &ITEM).and_then(|()| only(&item["actor"], &ACTOR)).and_then(|()| only(proof, &PROOF))?;
        let text = |of: &Value, name: &str| of[name].as_str().map(str::to_owned).ok_or(format!("{name} is missing"));
        let number = |name: &str| item[name].as_u64().ok_or(format!("{name} is missing"));
        let id = |of: &Value, name: &str| {
            let id = of[name].as_str().and_then(|id| Uuid::try_parse(id).ok());
            id.ok_or(format!("{name} is no id"))
        };
        let optional = |of: &Value, name: &str| of[name].as_str().map(str::to_owned);
        let time = DateTime::parse_from_rfc3339(&text(item, "time")?).map_err(|_| "time is no time")?;
        let kind = text(&item["actor"], "kind")?.parse()?;
        let causation_id = match item["causation_id"].is_null() {
            true => None,
            false => Some(id(item, "causation_id")?),
        };
        let event = Recorded {
            position: number("position")?,
            tenant_position: number("tenant_position")?,
            epoch: Epoch(id(proof, "epoch")?),
            event_id: id(item, "event_id")?,
            stream: StreamId::from_stored(text(item, "stream")?),
            stream_version: number("stream_version")?,
            event_type: text(item, "type")?,
            version: u32::try_from(number("version")?).map_err(|_| "version is too large")?,
            tenant: text(proof, "tenant")?,
            project: optional(item, "project_id"),
            actor: Actor { kind, id: text(&item["actor"], "id")?, name: text(proof, "actor_name")? },
            command_id: CommandId(id(item, "command_id")?),
            correlation_id: id(item, "correlation_id")?,
            causation_id,
            client_address: optional(proof, "client_address"),
            time: time.timestamp_micros(),
            payload: text(proof, "payload")?,
            content_hash: [0; 32],
        };
        if item["team_id"].as_str().is_some_and(|team| team != event.tenant) {
            return Err("team_id is not whose event it is".into());
        }
        if !event.actor.name.is_empty() && item["actor"]["name"] != event.actor.name.as_str() {
            return Err("the actor's name is not what was written".into());
        }
        let payload: Value = serde_json::from_str(&event.payload).map_err(|_| "the payload is no JSON")?;
        if !shows(&item["data"], &payload) {
            return Err("data is not what was written".into());
        }
        let path = proof["path"].as_array().ok_or("the proof has no path")?.iter().map(hash).collect::<Option<_>>();
        let named = event.actor.name.is_empty() && item["actor"]["name"] != "";
        let unproven = count_sealed(&event.payload) + u64::from(event.client_address.is_some()) + u64::from(named);
        Ok(Evidence { event, path: path.ok_or("the path is not made of hashes")?, unproven })
    }

    pub fn leaf(&self) -> Hash {
        leaf_of(&self.event)
    }
}

pub fn hash(text: &Value) -> Option<Hash> {
    STANDARD.decode(text.as_str()?).ok()?.try_into().ok()
}

/// Whether the data is the payload with something in place of each private field: what stood there is sealed, and only the server can say.
fn shows(data: &Value, payload: &Value) -> bool {
    match (data, payload) {
        (_, Value::Object(field)) if field.len() == 1 && (field.contains_key("$p") || field.contains_key("$forgotten")) => true,
        (Value::Object(data), Value::Object(payload)) => {
            data.len() == payload.len() && payload.iter().all(|(name, field)| data.get(name).is_some_and(|shown| shows(shown, field)))
        }
        (Value::Array(data), Value::Array(payload)) => {
            data.len() == payload.len() && data.iter().zip(payload).all(|(shown, field)| shows(shown, field))
        }
        (data, payload) => data == payload,
    }
}
