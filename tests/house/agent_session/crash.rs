//! `kill -9` at every boundary of a session: before and after every append and every effect. Whatever the moment, after a restart the session ends as
//! the undisturbed one did: the same files, the same status, the same turns of the model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures::StreamExt;
use opensail_tests::world::World;
use serde_json::{Value, json};

use super::bench::{AT_A_TIME, Database, fresh_postgres, settings, sqlite};
use crate::PROGRAM;

/// More boundaries than a session of this script has.
const MOST: u32 = 400;

fn script() -> Vec<Value> {
    let call = |name: &str, arguments: Value| json!({ "name": name, "arguments": arguments });
    let turn = |text: &str, calls: Vec<Value>| json!({ "text": text, "tool_calls": calls, "usage": { "input": 10, "output": 5 } });
    vec![
        turn(
            "write two",
            vec![
                call("write_file", json!({ "file_path": "src/a.txt", "content": "one\ntwo\n" })),
                call("write_file", json!({ "file_path": "b.txt", "content": "bee\n" })),
            ],
        ),
        json!({ "error": { "status": 503, "retry_after": 0 } }),
        turn(
            "patch and look",
            vec![
                call("patch_file", json!({ "file_path": "src/a.txt", "old_str": "two", "new_str": "three" })),
                call("read_file", json!({ "file_path": "src/a.txt" })),
                call("bash_exec", json!({ "command": "cat src/a.txt" })),
            ],
        ),
        turn(
            "tidy",
            vec![
                call("move_file", json!({ "from": "b.txt", "to": "c/b.txt" })),
                call("delete_file", json!({ "file_path": "old.txt" })),
                call(
                    "multi_edit",
                    json!({ "file_path": "src/a.txt", "edits": [{ "old_str": "one", "new_str": "1" }, { "old_str": "three", "new_str": "3" }] }),
                ),
            ],
        ),
        json!({ "text": "done" }),
    ]
}

/// What must be the same.
#[derive(PartialEq, Debug)]
struct Ending {
    status: Value,
    files: BTreeMap<String, Vec<u8>>,
    turns: Vec<Value>,
}

fn files(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(root, &path, found);
        } else {
            let name = path.strip_prefix(root).expect("beneath").display().to_string();
            found.insert(name, std::fs::read(&path).expect("readable"));
        }
    }
}

/// Runs the script, dying at the n-th boundary. `None`: it had fewer.
async fn run(database: &[(&str, &str)], die_at: Option<u32>) -> Option<Ending> {
    let mut world = World::at_rest(PROGRAM, database);
    let crash = die_at.map(|n| format!("any:{n}"));
    let environment: Vec<(&str, &str)> = crash.iter().map(|at| ("OPENSAIL_CRASH_AT", at.as_str())).collect();
    world.serve(&environment).await;
    let (project, folder) = world.project("boat").await;
    std::fs::write(folder.join("old.txt"), "old").expect("written");
    let model = world.script(&script());
    let session = world.session(&project, json!({ "task": "do it", "model": model, "edit_mode": "allow" })).await;
    if die_at.is_some() {
        let died = opensail_tests::world::until("the end or the death", async || {
            if !world.running() {
                return Some(true);
            }
            // The server may die under the question.
            let answer = world.try_get(&format!("/api/v1/sessions/{session}")).await?;
            (answer["status"] == "completed").then_some(false)
        })
        .await;
        if !died {
            return None;
        }
        world.dies().await;
        world.serve(&[]).await;
    }
    let details = world.session_is(&session, &["completed", "failed", "cancelled", "limit_reached"]).await;
    let mut found = BTreeMap::new();
    files(&folder, &folder, &mut found);
    let events = world.events(&session).await;
    let turns = events
        .iter()
        .filter(|event| event["type"] == "agent_session.turn_completed")
        .map(|event| json!([event["data"]["turn"], event["data"]["answer"]]))
        .collect();
    let completed: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "agent_session.tool_call_completed")
        .map(|event| event["data"]["call_id"].to_string())
        .collect();
    let once: BTreeSet<_> = completed.iter().collect();
    assert_eq!(completed.len(), once.len(), "no call is completed twice: {completed:?}");
    Some(Ending { status: details["status"].clone(), files: found, turns })
}

async fn at_every_boundary(database: impl AsyncFn() -> Database) {
    let run = async |die_at: Option<u32>| {
        let database = database().await;
        run(&settings(&database), die_at).await
    };
    let undisturbed = run(None).await.expect("an ending");
    assert_eq!(undisturbed.status, "completed");
    assert_eq!(undisturbed.files.keys().collect::<Vec<_>>(), ["c/b.txt", "src/a.txt"]);
    assert_eq!(undisturbed.files["src/a.txt"], b"1\n3\n");
    let mut endings = futures::stream::iter(1..MOST).map(async |n| (n, run(Some(n)).await)).buffered(AT_A_TIME);
    while let Some((n, ending)) = endings.next().await {
        match ending {
            Some(ending) => assert_eq!(ending, undisturbed, "killed at boundary {n}"),
            None => {
                assert!(n > 30, "only {n} boundaries were passed; are the crash points built in?");
                return;
            }
        }
    }
    panic!("more than {MOST} boundaries");
}

#[tokio::test]
async fn on_sqlite() {
    at_every_boundary(sqlite).await;
}

#[tokio::test]
async fn on_postgres() {
    at_every_boundary(fresh_postgres).await;
}
