//! Events and how they are read back: by wire name and version, old versions made new on the way.

use serde_json::Value;

use super::upcast::{self, Upcaster};

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// Written by a newer program than this one.
    #[error("event {event_type} v{version} is not known to this version of the program, which is older than the journal; upgrade it")]
    Unknown { event_type: String, version: u32 },
    #[error("event {event_type} v{version} cannot be read: {why}")]
    Malformed { event_type: String, version: u32, why: String },
}

/// A fact of one room. Wire names are dotted and stable; what has shipped changes only by optional fields.
pub trait Event: Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static {
    /// Every wire name of the room with the version that is written, each once.
    const TYPES: &'static [(&'static str, u32)];
    /// Steps from each older version to the next one.
    const UPCASTERS: &'static [Upcaster];
    fn event_type(&self) -> &'static str;
    fn version(&self) -> u32;
    /// The payload, private fields open (`$open`), to be sealed before it is stored.
    fn encode(&self) -> Value;
    /// Of any version that was ever written.
    fn decode(event_type: &str, version: u32, payload: Value) -> Result<Self, DecodeError>;
    /// [`Event::decode`] from a payload's text, which is taken apart only when it has to be made new.
    fn read(event_type: &str, version: u32, payload: &str) -> Result<Self, DecodeError> {
        let payload = serde_json::from_str(payload);
        let payload = payload.map_err(|error| DecodeError::Malformed { event_type: event_type.into(), version, why: error.to_string() })?;
        Self::decode(event_type, version, payload)
    }
    /// The raw value as this program would write it; what it does not know stays as it is.
    fn newest(event_type: &str, version: u32, payload: Value) -> (u32, Value) {
        upcast::climb(Self::UPCASTERS, event_type, version, payload)
    }
    /// JSON Schema of each type and version.
    fn schemas() -> Vec<(&'static str, u32, Value)>;
}

/// Declares a room's events: one variant per wire name, each around a struct of the same name, and the steps from older versions.
macro_rules! events {
    (
        $(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $wire:literal v $version:literal),+ $(,)? }
        $(upcast { $($old:literal v $from:literal => $step:expr),+ $(,)? })?
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Debug)]
        pub enum $name { $($(#[$vmeta])* $variant($variant)),+ }

        $(impl From<$variant> for $name {
            fn from(event: $variant) -> Self { $name::$variant(event) }
        })+

        impl $crate::kernel::Event for $name {
            const TYPES: &'static [(&'static str, u32)] = &[$(($wire, $version)),+];
            const UPCASTERS: &'static [$crate::kernel::Upcaster] =
                &[$($($crate::kernel::Upcaster { event_type: $old, version: $from, step: $step }),+)?];
            fn event_type(&self) -> &'static str {
                match self { $($name::$variant(_) => $wire),+ }
            }
            fn version(&self) -> u32 {
                match self { $($name::$variant(_) => $crate::kernel::upcast::written($wire, $version)),+ }
            }
            fn encode(&self) -> serde_json::Value {
                match self { $($name::$variant(event) => serde_json::to_value(event)
                    .expect("an event is plain data with string keys, which always serialises")),+ }
            }
            fn decode(event_type: &str, version: u32, payload: serde_json::Value) -> Result<Self, $crate::kernel::DecodeError> {
                let (newest, payload) = Self::newest(event_type, version, payload);
                match event_type {
                    $($wire if newest == $crate::kernel::upcast::written($wire, $version) => serde_json::from_value(payload).map($name::$variant).map_err(|e| {
                        $crate::kernel::DecodeError::Malformed { event_type: event_type.into(), version, why: e.to_string() }
                    }),)+
                    _ => Err($crate::kernel::DecodeError::Unknown { event_type: event_type.into(), version }),
                }
            }
            fn read(event_type: &str, version: u32, payload: &str) -> Result<Self, $crate::kernel::DecodeError> {
                let malformed = |e: serde_json::Error| {
                    $crate::kernel::DecodeError::Malformed { event_type: event_type.into(), version, why: e.to_string() }
                };
                match event_type {
                    $($wire if version == $crate::kernel::upcast::written($wire, $version) => {
                        serde_json::from_str(payload).map($name::$variant).map_err(malformed)
                    })+
                    _ => Self::decode(event_type, version, serde_json::from_str(payload).map_err(malformed)?),
                }
            }
            fn schemas() -> Vec<(&'static str, u32, serde_json::Value)> {
                vec![$(($wire, $crate::kernel::upcast::written($wire, $version), schemars::schema_for!($variant).to_value())),+]
            }
        }
    };
}
pub(crate) use events;
