use std::process::Command;

use opensail_tests::postgres::{Database, binaries, fresh_database};
use reqwest::Method;
use serde_json::json;

use super::{holds, run, said, world};

const WORD: &str = "xylograph";

/// The whole database as text.
pub(super) fn dump(database: &Database) -> Vec<u8> {
    let program = binaries().expect("PostgreSQL's programs").join("pg_dump");
    let dump = Command::new(program).args(["--dbname", &database.owner_url]).output().expect("it runs");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    dump.stdout
}

async fn what_was_said_is_gone_and_every_proof_holds(database: Option<&Database>) {
    let world = world(database).await;
    let (project, _) = world.project("boat").await;
    let kept = said(&world, &project, "marzipan").await;
    let session = said(&world, &project, WORD).await;
    let key = world.get("/api/v1/audit/checkpoint").await["keys"][0].as_str().expect("a key").to_owned();
    let read = async |path: &str| world.send(Method::GET, path, None).await.text;
    let places = [
        format!("/api/v1/sessions/{session}"),
        format!("/api/v1/sessions/{session}/events?limit=200"),
        format!("/api/v1/sessions/{session}/export"),
        format!("/api/v1/sessions/{session}/export?format=atif"),
        format!("/api/v1/sessions/{session}/replay"),
        format!("/api/v1/projects/{project}/sessions"),
        "/api/v1/audit/export".to_owned(),
    ];
    for place in &places {
        assert!(read(place).await.contains(WORD), "{place} tells it before");
    }

    // What its steps left in the files may tell it as well.
    let files = [
        format!("/api/v1/sessions/{session}/diff"),
        format!("/api/v1/sessions/{session}/tree"),
        format!("/api/v1/sessions/{session}/files/note.txt"),
        format!("/api/v1/sessions/{session}/blame?path=note.txt"),
        format!("/api/v1/sessions/{kept}/diff?from={session}"),
        format!("/api/v1/sessions/{kept}/compare?with={session}"),
    ];
    let snapshots = world.get(&format!("/api/v1/sessions/{session}/snapshots")).await;
    let name = snapshots["items"].as_array().and_then(|items| items.last()).expect("a snapshot")["snapshot"].clone();
    let name = name.as_str().expect("a name");
    let files: Vec<String> = files
        .into_iter()
        .chain([format!("/api/v1/sessions/{kept}/files/note.txt?at={name}"), format!("/api/v1/sessions/{kept}/tree?at={name}")])
        .collect();
    let before = world.get("/api/v1/audit/checkpoint").await["size"].clone();
    for place in &files {
        let shown = world.send(Method::GET, place, None).await;
        assert_eq!(shown.status, 200, "{place}: {}", shown.text);
    }

    let ben = world.register("ben").await;
    let path = format!("/api/v1/sessions/{session}/forget");
    let wish = json!({ "reason": "a password was pasted" });
    assert_eq!(ben.post(&world, &path, wish.clone()).await.status, 404);
    world.join(&world.team().await, &ben, "editor").await;
    assert_eq!(ben.post(&world, &path, wish.clone()).await.status, 403, "only admins");
    assert_eq!(world.post(&path, json!({ "reason": " " })).await.status, 422);
    let done = world.post(&path, wish.clone()).await.expect(202);
    assert_eq!(world.post(&path, wish).await.status, 202, "again is harmless");

    for place in &places {
        let text = read(place).await;
        assert!(!text.contains(WORD), "{place} still tells it: {text}");
    }
    for place in &files {
        let past = format!("{place}{}as_of={before}", if place.contains('?') { '&' } else { '?' });
        for place in [place, &past] {
            let refused = world.send(Method::GET, place, None).await;
            assert_eq!(
                (refused.status.as_u16(), refused.body["reason"].as_str()),
                (409, Some("session_forgotten")),
                "{place}: {}",
                refused.text
            );
        }
    }
    assert!(read(&places[1]).await.contains("[forgotten]"));
    assert!(read(&format!("/api/v1/sessions/{kept}/events?limit=200")).await.contains("marzipan"), "the others are untouched");
    let events = world.events(&session).await;
    let last = events.last().expect("an event");
    assert_eq!((&last["type"], &last["data"]["reason"]), (&json!("agent_session.forgotten"), &json!("a password was pasted")));
    assert_eq!(last["position"], done["position"]);
    let more = world.post(&format!("/api/v1/sessions/{session}/messages"), json!({ "text": "more" })).await;
    assert_eq!((more.status.as_u16(), more.body["code"].as_str()), (409, Some("state")), "{}", more.text);

    world.get(&format!("/api/v1/audit/checkpoint?min_position={}", done["position"])).await;
    let file = world.path().join("audit.jsonl").display().to_string();
    assert_eq!(run(&world, &["audit", "export", "--output", &file]).await.0, 0);
    let (code, verified) = run(&world, &["audit", "verify", &file, "--key", &key]).await;
    assert_eq!(code, 0, "{verified}");
    let (code, verified) = run(&world, &["audit", "verify", "--key", &key]).await;
    assert_eq!(code, 0, "{verified}");
    if let Some(database) = database {
        let dump = dump(database);
        assert!(holds(&dump, &session) && !holds(&dump, WORD));
    }

    let unfinished =
        world.session(&project, json!({ "task": "wait", "model": world.script(&[json!({ "text": "x", "delay_ms": 600_000 })]) })).await;
    let refused = world.post(&format!("/api/v1/sessions/{unfinished}/forget"), json!({ "reason": "x" })).await;
    assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (409, Some("state")), "{}", refused.text);
}

#[tokio::test]
async fn what_was_said_is_gone_on_sqlite() {
    what_was_said_is_gone_and_every_proof_holds(None).await;
}

#[tokio::test]
async fn what_was_said_is_gone_on_postgres() {
    what_was_said_is_gone_and_every_proof_holds(Some(&fresh_database().await)).await;
}
