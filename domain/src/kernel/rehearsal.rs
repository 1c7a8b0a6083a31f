//! A later program, rehearsed: types of events that have moved on, and the steps that lead there. Only with the cargo feature `rehearsal`, for tests:
//! as long as no type has shipped a second version, this is how the way of an old event through the whole product is walked.

use std::sync::OnceLock;

use super::Upcaster;

/// What the later program writes of one type, and how it reads what was written before.
#[derive(Clone, Copy, Debug)]
pub struct Later {
    pub event_type: &'static str,
    /// The form of the type's struct is of this version.
    pub version: u32,
    /// From each version before it to the next one.
    pub steps: &'static [Upcaster],
}

static LATER: OnceLock<&'static [Later]> = OnceLock::new();

/// Once, before the first event is written or read; a later call changes nothing.
pub fn rehearse(later: &'static [Later]) {
    LATER.get_or_init(|| later);
}

fn later(event_type: &str) -> Option<&'static Later> {
    LATER.get()?.iter().find(|later| later.event_type == event_type)
}

pub(super) fn version(event_type: &str) -> Option<u32> {
    later(event_type).map(|later| later.version)
}

pub(super) fn step(event_type: &str, version: u32) -> Option<&'static Upcaster> {
    later(event_type)?.steps.iter().find(|step| step.version == version)
}
