//! What a test writes into the journal of a server that is down: events that no command would make.

use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::{Journal, NewEvent, Part, Position, Recorded, StreamId};
use serde_json::Value;
use uuid::Uuid;

use crate::history::written;
use crate::postgres::Database;
use crate::world::World;

/// The journal in a database, or in the server's folder.
pub async fn journal(world: &World, database: Option<&Database>) -> Box<dyn Journal> {
    match database {
        Some(database) => Box::new(database.journal().await),
        None => Box::new(SqliteStore::open(world.home().join("journal.db")).await.expect("the journal")),
    }
}

/// A whole stream, from its first event on.
pub async fn recorded(journal: &dyn Journal, stream: &StreamId) -> Vec<Recorded> {
    journal.read_stream(stream, 0, 1_000).await.expect("the stream")
}

pub async fn first_event(journal: &dyn Journal, project: &str) -> Recorded {
    recorded(journal, &StreamId::new("project", project)).await.remove(0)
}

/// Appends an event to a stream for each payload, all of one type and version; in its team and project, as its first event is.
pub async fn write_to(
    journal: &dyn Journal,
    stream: &StreamId,
    (event_type, version): (&str, u32),
    payloads: impl IntoIterator<Item = Value>,
) -> Position {
    let first = recorded(journal, stream).await.remove(0);
    let expected = journal.stream_version(stream).await.expect("a version");
    let event =
        |payload: Value| NewEvent { event_id: Uuid::now_v7(), event_type: event_type.into(), version, payload: payload.to_string() };
    let events = payloads.into_iter().map(event).collect();
    let part = Part { stream: stream.clone(), expected, tenant: first.tenant, project: first.project, events };
    journal.append(written(part)).await.expect("appended").position
}

pub async fn write_to_project(
    journal: &dyn Journal,
    project: &str,
    event: (&str, u32),
    payloads: impl IntoIterator<Item = Value>,
) -> Position {
    write_to(journal, &StreamId::new("project", project), event, payloads).await
}
