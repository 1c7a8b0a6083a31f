//! Any [`Decider`] as a `cqrs_es::Aggregate`, so that cqrs-es runs it and the rules never meet async code.

pub(crate) mod cache;
pub(crate) mod load;
pub mod store;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use opensail_domain::kernel::{Decider, Event};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The state of a decider, run by cqrs-es. Each event is applied once, by the sink.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Cqrs<D: Decider> {
    pub state: D::State,
}

impl<D: Decider> Default for Cqrs<D> {
    fn default() -> Self {
        Cqrs { state: D::State::default() }
    }
}

impl<D: Decider> Clone for Cqrs<D> {
    fn clone(&self) -> Self {
        Cqrs { state: self.state.clone() }
    }
}

impl<D: Decider> Aggregate for Cqrs<D> {
    const TYPE: &'static str = D::TYPE;
    type Command = D::Command;
    type Event = Stored<D::Event>;
    type Error = D::Rejection;
    type Services = ();

    async fn handle(&mut self, command: D::Command, _: &(), sink: &EventSink<Self>) -> Result<(), D::Rejection> {
        for event in D::decide(&self.state, command)? {
            sink.write(Stored(event), self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Stored<D::Event>) {
        D::evolve(&mut self.state, &event.0);
    }
}

/// An event in the form cqrs-es keeps: `{type, version, data}`.
#[derive(Clone, PartialEq, Debug)]
pub struct Stored<E>(pub E);

#[derive(Serialize, Deserialize)]
struct Wire {
    r#type: String,
    version: u32,
    data: Value,
}

impl<E: Event> Serialize for Stored<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire { r#type: self.0.event_type().into(), version: self.0.version(), data: self.0.encode() }.serialize(serializer)
    }
}

impl<'de, E: Event> Deserialize<'de> for Stored<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        E::decode(&wire.r#type, wire.version, wire.data).map(Stored).map_err(D::Error::custom)
    }
}

impl<E: Event> DomainEvent for Stored<E> {
    fn event_type(&self) -> String {
        self.0.event_type().into()
    }
    fn event_version(&self) -> String {
        self.0.version().to_string()
    }
}
