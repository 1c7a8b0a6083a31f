//! Which blobs a session's events name.

use std::collections::BTreeSet;

use opensail_domain::agent_session::AgentSessionEvent;

/// Each once, in no order of meaning.
pub(super) fn named_by<'a>(events: impl IntoIterator<Item = &'a AgentSessionEvent>) -> BTreeSet<&'a str> {
    let mut named = BTreeSet::new();
    for event in events {
        match event {
            AgentSessionEvent::ToolCallStarted(started) => {
                for change in started.changes.iter().filter_map(|changes| changes.value()).flatten() {
                    named.extend(change.before_blob.as_deref());
                    named.extend(change.after_blob.as_deref());
                }
            }
            AgentSessionEvent::ToolCallCompleted(done) => named.extend(done.full_output.as_ref().map(|full| full.hash.as_str())),
            _ => {}
        }
    }
    named
}
