//! `opensail audit verify`: on a file without any server, on a server, and on this machine's journal; whatever was changed is named by its
//! position.

use std::path::Path;

use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};
use tokio::process::Command;

use crate::PROGRAM;

/// Exit code and all that was said.
pub(super) async fn run(world: &World, arguments: &[&str]) -> (i32, String) {
    said(&mut world.command(arguments)).await
}

/// The same where the server is named, and not this machine's folder.
async fn run_elsewhere(world: &World, arguments: &[&str]) -> (i32, String) {
    said(world.command(arguments).env("OPENSAIL_URL", &world.url).env("OPENSAIL_TOKEN", &world.token)).await
}

async fn said(command: &mut Command) -> (i32, String) {
    let output = command.output().await.expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), said)
}

/// Files in a project, sealed with all that follows from them; gives the last event and the one that wrote `anchor`.
async fn written(world: &World) -> (Value, Value) {
    let (project, _) = world.project("boat").await;
    let bearer = format!("Bearer {}", world.token);
    let mut last = Value::Null;
    for name in ["oars", "sails", "anchor", "rudder"] {
        let path = format!("/api/v1/projects/{project}/files/{name}");
        last = world.ask(Method::PUT, &path, &[("authorization", bearer.as_str())], "x").await.expect(200)["position"].clone();
    }
    let of_project = format!("/api/v1/audit/events?stream=project-{project}&min_position={last}");
    let events = world.get(&of_project).await["items"].as_array().expect("items").clone();
    let wrote = |name: &str| events.iter().find(|event| event["data"]["path"] == name).expect("an event");
    let captured = until("the files to be captured", async || {
        let captures = world.get(&format!("{of_project}&type=project.workspace_captured")).await;
        let last = captures["items"].as_array()?.iter().find(|event| event["data"]["version"] == wrote("rudder")["stream_version"])?;
        Some(last["position"].clone())
    })
    .await;
    world.get(&format!("/api/v1/audit/checkpoint?min_position={captured}")).await;
    (captured, wrote("anchor")["position"].clone())
}

#[tokio::test]
async fn an_export_verifies_without_a_server() {
    let mut world = World::start(PROGRAM, &[]).await;
    written(&world).await;
    let key = world.get("/api/v1/audit/checkpoint").await["keys"][0].as_str().expect("a key").to_owned();
    let file = world.path().join("audit.jsonl").display().to_string();
    assert_eq!(run(&world, &["audit", "export", "--output", &file]).await.0, 0);
    let some = world.path().join("some.jsonl").display().to_string();
    assert_eq!(run(&world, &["audit", "export", "--type", "project.file_written", "--output", &some]).await.0, 0);
    world.kill().await;
    std::fs::remove_dir_all(world.home()).expect("nothing of the server is left");

    let (code, said) = run(&world, &["audit", "verify", &some]).await;
    assert!(
        code == 0 && said.contains("filtered by type project.file_written: completeness is not proven") && !said.contains("complete: "),
        "{said}"
    );
    let (code, said) = run(&world, &["audit", "verify", &file]).await;
    assert!(said.contains("no further one up to position ") && said.contains("not proven by the journal: what "), "{said}");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("complete: ") && said.contains(&key), "{said}");
    let (code, said) = run(&world, &["audit", "verify", &file, "--key", &key]).await;
    assert!(code == 0 && !said.contains("believed"), "{said}");

    let lines: Vec<Value> =
        std::fs::read_to_string(&file).expect("the export").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let third = lines[3]["position"].clone();
    let changed = async |what: &str, change: &dyn Fn(&mut Vec<Value>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let file = world.path().join("changed.jsonl");
        std::fs::write(&file, text).expect("written");
        let (code, said) = run(&world, &["audit", "verify", &file.display().to_string(), "--key", &key]).await;
        assert_eq!(code, 1, "{what}: {said}");
        said
    };
    let place = format!("position {third}: ");
    type Change<'a> = (&'a str, &'a dyn Fn(&mut Vec<Value>));
    let at_third: [Change; 8] = [
        ("another time", &|lines| lines[3]["time"] = "2020-01-01T00:00:00.000000Z".into()),
        ("another actor", &|lines| lines[3]["actor"]["id"] = "somebody else".into()),
        ("another type", &|lines| lines[3]["type"] = "team.deleted".into()),
        ("other data", &|lines| lines[3]["data"] = json!({})),
        ("another payload", &|lines| {
            lines[3]["proof"]["payload"] = "{}".into();
            lines[3]["data"] = json!({});
        }),
        ("another way", &|lines| lines[3]["proof"]["path"][0] = lines[4]["proof"]["path"][1].clone()),
        ("no proof", &|lines| {
            lines[3].as_object_mut().expect("an item").remove("proof");
        }),
        ("a forged event", &|lines| {
            let mut forged = lines[2].clone();
            forged["position"] = lines[3]["position"].clone();
            lines[3] = forged;
        }),
    ];
    for (what, change) in at_third {
        let said = changed(what, change).await;
        assert!(said.contains(&place), "{what}: {said}");
    }
    let dropped = changed("a dropped line", &|lines| drop(lines.remove(3))).await;
    assert!(dropped.contains(&format!("position {}: ", lines[4]["position"])) && dropped.contains("missing"), "{dropped}");
    let swapped = changed("two swapped lines", &|lines| lines.swap(3, 4)).await;
    assert!(swapped.contains(&format!("position {}: ", lines[4]["position"])), "{swapped}");
    changed("no end", &|lines| drop(lines.pop())).await;
    changed("a shorter end", &|lines| {
        lines.remove(lines.len() - 2);
    })
    .await;
    // What no proof of an event tells: the line that counts is edited with it.
    let fewer = |lines: &mut Vec<Value>, at: usize| {
        let dropped = lines.remove(at);
        let last = lines.last_mut().expect("the end");
        last["end"]["events"] = (last["end"]["events"].as_u64().expect("a number") - 1).into();
        dropped
    };
    let said = changed("the last event, and the end's number", &|lines| drop(fewer(lines, lines.len() - 2))).await;
    assert!(said.contains("are here"), "{said}");
    let said = changed("an end without its signature", &|lines| {
        fewer(lines, lines.len() - 2);
        lines.last_mut().expect("the end")["end"].as_object_mut().expect("it").remove("note");
    })
    .await;
    assert!(said.contains("not signed"), "{said}");
    let said = changed("an address that is only shown", &|lines| {
        let line = lines.iter_mut().find(|line| line["client_address"].is_string()).expect("an event that was asked for");
        line["client_address"] = "192.0.2.1".into();
    })
    .await;
    assert!(said.contains("as it was written"), "{said}");
    let said = changed("a field of nobody's", &|lines| lines[3]["approved"] = true.into()).await;
    assert!(said.contains(&place) && said.contains("approved"), "{said}");
    changed("a field of nobody's in the first line", &|lines| lines[0]["complete"] = true.into()).await;
    let said = changed("another form", &|lines| lines[0]["version"] = 1.into()).await;
    assert!(said.contains("form 1"), "{said}");
    changed("no roll of epochs", &|lines| {
        lines[0].as_object_mut().expect("the head").remove("epochs");
    })
    .await;
    changed("another filter", &|lines| {
        lines[0]["filter"] = json!({ "type": "team.created" });
        lines[0]["filtered"] = true.into();
    })
    .await;
    changed("another checkpoint", &|lines| {
        let note = lines[0]["checkpoint"].as_str().expect("a note").replacen("time 1", "time 2", 1);
        lines[0]["checkpoint"] = note.into();
    })
    .await;
    // A key of one's own making signs whatever one likes; only the pinned one counts.
    let stranger = key.replacen("opensail.journal/", "opensail.journal/0", 1);
    assert_ne!(run(&world, &["audit", "verify", &file, "--key", &stranger]).await.0, 0);
}

#[tokio::test]
async fn this_machines_journal_verifies_and_one_byte_in_the_file_is_found() {
    let mut world = World::start(PROGRAM, &[]).await;
    let (last, anchor) = written(&world).await;
    let checked = until("the second place", async || {
        let (code, said) = run(&world, &["audit", "verify"]).await;
        assert_eq!(code, 0, "{said}");
        (!said.contains("agrees: 0 ")).then_some(said)
    })
    .await;
    // That the audit was looked at came after it.
    let sealed = checked.split_once("positions 1 to ").and_then(|(_, rest)| rest.split_once(" as they were sealed"));
    let sealed: u64 = sealed.and_then(|(sealed, _)| sealed.parse().ok()).expect("how far it is sealed");
    assert!(Some(sealed) >= last.as_u64(), "{checked}");
    assert_eq!(world.stop().await, Some(0));

    let file = world.home().join("journal.db");
    let before = std::fs::read(&file).expect("the journal");
    let mut bytes = before.clone();
    let at = find(&bytes, b"\"path\":\"anchor\"").expect("the path of a file lies open in its event");
    bytes[at + 8] = b'A';
    overwrite(&file, &bytes);
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 1 && said.contains(&format!("position {anchor}: ")), "{said}");

    // Back to an earlier state: only the second place knows of the later one.
    overwrite(&file, &before);
    assert_eq!(run(&world, &["audit", "verify"]).await.0, 0);
    world.serve(&[]).await;
    let later = world.post("/api/v1/teams", json!({ "name": "later" })).await.expect(201)["position"].clone();
    until("the second place", async || {
        let latest = std::fs::read_to_string(world.home().join("checkpoints/latest")).ok()?;
        (latest.lines().nth(1)?.parse::<u64>().ok()? >= later.as_u64()?).then_some(())
    })
    .await;
    world.get(&format!("/api/v1/audit/checkpoint?min_position={later}")).await;
    let (_, printed) = run(&world, &["audit", "checkpoint"]).await;
    let noted = world.path().join("noted").display().to_string();
    std::fs::write(&noted, printed).expect("written");
    assert_eq!(world.stop().await, Some(0));
    assert_eq!(run(&world, &["audit", "verify", "--checkpoint", &noted]).await.0, 0);
    overwrite(&file, &before);
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 1 && said.contains("rolled back"), "{said}");
    // Where that is lost as well, what somebody noted remembers.
    std::fs::remove_dir_all(world.home().join("checkpoints")).expect("removed");
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == 0 && said.contains("nothing was held against it"), "{said}");
    let (code, said) = run(&world, &["audit", "verify", "--checkpoint", &noted]).await;
    assert!(code == 1 && said.contains("rolled back"), "{said}");
    let (code, said) = run(&world, &["audit", "verify", "--checkpoint", &file.display().to_string()]).await;
    assert!(code == 2 && said.contains("journal.db"), "{said}");
}

/// By who has the database in hand. In the file the guard stays away.
async fn tamper(world: &World, database: Option<&Database>, change: &str) {
    match database {
        None => {
            let file = SqliteConnectOptions::new().filename(world.home().join("journal.db"));
            let mut file = file.connect().await.expect("opened");
            file.execute(format!("DROP TRIGGER events_no_update; {change}").as_str()).await.expect("tampered with");
        }
        Some(database) => {
            let mut owner = database.owner().await;
            let away = "ALTER TABLE events DISABLE TRIGGER append_only";
            let back = "ALTER TABLE events ENABLE ALWAYS TRIGGER append_only";
            for statement in ["SET search_path = journal", away, change, back] {
                owner.execute(statement).await.expect("the owner may");
            }
        }
    }
}

async fn a_live_server_is_verified_from_elsewhere(world: World, database: Option<&Database>) {
    let made = world.post("/api/v1/teams", json!({ "name": "crew" })).await.expect(201)["position"].clone();
    world.get(&format!("/api/v1/teams?min_position={made}")).await;
    let checkpoint = world.get(&format!("/api/v1/audit/checkpoint?min_position={made}")).await;
    let verify = ["audit", "verify", "--key", checkpoint["keys"][0].as_str().expect("a key")];
    let (code, said) = run_elsewhere(&world, &verify).await;
    assert!(code == 0 && said.contains("no further one up to position ") && !said.contains("believed"), "{said}");

    tamper(&world, database, &format!("UPDATE events SET actor_id = 'somebody else' WHERE position = {made}")).await;
    let (code, said) = run_elsewhere(&world, &verify).await;
    assert!(code == 1 && said.contains(&format!("position {made}: not the event that was sealed there")), "{said}");
}

#[tokio::test]
async fn a_live_server_on_sqlite() {
    a_live_server_is_verified_from_elsewhere(World::start(PROGRAM, &[]).await, None).await;
}

#[tokio::test]
async fn a_live_server_on_postgres() {
    let database = fresh_database().await;
    let world = World::start(PROGRAM, &database.settings()).await;
    a_live_server_is_verified_from_elsewhere(world, Some(&database)).await;
}

async fn a_new_key_signs_and_the_old_one_leads_to_it(world: World) {
    let old = world.get("/api/v1/audit/checkpoint").await["keys"][0].as_str().expect("a key").to_owned();
    let (code, new) = run(&world, &["audit", "rotate-key"]).await;
    assert_eq!(code, 0, "{new}");
    until("a checkpoint of both keys", async || {
        let checkpoint = world.get("/api/v1/audit/checkpoint").await;
        let note = checkpoint["note"].as_str().expect("a note");
        (note.contains("\nkey opensail.journal/") && note.lines().filter(|line| line.starts_with('—')).count() == 2).then_some(())
    })
    .await;
    let later = world.post("/api/v1/teams", json!({ "name": "later" })).await.expect(201)["position"].clone();
    let note = world.get(&format!("/api/v1/audit/checkpoint?min_position={later}")).await["note"].clone();
    assert_eq!(note.as_str().expect("a note").lines().filter(|line| line.starts_with('—')).count(), 1);
    let (code, said) = run(&world, &["audit", "verify", "--key", &old]).await;
    assert_eq!(code, 0, "{said}");
}

#[tokio::test]
async fn a_new_key_on_sqlite() {
    a_new_key_signs_and_the_old_one_leads_to_it(World::start(PROGRAM, &[]).await).await;
}

#[tokio::test]
async fn a_new_key_on_postgres() {
    let database = fresh_database().await;
    a_new_key_signs_and_the_old_one_leads_to_it(World::start(PROGRAM, &database.settings()).await).await;
}

/// Appends go on, readiness tells, and nobody is taken out of service.
#[tokio::test]
async fn a_lost_second_place_degrades_readiness_only() {
    let world = World::start(PROGRAM, &[]).await;
    written(&world).await;
    let ready = async || {
        let told = world.get("/readyz").await;
        let ends = told["back_ends"].as_array().expect("back ends").iter().filter(|end| end["ok"] == false);
        (told["status"].clone(), ends.map(|end| end["name"].clone()).collect::<Vec<_>>())
    };
    let folder = world.home().join("checkpoints");
    std::fs::rename(&folder, world.home().join("elsewhere")).expect("moved");
    std::fs::write(&folder, "in the way").expect("written");
    world.post("/api/v1/teams", json!({ "name": "one more" })).await.expect(201);
    until("readiness to tell", async || (ready().await == (json!("degraded"), vec![json!("checkpoints")])).then_some(())).await;
    let position = world.post("/api/v1/teams", json!({ "name": "and another" })).await.expect(201)["position"].clone();
    world.get(&format!("/api/v1/audit/proof?position={position}")).await;
    std::fs::remove_file(&folder).expect("removed");
    until("readiness", async || (ready().await == (json!("ready"), vec![])).then_some(())).await;
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// The file as somebody with the disk in hand would change it, with nothing beside it that could mend it.
pub(super) fn overwrite(file: &Path, bytes: &[u8]) {
    for beside in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{beside}", file.display()));
    }
    std::fs::write(file, bytes).expect("written");
}
