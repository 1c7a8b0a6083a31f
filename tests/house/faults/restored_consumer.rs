//! The journal is put back to an earlier state, and a consumer that several workers share goes on in the new epoch: it neither skips nor
//! repeats anything of what is there then. Its member lives in the server.

use std::path::Path;

use opensail_tests::copies::{COPIES, COPY};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;
use crate::projection::number;

/// So many that more than one partition has something to do.
const TEAMS: usize = 3;
/// The journal. The consumer's member has the file open when its process ends, so the last of it may lie beside it.
const FILES: [&str; 3] = ["journal.db", "journal.db-wal", "journal.db-shm"];

/// From one folder to the other, where nothing of it is left.
fn copy_journal(from: &Path, to: &Path) {
    for name in FILES {
        let _ = std::fs::remove_file(to.join(name));
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).expect("copied");
        }
    }
}

/// The server rests.
fn save(world: &World, database: Option<&Database>, to: &Path) {
    match database {
        Some(database) => database.dump(to),
        None => {
            std::fs::create_dir(to).expect("a folder");
            copy_journal(&world.home(), to);
        }
    }
}

async fn put_back(world: &World, database: Option<&Database>, from: &Path) {
    match database {
        Some(database) => database.restore(from).await,
        None => copy_journal(from, &world.home()),
    }
}

/// With a member of the consumer. Views of another epoch are built anew first.
async fn serve(world: &mut World) {
    world.serve(&[(COPIES, "1")]).await;
    until("the views", async || (world.send(Method::GET, "/api/v1/teams", None).await.status == 200).then_some(())).await;
}

async fn run(world: &World, arguments: &[&str]) {
    let output = world.command(arguments).output().await.expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn teams(world: &World) -> Vec<String> {
    let mut teams = Vec::new();
    for _ in 0..TEAMS {
        let team = world.post("/api/v1/teams", json!({ "name": "Hull" })).await.expect(201);
        teams.push(team["id"].as_str().expect("an id").to_owned());
    }
    teams
}

/// Every team is called this, one after the other.
async fn rename(world: &World, teams: &[String], names: &[&str]) {
    for name in names {
        for team in teams {
            world.send(Method::PATCH, &format!("/api/v1/teams/{team}"), Some(&json!({ "name": name }))).await.expect(200);
        }
    }
}

/// Events of a type in a team's history, once there are so many.
async fn told(world: &World, team: &str, kind: &str, many: usize) -> Vec<Value> {
    let path = format!("/api/v1/audit/events?team_id={team}&type={kind}&order=asc&limit=200");
    until(&format!("{many} {kind}"), async || {
        let page = world.send(Method::GET, &path, None).await;
        let events = page.body["items"].as_array()?.clone();
        (events.len() >= many).then_some(events)
    })
    .await
}

/// By the journal every team was called this and nothing else, and each renaming was copied once, in order. A team is one stream: what
/// would be copied a second time would come before the copy of the last.
async fn each_was_copied_once(world: &World, teams: &[String], names: &[&str]) {
    for team in teams {
        let renamed = told(world, team, "team.renamed", names.len()).await;
        let called: Vec<_> = renamed.iter().map(|event| event["data"]["name"].as_str().expect("a name")).collect();
        assert_eq!(called, names);
        let copies = told(world, team, COPY, names.len()).await;
        let copied: Vec<_> = copies.iter().map(|copy| &copy["data"]["position"]).collect();
        assert_eq!(copied, renamed.iter().map(|event| &event["position"]).collect::<Vec<_>>(), "of {names:?}");
    }
}

/// To its end, and remembered outside.
async fn sealed(world: &World) {
    until("the journal to be sealed", async || {
        let latest = std::fs::read_to_string(world.home().join("checkpoints/latest")).ok()?;
        let sealed: f64 = latest.lines().nth(1)?.parse().ok()?;
        (number(world, "position", "back_end=\"journal\"").await == Some(sealed)).then_some(())
    })
    .await;
}

async fn goes_on_in_the_new_epoch(database: Option<Database>) {
    let mut world = World::at_rest(PROGRAM, &database.iter().flat_map(Database::settings).collect::<Vec<_>>());
    serve(&mut world).await;
    let teams = teams(&world).await;
    rename(&world, &teams, &["Sloop", "Brig"]).await;
    each_was_copied_once(&world, &teams, &["Sloop", "Brig"]).await;
    // Its end may not be sealed yet: others may rely on less of it than the consumer, which was set back with it.
    assert_eq!(world.stop().await, Some(0));
    let saved = world.path().join("saved");
    save(&world, database.as_ref(), &saved);

    // A life that will be lost, in which the consumer comes further than it will have come.
    serve(&mut world).await;
    rename(&world, &teams, &["Wreck", "Raft", "Plank"]).await;
    each_was_copied_once(&world, &teams, &["Sloop", "Brig", "Wreck", "Raft", "Plank"]).await;
    sealed(&world).await;
    assert_eq!(world.stop().await, Some(0));
    put_back(&world, database.as_ref(), &saved).await;
    let (code, said) = world.refuses_to_serve(&[]).await;
    assert!(code == Some(1) && said.contains("opensail new-epoch"), "{code:?} {said}");
    run(&world, &["new-epoch"]).await;

    serve(&mut world).await;
    rename(&world, &teams, &["Yawl", "Ketch"]).await;
    each_was_copied_once(&world, &teams, &["Sloop", "Brig", "Yawl", "Ketch"]).await;
}

#[tokio::test]
async fn a_copied_file_put_back() {
    goes_on_in_the_new_epoch(None).await;
}

#[tokio::test]
async fn a_dump_restored() {
    goes_on_in_the_new_epoch(Some(fresh_database().await)).await;
}

/// Taken while the consumer works: some is copied in it, and some is not yet.
#[tokio::test]
async fn a_backup_brought_back() {
    let mut old = World::at_rest(PROGRAM, &[]);
    serve(&mut old).await;
    let teams = teams(&old).await;
    rename(&old, &teams, &["Sloop", "Brig"]).await;
    let file = old.path().join("backup.tar").display().to_string();
    run(&old, &["backup", &file]).await;
    rename(&old, &teams, &["Wreck"]).await;
    each_was_copied_once(&old, &teams, &["Sloop", "Brig", "Wreck"]).await;
    old.kill().await;

    let mut new = World::at_rest(PROGRAM, &[]);
    run(&new, &["restore", &file]).await;
    serve(&mut new).await;
    rename(&new, &teams, &["Yawl", "Ketch"]).await;
    each_was_copied_once(&new, &teams, &["Sloop", "Brig", "Yawl", "Ketch"]).await;
}
