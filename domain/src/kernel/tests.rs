//! A room whose event has been changed twice: whatever version was written, one event is read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::event::events;
use super::upcast::Upcaster;
use super::{DecodeError, Event, Private};

events! {
    #[expect(unreachable_pub, private_interfaces, reason = "events are public where rooms are")]
    BoatEvent {
        Launched = "boat.launched" v 3,
        Sunk = "boat.sunk" v 1,
    }
    upcast {
        "boat.launched" v 1 => |old| json!({ "title": old["name"], "crew": old["crew"] }),
        "boat.launched" v 2 => |old| json!({ "title": old["title"], "crew": old["crew"], "harbours": [] }),
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
struct Launched {
    title: String,
    crew: Private<Vec<String>>,
    harbours: Vec<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
struct Sunk {}

fn launched(crew: &Value) -> [Value; 3] {
    [
        json!({ "name": "Anna", "crew": crew }),
        json!({ "title": "Anna", "crew": crew }),
        json!({ "title": "Anna", "crew": crew, "harbours": [] }),
    ]
}

#[test]
fn every_version_is_read_as_the_newest() {
    let open = json!({ "$open": { "subject": "session-1", "value": ["Ada"] } });
    let sealed = json!({ "$p": { "subject": "session-1", "key": "k", "nonce": "n", "ct": "c" } });
    for crew in [open, sealed, json!({ "$forgotten": true })] {
        let read: Vec<_> = (1..)
            .zip(launched(&crew))
            .map(|(version, payload)| BoatEvent::decode("boat.launched", version, payload).expect("readable"))
            .collect();
        assert!(read.iter().all(|event| *event == read[2]), "{read:?}");
        assert_eq!((read[0].version(), read[0].encode()), (3, launched(&crew)[2].clone()));
    }
}

#[test]
fn what_is_new_already_is_left_alone_and_what_is_newer_still_is_unknown() {
    let payload = json!({ "anything": 1 });
    for (event_type, version) in [("boat.launched", 4), ("boat.sunk", 2), ("boat.raised", 1)] {
        assert_eq!(BoatEvent::newest(event_type, version, payload.clone()), (version, payload.clone()));
        let unknown = DecodeError::Unknown { event_type: event_type.into(), version };
        assert_eq!(BoatEvent::decode(event_type, version, payload.clone()), Err(unknown));
    }
    // An old version that cannot be read is told as what was recorded.
    match BoatEvent::decode("boat.launched", 1, json!({ "name": 7, "crew": [] })) {
        Err(DecodeError::Malformed { version: 1, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn steps_lead_without_a_gap_to_what_is_written() {
    let steps: Vec<_> = BoatEvent::UPCASTERS.iter().map(|Upcaster { event_type, version, .. }| (*event_type, *version)).collect();
    assert_eq!(steps, [("boat.launched", 1), ("boat.launched", 2)]);
    assert_eq!(BoatEvent::from(Sunk {}).version(), 1);
}
