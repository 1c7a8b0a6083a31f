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
    while let Some(found) = upcasters.iter().find(|upcaster| upcaster.event_type == event_type && upcaster.version == version) {
        payload = (found.step)(payload);
        version += 1;
    }
    (version, payload)
}
