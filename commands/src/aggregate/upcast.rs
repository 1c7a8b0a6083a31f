//! Old versions of events made new, one step at a time, on the raw value with its private fields open.

use serde_json::Value;

/// One step: from `version` of `event_type` to the next one.
struct Upcaster {
    event_type: &'static str,
    version: u32,
    step: fn(Value) -> Value,
}

/// Every event still has its first version. Additive change comes first and needs no step.
const UPCASTERS: &[Upcaster] = &[];

/// The newest version of a stored event that this program knows.
pub(super) fn newest(event_type: &str, version: u32, payload: Value) -> (u32, Value) {
    climb(UPCASTERS, event_type, version, payload)
}

fn climb(upcasters: &[Upcaster], event_type: &str, mut version: u32, mut payload: Value) -> (u32, Value) {
    while let Some(found) = upcasters.iter().find(|u| u.event_type == event_type && u.version == version) {
        payload = (found.step)(payload);
        version += 1;
    }
    (version, payload)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_follow_each_other() {
        let steps = [
            Upcaster { event_type: "a.b", version: 2, step: |v| json!({ "new": v["mid"] }) },
            Upcaster { event_type: "a.b", version: 1, step: |v| json!({ "mid": v["old"] }) },
        ];
        assert_eq!(climb(&steps, "a.b", 1, json!({ "old": 7 })), (3, json!({ "new": 7 })));
        assert_eq!(climb(&steps, "a.c", 1, json!({ "old": 7 })), (1, json!({ "old": 7 })));
    }
}
