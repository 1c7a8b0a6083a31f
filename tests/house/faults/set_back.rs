//! The journal's database is put back to an earlier state, behind the server's back: the start refuses it until a new epoch begins, and then no
//! reader misses or repeats anything, and nothing is known again that was forgotten.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use opensail_eventstore::Vault;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::vault::keyring::Keyring;
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::watch::Watch;
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

/// What a session is told that is forgotten in the life that will be lost.
const WORD: &str = "xylograph";

/// Where the journal lies, and how an operator saves it and puts it back.
enum Ground {
    File,
    Database(Database),
}

impl Ground {
    fn world(&self) -> World {
        match self {
            Ground::File => World::at_rest(PROGRAM, &[]),
            Ground::Database(database) => World::at_rest(PROGRAM, &database.settings()),
        }
    }

    /// The server rests.
    fn save(&self, world: &World, to: &Path) {
        match self {
            Ground::File => drop(std::fs::copy(world.home().join("journal.db"), to).expect("copied")),
            Ground::Database(database) => database.dump(to),
        }
    }

    async fn put_back(&self, world: &World, from: &Path) {
        match self {
            Ground::File => {
                for beside in ["-wal", "-shm"] {
                    let _ = std::fs::remove_file(world.home().join(format!("journal.db{beside}")));
                }
                std::fs::copy(from, world.home().join("journal.db")).expect("copied");
            }
            Ground::Database(database) => database.restore(from).await,
        }
    }

    /// Whether the vault says that the session's key was destroyed; no server looks at it.
    async fn has_destroyed(&self, world: &World, session: &str) -> bool {
        let vault: Arc<dyn Vault> = match self {
            Ground::File => Arc::new(SqliteStore::open(world.home().join("journal.db")).await.expect("the journal")),
            Ground::Database(database) => Arc::new(database.journal().await),
        };
        Keyring::new(vault, b"no key is opened").is_destroyed(&format!("session-{session}")).await.expect("the vault")
    }
}

/// Somebody who keeps what a team's audit says, page by page, and does as the answers tell.
#[derive(Default)]
struct Reader {
    kept: Vec<Value>,
    cursor: Option<String>,
    /// How often the answer was that the histories part.
    parted: usize,
}

impl Reader {
    async fn read_on(&mut self, world: &World, stream: &str) {
        loop {
            let after = self.cursor.as_ref().map_or(String::new(), |cursor| format!("&after={cursor}"));
            let page = world.send(Method::GET, &format!("{stream}/events?limit=3{after}"), None).await;
            if page.status == 410 {
                let common = page.body["common_position"].as_u64().expect("a position");
                self.kept.retain(|event| event["position"].as_u64() <= Some(common));
                self.cursor = Some(common.to_string());
                self.parted += 1;
                continue;
            }
            let page = page.expect(200);
            self.kept.extend(page["items"].as_array().expect("items").iter().cloned());
            match page["next"].as_str() {
                Some(next) => self.cursor = Some(next.into()),
                None => return,
            }
        }
    }

    /// The cursor of the last event, as a stream gives it.
    async fn follow(&mut self, world: &World, stream: &str) {
        let mut watch = Watch::open(world, &world.token, &format!("{stream}/stream"), None).await.expect("a stream");
        self.cursor = watch.until("end").await.into_iter().filter_map(|frame| frame.id).next_back();
    }
}

async fn run(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let output = world.command(arguments).output().await.expect("it runs");
    (output.status.code(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// The newest checkpoint outside the database covers the position.
async fn remembered(world: &World, position: u64) {
    until("the checkpoint in the folder", async || {
        let latest = std::fs::read_to_string(world.home().join("checkpoints/latest")).ok()?;
        (latest.lines().nth(1)?.parse::<u64>().ok()? >= position).then_some(())
    })
    .await;
}

async fn says_on(world: &World, session: &str, text: &str) {
    let said = world.post(&format!("/api/v1/sessions/{session}/messages"), json!({ "text": text })).await.expect(202);
    world.get(&format!("/api/v1/sessions/{session}?min_position={}", said["position"])).await;
    world.session_is(session, &["completed"]).await;
}

/// Forgotten, and noted outside the database.
async fn forget(world: &World, session: &str) {
    let wish = json!({ "reason": "a password was pasted" });
    world.post(&format!("/api/v1/sessions/{session}/forget"), wish).await.expect(202);
    let list = world.home().join("forgotten.jsonl");
    until("the list", async || std::fs::read_to_string(&list).is_ok_and(|text| text.contains(session)).then_some(())).await;
}

/// It is told by nobody, and the history that had lost the event has it again.
async fn stays_forgotten(world: &World, session: &str) {
    let text = world.send(Method::GET, &format!("/api/v1/sessions/{session}/events?limit=200"), None).await.text;
    assert!(!text.contains(WORD) && text.contains("[forgotten]"), "{text}");
    until("the new history to say so", async || {
        let last = world.events(session).await.last()?.clone();
        (last["type"] == "agent_session.forgotten" && last["data"]["reason"] == "a password was pasted").then_some(())
    })
    .await;
}

async fn put_back_behind_the_servers_back(ground: Ground) {
    let mut world = ground.world();
    world.serve(&[]).await;
    let (project, _) = world.project("boat").await;
    let answers: Vec<Value> = (0..9).map(|_| json!({ "text": "aye" })).collect();
    let model = world.script(&answers);
    let session = world.session(&project, json!({ "task": "sail", "model": model })).await;
    world.session_is(&session, &["completed"]).await;
    let private = world.session(&project, json!({ "task": WORD, "model": world.script(&answers) })).await;
    world.session_is(&private, &["completed"]).await;
    assert_eq!(run(&world, &["new-epoch"]).await.0, Some(1), "not while a server has the folder");
    assert_eq!(world.stop().await, Some(0));
    let saved: PathBuf = world.path().join("saved");
    ground.save(&world, &saved);

    // A life that will be lost, and readers who see it.
    world.serve(&[]).await;
    says_on(&world, &session, "lost words").await;
    forget(&world, &private).await;
    let path = format!("/api/v1/sessions/{session}");
    let mut readers = [Reader::default(), Reader::default()];
    for reader in &mut readers {
        reader.read_on(&world, &path).await;
    }
    // One stands at its very end, one follows by stream and stands at a cursor.
    readers[1].follow(&world, &path).await;
    let lost = world.post("/api/v1/teams", json!({ "name": "lost" })).await;
    let lost_cursor = lost.headers["opensail-position"].to_str().expect("text").to_owned();
    let end = lost.expect(201)["position"].as_u64().expect("a position");
    world.get(&format!("/api/v1/teams?min_position={end}")).await;
    remembered(&world, end).await;
    assert_eq!(world.stop().await, Some(0));
    ground.put_back(&world, &saved).await;
    assert!(!ground.has_destroyed(&world, &private).await, "the vault is an earlier one, too");

    let refuses = async |by: &str| {
        let (code, said) = world.refuses_to_serve(&[]).await;
        assert!(code == Some(1) && said.contains("opensail new-epoch") && said.contains(by), "{code:?} {said}");
    };
    refuses("checkpoints").await;
    let (code, said) = run(&world, &["sign-in-link"]).await;
    assert!(code == Some(1) && said.contains("opensail new-epoch"), "{said}");
    if let Ground::File = ground {
        // Where the views lie elsewhere, they know as well.
        let aside = world.path().join("aside");
        std::fs::rename(world.home().join("checkpoints"), &aside).expect("moved");
        refuses("the views have seen").await;
        std::fs::rename(aside, world.home().join("checkpoints")).expect("moved");
    }
    let (code, said) = run(&world, &["new-epoch"]).await;
    assert_eq!(code, Some(0), "{said}");
    let common: u64 = said
        .split_once("positions 1 to ")
        .and_then(|(_, rest)| rest.split_once(" still hold"))
        .and_then(|(n, _)| n.parse().ok())
        .expect("a position");
    assert!(common < end, "{said}");
    assert!(ground.has_destroyed(&world, &private).await);

    world.serve(&[]).await;
    stays_forgotten(&world, &private).await;
    let teams = world.get("/api/v1/teams").await.to_string();
    assert!(!teams.contains("\"lost\""), "{teams}");
    says_on(&world, &session, "other words").await;
    for reader in &mut readers {
        reader.read_on(&world, &path).await;
        assert_eq!((&reader.kept, reader.parted), (&world.events(&session).await, 1));
    }
    let text = json!(readers[0].kept).to_string();
    assert!(text.contains("other words") && !text.contains("lost words"));
    for path in [format!("/api/v1/audit/events?after={lost_cursor}"), format!("/api/v1/teams?min_position={lost_cursor}")] {
        let gone = world.send(Method::GET, &path, None).await;
        assert_eq!((gone.status.as_u16(), gone.body["code"].as_str()), (410, Some("epoch_changed")), "{path}: {}", gone.text);
        assert_eq!(gone.body["common_position"], common);
    }
    assert_eq!(Watch::open(&world, &world.token, &format!("{path}/stream"), Some(&lost_cursor)).await.err(), Some(410));

    // It is said once, and all that is remembered of the lost life speaks against nothing any more.
    let last = world.post("/api/v1/teams", json!({ "name": "later" })).await.expect(201)["position"].as_u64().expect("a position");
    remembered(&world, last).await;
    assert_eq!(world.stop().await, Some(0));
    world.serve(&[]).await;
    let (code, said) = run(&world, &["audit", "verify"]).await;
    assert!(code == Some(0) && said.contains("were lost in a restore"), "{said}");
}

#[tokio::test]
async fn a_copied_file_put_back() {
    put_back_behind_the_servers_back(Ground::File).await;
}

#[tokio::test]
async fn a_dump_restored() {
    put_back_behind_the_servers_back(Ground::Database(fresh_database().await)).await;
}
