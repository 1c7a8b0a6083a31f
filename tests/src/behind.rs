//! What a test writes into the journal of a server that is down: events that no command would make.

use std::path::Path;

use opensail_eventstore::conformance::append;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::{Journal, NewEvent, Part, Position, Recorded, StreamId};
use serde_json::Value;
use uuid::Uuid;

use crate::postgres::Database;
use crate::world::World;

/// Set to a project, the program under test is none: it writes the project's birth a second time into its folder's journal, and ends.
pub const BORN_TWICE: &str = "WRITE_A_SECOND_BIRTH";

/// The journal in a database, or in the server's folder.
pub async fn journal(world: &World, database: Option<&Database>) -> Box<dyn Journal> {
    match database {
        Some(database) => Box::new(database.journal().await),
        None => Box::new(in_folder(&world.home()).await),
    }
}

async fn in_folder(home: &Path) -> SqliteStore {
    SqliteStore::open(home.join("journal.db")).await.expect("the journal")
}

/// For `main`, on behalf of tests that are not written in Rust; answers whether that was all it is there for.
pub fn born_twice_if_told() -> bool {
    let Ok(project) = std::env::var(BORN_TWICE) else { return false };
    let home = std::env::var_os("OPENSAIL_HOME").expect("OPENSAIL_HOME");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { born_twice(&in_folder(Path::new(&home)).await, &project).await });
    true
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
    journal.append(append(vec![part])).await.expect("appended").position
}

pub async fn write_to_project(
    journal: &dyn Journal,
    project: &str,
    event: (&str, u32),
    payloads: impl IntoIterator<Item = Value>,
) -> Position {
    write_to(journal, &StreamId::new("project", project), event, payloads).await
}

/// A project is created once more: the rules pass over it, and the view cannot have two rows of one key.
pub async fn born_twice(journal: &dyn Journal, project: &str) -> Position {
    let created = serde_json::from_str(&first_event(journal, project).await.payload).expect("JSON");
    write_to_project(journal, project, ("project.created", 1), [created]).await
}
