//! Events of three versions of one type in one journal, read by the program that writes the third: whoever reads sees the newest form, and what was
//! recorded stays as it is. The program under test rehearses it (`tests/src/later.rs`), as no type has shipped a second version yet.

use opensail_eventstore::{Journal, Position, Recorded, StreamId};
use opensail_tests::behind::{journal, recorded, write_to};
use opensail_tests::later::{REHEARSE, VERSION};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::watch::Watch;
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};

use super::rebuild_projection::opensail;
use crate::PROGRAM;

const RENAMED: &str = "project.renamed";
const ADDED: &str = "agent_session.message_added";

/// A project that was renamed in each version, and a session to which something was said in each.
struct Old {
    project: String,
    session: String,
    /// One that was forgotten in the first version.
    gone: String,
    renamed: [Position; 2],
    rows: Vec<Recorded>,
}

impl Old {
    fn streams(&self) -> [StreamId; 2] {
        [StreamId::new("project", &self.project), StreamId::new("agent_session", &self.session)]
    }
}

async fn run(world: &World, project: &str, task: &str, turns: &[&str]) -> String {
    let model = world.script(&turns.iter().map(|text| json!({ "text": text })).collect::<Vec<_>>());
    let session = world.session(project, json!({ "task": task, "model": model })).await;
    world.session_is(&session, &["completed"]).await;
    session
}

/// What a program of each of the first two versions would have written.
async fn written_by_earlier_programs(world: &mut World, database: Option<&Database>) -> Old {
    let (project, _) = world.project("boat").await;
    let session = run(world, &project, "mind the reef", &["one", "two", "three"]).await;
    let gone = run(world, &project, "a secret", &["one"]).await;
    world.stop().await;
    let behind = journal(world, database).await;
    let [of_project, of_session] = [StreamId::new("project", &project), StreamId::new("agent_session", &session)];
    let write = async |stream: &StreamId, event, payload| write_to(&*behind, stream, event, [payload]).await;

    let first = write(&of_project, (RENAMED, 1), json!({ "called": "Brig" })).await;
    let second = write(&of_project, (RENAMED, 2), json!({ "title": { "text": "Bark" } })).await;
    // Sealed as the session's first words are: under its key.
    let requested: Value = serde_json::from_str(&recorded(&*behind, &of_session).await[0].payload).expect("JSON");
    let (said, by) = (&requested["task"], &requested["requested_by"]);
    let message = uuid::Uuid::now_v7;
    write(&of_session, (ADDED, 1), json!({ "message_id": message(), "said": said, "added_by": by })).await;
    write(&of_session, (ADDED, 2), json!({ "message_id": message(), "words": said, "added_by": by })).await;
    write(&of_session, ("agent_session.requeued", 1), json!({})).await;
    write(&StreamId::new("agent_session", &gone), ("agent_session.forgotten", 1), json!({ "why": "a password was pasted" })).await;

    let rows = rows(&*behind, [of_project, of_session]).await;
    Old { project, session, gone, renamed: [first, second], rows }
}

async fn rows(journal: &dyn Journal, streams: [StreamId; 2]) -> Vec<Recorded> {
    let [mut rows, more] = [recorded(journal, &streams[0]).await, recorded(journal, &streams[1]).await];
    rows.extend(more);
    rows
}

/// Everything that is shown of them, but for the audit.
async fn shown(world: &World, old: &Old) -> Vec<Value> {
    let (project, session) = (&old.project, &old.session);
    let mut shown = Vec::new();
    for path in [
        format!("/api/v1/projects/{project}"),
        "/api/v1/projects".into(),
        format!("/api/v1/projects/{project}?as_of={}", old.renamed[0]),
        format!("/api/v1/projects?as_of={}", old.renamed[0]),
        format!("/api/v1/projects/{project}/sessions"),
        format!("/api/v1/sessions/{session}"),
        format!("/api/v1/sessions/{session}/events?limit=200"),
        format!("/api/v1/sessions/{session}/replay"),
        format!("/api/v1/sessions/{session}/export?format=atif"),
    ] {
        shown.push(world.get(&path).await);
    }
    shown
}

fn of_type<'a>(events: impl IntoIterator<Item = &'a Value>, event_type: &str) -> Vec<&'a Value> {
    events.into_iter().filter(|event| event["type"] == event_type).collect()
}

/// The three messages in the newest form.
fn are_newest(events: &[Value]) {
    let messages = of_type(events, ADDED);
    assert!(messages.iter().all(|event| event["version"] == VERSION), "{messages:?}");
    assert_eq!(messages.iter().map(|event| &event["data"]["text"]).collect::<Vec<_>>(), ["mind the reef", "mind the reef", "and the tide"]);
    let fields = |event: &Value| event["data"].as_object().expect("data").keys().cloned().collect::<Vec<_>>();
    assert!(messages.iter().all(|event| fields(event) == fields(messages[2])), "{messages:?}");
}

async fn answered(world: &World, session: &str, text: &str) {
    until(text, async || world.events(session).await.iter().any(|event| event["data"]["answer"]["text"] == text).then_some(())).await;
    world.session_is(session, &["completed"]).await;
}

async fn commands_decide_on_the_newest(world: &World, old: &Old) {
    let path = format!("/api/v1/projects/{}", old.project);
    let before = world.get(&format!("/api/v1/audit/events?stream=project-{}", old.project)).await["items"].clone();
    // It has this name already, by an event of version 2: nothing is written.
    world.send(Method::PATCH, &path, Some(&json!({ "name": "Bark" }))).await.expect(200);
    let after = world.get(&format!("/api/v1/audit/events?stream=project-{}", old.project)).await["items"].clone();
    assert_eq!(before, after);
    world.send(Method::PATCH, &path, Some(&json!({ "name": "Ship" }))).await.expect(200);
    assert_eq!(world.get(&path).await["name"], "Ship");

    // The words of versions 1 and 2 woke it up; now one of version 3.
    answered(world, &old.session, "two").await;
    world.post(&format!("/api/v1/sessions/{}/messages", old.session), json!({ "text": "and the tide" })).await.expect(202);
    answered(world, &old.session, "three").await;
}

async fn every_reader_sees_the_newest(world: &World, old: &Old) {
    let path = format!("/api/v1/projects/{}", old.project);
    for (then, name) in [(old.renamed[0] - 1, "boat"), (old.renamed[0], "Brig"), (old.renamed[1], "Bark")] {
        assert_eq!(world.get(&format!("{path}?as_of={then}")).await["name"], name);
        assert_eq!(world.get(&format!("/api/v1/projects?as_of={then}")).await["items"][0]["name"], name);
    }
    let path = format!("/api/v1/sessions/{}", old.session);
    let listed = world.events(&old.session).await;
    are_newest(&listed);
    let mut live = Watch::open(world, &world.token, &format!("{path}/stream"), None).await.expect("a stream");
    let live: Vec<Value> = live.until("end").await.iter().map(|frame| serde_json::from_str(&frame.data).expect("JSON")).collect();
    assert_eq!(live, listed);
    let (done, export) = opensail(world, &["session", "export", &old.session]).await;
    assert!(done, "{export}");
    let lines: Vec<Value> =
        export.lines().filter_map(|line| serde_json::from_str(line).ok()).filter(|line: &Value| line["type"].is_string()).collect();
    assert_eq!(lines, listed);

    let replay = world.get(&format!("{path}/replay")).await;
    let said: Vec<_> = replay["messages"].as_array().expect("messages").iter().map(|message| &message["text"]).collect();
    assert_eq!(said, ["mind the reef", "one", "mind the reef", "mind the reef", "two", "and the tide", "three"]);
    let atif = world.get(&format!("{path}/export?format=atif")).await;
    let steps: Vec<_> = atif["steps"].as_array().expect("steps").iter().map(|step| &step["message"]).collect();
    assert_eq!(steps, said);

    // The list outside the database tells why, whatever that was called when it was written.
    until("the list of what was forgotten", async || {
        let list = std::fs::read_to_string(world.home().join("forgotten.jsonl")).ok()?;
        let line: Value = list
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .find(|line: &Value| line["subject"] == format!("session-{}", old.gone))?;
        (line["reason"] == "a password was pasted").then_some(())
    })
    .await;
    assert_eq!(of_type(&world.events(&old.gone).await, "agent_session.forgotten")[0]["data"], json!({ "reason": "a password was pasted" }));
    let types = world.get("/api/v1/event-types").await["items"].clone();
    let known = types.as_array().expect("types").iter().find(|known| known["type"] == RENAMED).expect("it");
    assert_eq!(known["version"], VERSION);
}

/// The audit shows what was recorded, and its proofs are of that.
async fn what_was_recorded_stays(world: &mut World, old: &Old, database: Option<&Database>) {
    let audit = world.get(&format!("/api/v1/audit/events?stream=project-{}&type={RENAMED}&order=asc", old.project)).await;
    let told: Vec<_> =
        audit["items"].as_array().expect("items").iter().map(|item| (item["version"].as_u64(), item["data"].clone())).collect();
    let renamed = [json!({ "called": "Brig" }), json!({ "title": { "text": "Bark" } }), json!({ "name": "Ship" })];
    assert_eq!(told, (1..=3).map(Some).zip(renamed).collect::<Vec<_>>());
    let last = audit["items"][2]["position"].clone();
    world.get(&format!("/api/v1/audit/checkpoint?min_position={last}")).await;
    let file = world.path().join("audit.jsonl").display().to_string();
    for arguments in [&["audit", "export", "--output", &file][..], &["audit", "verify", &file], &["audit", "verify"]] {
        let (done, told) = opensail(world, arguments).await;
        assert!(done, "{arguments:?}: {told}");
    }
    world.stop().await;
    let now = rows(&*journal(world, database).await, old.streams()).await;
    assert!(old.rows.iter().all(|row| now.contains(row)), "no row was touched");
}

async fn are_read_as_the_newest(mut world: World, database: Option<&Database>) {
    let old = written_by_earlier_programs(&mut world, database).await;
    world.serve(&[(REHEARSE, "1")]).await;
    commands_decide_on_the_newest(&world, &old).await;
    every_reader_sees_the_newest(&world, &old).await;
    let live = shown(&world, &old).await;
    for view in ["project", "agent_session", "audit"] {
        let (done, told) = opensail(&world, &["projection", "rebuild", view]).await;
        assert!(done, "{told}");
    }
    assert_eq!(shown(&world, &old).await, live, "views built anew show the same");
    what_was_recorded_stays(&mut world, &old, database).await;
}

#[tokio::test]
async fn are_read_as_the_newest_on_sqlite() {
    are_read_as_the_newest(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test]
async fn are_read_as_the_newest_on_postgres() {
    let database = fresh_database().await;
    are_read_as_the_newest(World::start(PROGRAM, &database.settings()).await, Some(&database)).await;
}
