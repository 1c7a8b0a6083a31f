//! Old versions of events made new, one step at a time, on the raw value.
//!
//! Every reader of events decodes through these steps: aggregates, views, workers, replays. What was recorded stays as it is; the audit and its proofs show
//! that. A step may move, rename, wrap and add fields; a private field is open for one reader and sealed for another, so a step never looks into it.

use serde_json::Value;

/// From `version` of `event_type` to the next one.
#[derive(Clone, Copy, Debug)]
pub struct Upcaster {
    pub event_type: &'static str,
    pub version: u32,
    pub step: fn(Value) -> Value,
}

/// As far up as the steps go.
pub fn climb(upcasters: &[Upcaster], event_type: &str, mut version: u32, mut payload: Value) -> (u32, Value) {
    while let Some(found) = step(upcasters, event_type, version) {
        payload = (found.step)(payload);
        version += 1;
    }
    (version, payload)
}

fn step<'a>(upcasters: &'a [Upcaster], event_type: &str, version: u32) -> Option<&'a Upcaster> {
    let known = upcasters.iter().find(|upcaster| upcaster.event_type == event_type && upcaster.version == version);
    #[cfg(feature = "rehearsal")]
    let known = known.or_else(|| super::rehearsal::step(event_type, version));
    known
}

/// The version in which a type is written: as it is declared.
pub(crate) fn written(event_type: &str, declared: u32) -> u32 {
    #[cfg(feature = "rehearsal")]
    if let Some(later) = super::rehearsal::version(event_type) {
        return later;
    }
    let _ = event_type;
    declared
}
