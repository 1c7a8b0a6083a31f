//! What was, asked over HTTP: `as_of` a position, a cursor or a time, with the rights of today.

mod approvals;
mod rights;
mod teams;

use opensail_tests::people::Person;
use opensail_tests::postgres::fresh_database;
use opensail_tests::world::World;
use serde_json::Value;

use crate::PROGRAM;

const OPEN: &[(&str, &str)] = &[("OPENSAIL_REGISTRATION", "open")];

async fn on_sqlite() -> World {
    World::start(PROGRAM, OPEN).await
}

async fn on_postgres() -> World {
    let database = fresh_database().await;
    World::start(PROGRAM, &[OPEN, &database.settings()].concat()).await
}

/// What somebody is shown as of a point.
async fn then(world: &World, person: &Person, path: &str, as_of: impl std::fmt::Display) -> Value {
    let glue = if path.contains('?') { '&' } else { '?' };
    person.get(world, &format!("{path}{glue}as_of={as_of}")).await.expect(200)
}

fn position(body: &Value) -> u64 {
    body["position"].as_u64().expect("a position")
}

fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list["items"].as_array().expect("items").iter().map(|item| item[field].as_str().expect("text")).collect()
}
