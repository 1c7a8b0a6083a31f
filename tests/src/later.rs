//! A later version of the program: three types have reached their third version. What the first two looked like, a test writes as an earlier program
//! would have.

use opensail_domain::kernel::Upcaster;
use opensail_domain::kernel::rehearsal::{Later, rehearse};
use serde_json::{Value, json};

/// Set, the program under test is the later one.
pub const REHEARSE: &str = "REHEARSE_A_LATER_OPENSAIL";

/// The version of each of [`LATER`].
pub const VERSION: u32 = 3;

const LATER: &[Later] = &[
    Later {
        event_type: "project.renamed",
        version: VERSION,
        steps: &[
            Upcaster { event_type: "project.renamed", version: 1, step: |old| json!({ "title": { "text": old["called"] } }) },
            Upcaster { event_type: "project.renamed", version: 2, step: |old| json!({ "name": old["title"]["text"] }) },
        ],
    },
    Later {
        event_type: "agent_session.message_added",
        version: VERSION,
        steps: &[
            Upcaster { event_type: "agent_session.message_added", version: 1, step: |old| moved(old, "said", "words") },
            Upcaster { event_type: "agent_session.message_added", version: 2, step: |old| moved(old, "words", "text") },
        ],
    },
    Later {
        event_type: "agent_session.forgotten",
        version: VERSION,
        steps: &[
            Upcaster { event_type: "agent_session.forgotten", version: 1, step: |old| moved(old, "why", "cause") },
            Upcaster { event_type: "agent_session.forgotten", version: 2, step: |old| moved(old, "cause", "reason") },
        ],
    },
];

/// For `main`, before anything else.
pub fn rehearse_if_told() {
    if std::env::var_os(REHEARSE).is_some() {
        rehearse(LATER);
    }
}

fn moved(mut payload: Value, from: &str, to: &str) -> Value {
    if let Some(fields) = payload.as_object_mut()
        && let Some(field) = fields.remove(from)
    {
        fields.insert(to.into(), field);
    }
    payload
}
