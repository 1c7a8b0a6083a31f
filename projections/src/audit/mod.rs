//! The audit: who did what, when and from where. The journal itself is the record; this is only its index.

mod audit_events;
mod events_of_stream;
mod proven_events;

use async_trait::async_trait;

#[cfg(test)]
pub(crate) use audit_events::list;
pub use audit_events::{AuditFilter, EventPage};
pub use proven_events::EventProof;

use crate::db::{Tx, sql};
use crate::projection::{ApplyError, Incoming, Projection};

pub(crate) struct AuditView;

#[async_trait]
impl Projection for AuditView {
    fn name(&self) -> &'static str {
        "audit"
    }
    fn version(&self) -> i64 {
        1
    }
    fn tables(&self) -> &'static [&'static str] {
        &["audit_events"]
    }
    fn ddl(&self) -> &'static [&'static str] {
        &[
            "CREATE TABLE audit_events (
                position BIGINT NOT NULL PRIMARY KEY,
                time BIGINT NOT NULL,
                tenant TEXT NOT NULL,
                project TEXT,
                actor_kind TEXT NOT NULL,
                actor_id TEXT NOT NULL,
                event_type TEXT NOT NULL,
                stream TEXT NOT NULL,
                stream_version BIGINT NOT NULL,
                correlation TEXT NOT NULL)",
            "CREATE INDEX audit_by_time ON audit_events (time, position)",
            "CREATE INDEX audit_by_tenant ON audit_events (tenant, position)",
            "CREATE INDEX audit_by_project ON audit_events (project, position)",
            "CREATE INDEX audit_by_actor ON audit_events (actor_id, position)",
            "CREATE INDEX audit_by_type ON audit_events (tenant, event_type, position)",
            "CREATE INDEX audit_by_stream ON audit_events (stream, position)",
            "CREATE INDEX audit_by_correlation ON audit_events (correlation, position)",
        ]
    }
    fn streams(&self) -> &'static [&'static str] {
        &[]
    }

    /// Never looks into the payload, so an event of a newer program is indexed like any other.
    async fn apply(&self, tx: &mut Tx, incoming: &Incoming<'_>) -> Result<(), ApplyError> {
        let event = incoming.recorded;
        tx.run(sql!(
            "INSERT INTO audit_events (position, time, tenant, project, actor_kind, actor_id, event_type, stream, stream_version, correlation)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            event.position,
            event.time,
            event.tenant.as_str(),
            event.project.clone(),
            event.actor.kind.as_str(),
            event.actor.id.as_str(),
            event.event_type.as_str(),
            event.stream.as_str(),
            event.stream_version,
            event.correlation_id.to_string(),
        ))
        .await?;
        Ok(())
    }
}
