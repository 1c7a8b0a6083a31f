//! Forgetting: what was said is gone from everything, also from what was written before; the events and their proofs stay.

mod account;
mod account_exports;
mod restore;
mod secret_key;
mod session;

use opensail_tests::postgres::Database;
use opensail_tests::world::World;
use serde_json::{Value, json};

use crate::PROGRAM;

/// A server where anybody may register, over a file or over this database.
async fn world(database: Option<&Database>) -> World {
    let mut settings = vec![("OPENSAIL_REGISTRATION", "open")];
    if let Some(database) = database {
        settings.extend(database.settings());
    }
    World::start(PROGRAM, &settings).await
}

/// A finished session in which a word was said: by a person, by the model, to a tool and by it.
async fn said(world: &World, project: &str, word: &str) -> String {
    let call = |name: &str, arguments: Value| json!({ "tool_calls": [{ "name": name, "arguments": arguments }] });
    let model = world.script(&[
        call("bash_exec", json!({ "command": format!("seq 1 20000; echo {word} | tee note.txt") })),
        json!({ "text": format!("I heard {word}") }),
    ]);
    let task = json!({ "task": format!("remember {word}"), "model": model, "edit_mode": "allow" });
    let session = world.session(project, task).await;
    world.session_is(&session, &["completed"]).await;
    session
}

/// Exit code and all that was said.
async fn run(world: &World, arguments: &[&str]) -> (i32, String) {
    let output = world.command(arguments).output().await.expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), said)
}

/// Whether a word lies in what an operator saved, as text or as the digits by which a dump writes bytes.
fn holds(saved: &[u8], word: &str) -> bool {
    let digits: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
    [word, digits.as_str()].iter().any(|form| saved.windows(form.len()).any(|window| window == form.as_bytes()))
}
