//! What was, asked over HTTP: `as_of` a position, a cursor or a time, with the rights of today.

mod rights;
mod teams;

use opensail_tests::people::Person;
use opensail_tests::world::World;
use serde_json::Value;

const OPEN: &[(&str, &str)] = &[("OPENSAIL_REGISTRATION", "open")];

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
