//! A room whose event has been changed twice: whatever version was written, one event is read.

use proptest::collection::vec;
use proptest::prelude::*;
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

fn launched(name: &str, crew: &Value) -> [Value; 3] {
    [json!({ "name": name, "crew": crew }), json!({ "title": name, "crew": crew }), json!({ "title": name, "crew": crew, "harbours": [] })]
}

#[test]
fn every_version_is_read_as_the_newest() {
    let open = json!({ "$open": { "subject": "session-1", "value": ["Ada"] } });
    let sealed = json!({ "$p": { "subject": "session-1", "key": "k", "nonce": "n", "ct": "c" } });
    for crew in [open, sealed, json!({ "$forgotten": true })] {
        let read: Vec<_> = (1..)
            .zip(launched("Anna", &crew))
            .map(|(version, payload)| BoatEvent::decode("boat.launched", version, payload).expect("readable"))
            .collect();
        assert!(read.iter().all(|event| *event == read[2]), "{read:?}");
        assert_eq!((read[0].version(), read[0].encode()), (3, launched("Anna", &crew)[2].clone()));
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

/// What is known of a boat.
#[derive(Clone, Default, PartialEq, Debug)]
struct Boat {
    names: Vec<String>,
    crew: Vec<String>,
    harbours: usize,
    sunk: bool,
}

fn evolve(boat: &mut Boat, event: &BoatEvent) {
    match event {
        BoatEvent::Launched(e) => {
            boat.names.push(e.title.clone());
            boat.crew = e.crew.value().cloned().unwrap_or_default();
            boat.harbours += e.harbours.len();
        }
        BoatEvent::Sunk(_) => boat.sunk = true,
    }
}

/// A launch in one of its versions, or the end.
fn written() -> impl Strategy<Value = Option<(String, Vec<String>, usize)>> {
    prop::option::weighted(0.9, (".*", vec(".*", 0..3), 0..3_usize))
}

proptest! {
    #[test]
    fn old_events_fold_to_the_state_of_the_newest(events in vec(written(), 0..12)) {
        let (mut old, mut newest) = (Boat::default(), Boat::default());
        for event in events {
            let (event_type, forms, version) = match event {
                Some((name, crew, version)) => {
                    let crew = json!({ "$open": { "subject": "session-1", "value": crew } });
                    ("boat.launched", launched(&name, &crew).to_vec(), version)
                }
                None => ("boat.sunk", vec![json!({})], 0),
            };
            let read = |version: usize| {
                BoatEvent::decode(event_type, u32::try_from(version + 1).expect("small"), forms[version].clone()).expect("readable")
            };
            evolve(&mut old, &read(version));
            evolve(&mut newest, &read(forms.len() - 1));
            prop_assert_eq!(&old, &newest);
        }
    }
}
