//! The audit: who did what, when and from where. The journal itself is the record; this is only its index.

mod audit_events;
mod events_of_stream;
mod proven_events;

use async_trait::async_trait;

#[cfg(test)]
pub(crate) use audit_events::list;
pub use audit_events::{AuditFilter, EventPage};
pub use proven_events::EventProof;

use crate::projection::{ApplyError, Incoming, Projection};
use crate::rows::Rows;
use crate::table::{Index, Past, Table};

pub(crate) struct AuditView;

pub(crate) const AUDIT_EVENTS: Table = Table {
    name: "audit_events",
    key: &["position"],
    columns: &[
        "position BIGINT NOT NULL",
        "tenant TEXT NOT NULL",
        "project TEXT",
        "actor_id TEXT NOT NULL",
        "event_type TEXT NOT NULL",
        "stream TEXT NOT NULL",
        "stream_version BIGINT NOT NULL",
        "correlation TEXT NOT NULL",
    ],
    indexes: &[
        Index { name: "audit_by_tenant", columns: &["tenant", "position"], only: None },
        Index { name: "audit_by_project", columns: &["project", "position"], only: None },
        // A part of the platform acts for all tenants, so an actor's events are no few.
        Index { name: "audit_by_actor", columns: &["tenant", "actor_id", "position"], only: None },
        Index { name: "audit_by_type", columns: &["tenant", "event_type", "position"], only: None },
        Index { name: "audit_by_stream", columns: &["stream", "position"], only: None },
        Index { name: "audit_by_correlation", columns: &["correlation", "position"], only: None },
    ],
    past: Past::Added("position"),
};

#[async_trait]
impl Projection for AuditView {
    fn name(&self) -> &'static str {
        "audit"
    }
    fn version(&self) -> i64 {
        2
    }
    fn tables(&self) -> &'static [Table] {
        &[AUDIT_EVENTS]
    }
    fn streams(&self) -> &'static [&'static str] {
        &[]
    }

    fn opens(&self) -> bool {
        false
    }

    /// Never looks into the payload, so an event of a newer program is indexed like any other.
    async fn apply(&self, rows: &mut Rows<'_>, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let event = incoming.recorded;
        let values = [
            ("position", event.position.into()),
            ("tenant", event.tenant.as_str().into()),
            ("project", event.project.clone().into()),
            ("actor_id", event.actor.id.as_str().into()),
            ("event_type", event.event_type.as_str().into()),
            ("stream", event.stream.as_str().into()),
            ("stream_version", event.stream_version.into()),
            ("correlation", event.correlation_id.to_string().into()),
        ];
        rows.insert(&AUDIT_EVENTS, values).await
    }
}
