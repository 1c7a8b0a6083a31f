//! A world with one project, scripts for the model, and hands for questions.

use std::path::PathBuf;

use opensail_tests::postgres;
use opensail_tests::world::{Answer, World, until};
use serde_json::{Value, json};

use crate::PROGRAM;

pub(super) const ENDED: &[&str] = &["completed", "failed", "cancelled", "limit_reached"];

/// Runs at a time where a test kills a server at each of its boundaries, each with a server of its own.
pub(super) const AT_A_TIME: usize = 4;

/// Settings that choose a fresh database.
pub(super) type Database = Vec<(&'static str, String)>;

/// The one in the data folder.
pub(super) async fn sqlite() -> Database {
    Vec::new()
}

pub(super) async fn fresh_postgres() -> Database {
    let database = postgres::fresh_database().await;
    vec![("DATABASE_URL", database.app_url), ("DATABASE_OWNER_URL", database.owner_url)]
}

pub(super) fn settings(database: &Database) -> Vec<(&str, &str)> {
    database.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

pub(super) struct Bench {
    pub(super) world: World,
    pub(super) project: String,
    pub(super) folder: PathBuf,
}

pub(super) fn call(name: &str, arguments: Value) -> Value {
    json!({ "name": name, "arguments": arguments })
}

pub(super) fn turn(calls: Vec<Value>) -> Value {
    json!({ "text": "working", "tool_calls": calls })
}

pub(super) fn shell(command: &str) -> Value {
    turn(vec![call("bash_exec", json!({ "command": command }))])
}

pub(super) fn write(path: &str, content: &str) -> Value {
    turn(vec![call("write_file", json!({ "file_path": path, "content": content }))])
}

pub(super) fn say(text: &str) -> Value {
    json!({ "text": text })
}

impl Bench {
    pub(super) async fn new() -> Bench {
        Bench::with(&[]).await
    }

    pub(super) async fn with(environment: &[(&str, &str)]) -> Bench {
        let world = World::start(PROGRAM, environment).await;
        let (project, folder) = world.project("boat").await;
        Bench { world, project, folder }
    }

    /// Starts a session over a script; `more` is merged into the wish.
    pub(super) async fn start(&self, lines: &[Value], more: Value) -> String {
        let mut wish = json!({ "task": "do it", "model": self.world.script(lines), "edit_mode": "allow" });
        wish.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        self.world.session(&self.project, wish).await
    }

    /// Runs it to its end; answers its id and details.
    pub(super) async fn run(&self, lines: &[Value], more: Value) -> (String, Value) {
        let session = self.start(lines, more).await;
        let details = self.world.session_is(&session, ENDED).await;
        (session, details)
    }

    /// How each call ended, in order: tool, outcome, output.
    pub(super) async fn calls(&self, session: &str) -> Vec<(String, String, String)> {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let events = self.events_of(session, "tool_call_completed").await;
        events.iter().map(|event| (text(&event["data"]["tool"]), text(&event["data"]["outcome"]), text(&event["data"]["output"]))).collect()
    }

    pub(super) async fn outcomes(&self, session: &str) -> Vec<String> {
        self.calls(session).await.into_iter().map(|(_, outcome, _)| outcome).collect()
    }

    pub(super) async fn events_of(&self, session: &str, kind: &str) -> Vec<Value> {
        let kind = format!("agent_session.{kind}");
        self.world.events(session).await.into_iter().filter(|event| event["type"] == *kind).collect()
    }

    /// The open question of a session, waited for.
    pub(super) async fn question(&self, session: &str) -> Value {
        until("a question", async || {
            self.world.get(&format!("/api/v1/sessions/{session}/approvals")).await["items"]
                .as_array()
                .and_then(|items| items.first().cloned())
        })
        .await
    }

    /// A question other than the one before.
    pub(super) async fn next_question(&self, session: &str, before: &Value) -> Value {
        until("another question", async || {
            let question = self.question(session).await;
            (question["id"] != before["id"]).then_some(question)
        })
        .await
    }

    pub(super) async fn answer(&self, session: &str, question: &Value, answer: Value) -> Answer {
        let id = question["id"].as_str().expect("an id");
        self.world.post(&format!("/api/v1/sessions/{session}/approvals/{id}"), answer).await
    }

    /// What stands in a file of the project.
    pub(super) fn file(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.join(path)).ok()
    }
}

/// Whether any process of this machine has `mark` in its arguments.
pub(super) fn anyone_with(mark: &str) -> bool {
    let entries = std::fs::read_dir("/proc").expect("a /proc").flatten();
    let mut lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines.any(|line| String::from_utf8_lossy(&line).contains(mark))
}
