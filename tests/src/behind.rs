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

pub async fn first_event(journal: &dyn Journal, project: &str) -> Recorded {
    journal.read_stream(&StreamId::new("project", project), 0, 1).await.expect("the project").remove(0)
}

/// Appends an event to a project's stream for each payload, all of one type and version; in its team, as its first event is.
pub async fn write_to_project(
    journal: &dyn Journal,
    project: &str,
    (event_type, version): (&str, u32),
    payloads: impl IntoIterator<Item = Value>,
) -> Position {
    let stream = StreamId::new("project", project);
    let first = first_event(journal, project).await;
    let expected = journal.stream_version(&stream).await.expect("a version");
    let event =
        |payload: Value| NewEvent { event_id: Uuid::now_v7(), event_type: event_type.into(), version, payload: payload.to_string() };
    let events = payloads.into_iter().map(event).collect();
    let part = Part { stream, expected, tenant: first.tenant, project: first.project, events };
    journal.append(written(part)).await.expect("appended").position
}
