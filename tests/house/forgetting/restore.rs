use std::path::Path;

use opensail_commands::account::TokenOwner;
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::{StreamId, Vault};
use opensail_tests::behind::{journal, recorded};
use opensail_tests::people::{PASSWORD, Person};
use opensail_tests::postgres::{Database, fresh_database};
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{holds, run, said, world};
use crate::PROGRAM;

const WORD: &str = "xylograph";
/// Of a person; their e-mail address begins with it.
const NAME: &str = "benvolio";
const REASON: &str = "asked for by the person";
/// What a program of that person signs in with.
const KEY: &str = "osk_of-the-program-of-a-person";

/// A backup of before knows the key; the list of what was forgotten since takes it away again, before anybody can ask.
#[tokio::test]
async fn a_restore_does_not_remember() {
    let mut old = World::start(PROGRAM, &[]).await;
    let (project, _) = old.project("boat").await;
    let session = said(&old, &project, WORD).await;
    let file = old.path().join("before.tar").display().to_string();
    assert_eq!(run(&old, &["backup", &file]).await.0, 0);
    old.post(&format!("/api/v1/sessions/{session}/forget"), json!({ "reason": "a password was pasted" })).await.expect(202);
    let list = old.home().join("forgotten.jsonl");
    until("the list", async || std::fs::read_to_string(&list).is_ok_and(|text| text.contains(&session)).then_some(())).await;
    let later = old.path().join("after.tar").display().to_string();
    assert_eq!(run(&old, &["backup", &later]).await.0, 0);
    old.kill().await;

    // Without the list the backup of before still tells it: that is what the list is for.
    let events = format!("/api/v1/sessions/{session}/events?limit=200");
    let mut careless = World::at_rest(PROGRAM, &[]);
    assert_eq!(run(&careless, &["restore", &file]).await.0, 0);
    careless.serve(&[]).await;
    assert!(careless.send(Method::GET, &events, None).await.text.contains(WORD));
    careless.kill().await;

    let mut new = World::at_rest(PROGRAM, &[]);
    let (code, told) = run(&new, &["restore", &file, "--forgotten", &list.display().to_string()]).await;
    assert!(code == 0 && told.contains("forgotten again: 1 "), "{told}");
    new.serve(&[]).await;
    let text = new.send(Method::GET, &events, None).await.text;
    assert!(!text.contains(WORD) && text.contains("[forgotten]"), "{text}");
    until("the new history to say so", async || {
        let last = new.events(&session).await.last()?.clone();
        (last["type"] == "agent_session.forgotten" && last["data"]["reason"] == "a password was pasted").then_some(())
    })
    .await;
    let (code, verified) = run(&new, &["audit", "verify"]).await;
    assert_eq!(code, 0, "{verified}");

    // A backup of after has nothing to forget any more. The file that was written is the project's, and its folder lies elsewhere.
    let saved = std::fs::read(&later).expect("the backup");
    assert!(holds(&saved, &session) && !holds(&saved, WORD));
    let mut after = World::at_rest(PROGRAM, &[]);
    assert_eq!(run(&after, &["restore", &later]).await.0, 0);
    after.serve(&[]).await;
    assert!(!after.send(Method::GET, &events, None).await.text.contains(WORD));
    let missing = run(&World::at_rest(PROGRAM, &[]), &["restore", &file, "--forgotten", "/nonexistent/list"]).await;
    assert_eq!(missing.0, 1, "a list that is not there is no empty list");
    for (text, says) in [("hello\ngarbage\n", "line 1 "), ("", "nothing stands in it")] {
        let wrong = old.path().join("wrong.jsonl");
        std::fs::write(&wrong, text).expect("written");
        let (code, said) = run(&World::at_rest(PROGRAM, &[]), &["restore", &file, "--forgotten", &wrong.display().to_string()]).await;
        assert!(code == 1 && said.contains(says), "{said}");
    }
}

/// In the backup the session still waits for an answer; in the restored house nothing of it could be sealed any more.
#[tokio::test]
async fn a_session_that_works_again_is_stopped_and_forgotten() {
    let mut old = World::start(PROGRAM, &[]).await;
    let (project, _) = old.project("boat").await;
    let shell = json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": format!("echo {WORD}") } }] });
    let model = old.script(&[shell, json!({ "text": "done" })]);
    let session = old.session(&project, json!({ "task": WORD, "model": model })).await;
    old.session_is(&session, &["waiting_approval"]).await;
    let file = old.path().join("before.tar").display().to_string();
    assert_eq!(run(&old, &["backup", &file]).await.0, 0);
    old.post(&format!("/api/v1/sessions/{session}/cancel"), json!({})).await.expect(202);
    old.session_is(&session, &["cancelled"]).await;
    old.post(&format!("/api/v1/sessions/{session}/forget"), json!({ "reason": "x" })).await.expect(202);
    let list = old.home().join("forgotten.jsonl");
    until("the list", async || std::fs::read_to_string(&list).is_ok_and(|text| text.contains(&session)).then_some(())).await;
    old.kill().await;

    let mut new = World::at_rest(PROGRAM, &[]);
    assert_eq!(run(&new, &["restore", &file, "--forgotten", &list.display().to_string()]).await.0, 0);
    new.serve(&[]).await;
    new.session_is(&session, &["cancelled"]).await;
    until("the new history to say so", async || (new.events(&session).await.last()?["type"] == "agent_session.forgotten").then_some(()))
        .await;
    assert!(!new.send(Method::GET, &format!("/api/v1/sessions/{session}/export"), None).await.text.contains(WORD));
}

/// The platform itself makes keys for the owner of a desktop alone, who cannot be forgotten.
async fn give_key(world: &World, database: Option<&Database>, person: &Person) {
    let vault: Box<dyn Vault> = match database {
        Some(database) => Box::new(database.journal().await),
        None => Box::new(SqliteStore::open(world.home().join("journal.db")).await.expect("the journal")),
    };
    let owner = TokenOwner {
        account_id: person.id.parse().expect("an id"),
        key_id: "0".repeat(16),
        prefix: "osk_".into(),
        name: "boat".into(),
        platform_admin: false,
        created_at: 1,
    };
    let digest: String = Sha256::digest(KEY.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    vault.put("token", &digest, &serde_json::to_vec(&owner).expect("JSON"), None).await.expect("the vault");
}

/// What each way in answers to who comes back as this person: password, refresh token, access token, key of a program.
async fn ways_in(world: &World, person: &Person) -> [u16; 4] {
    let me = "/api/v1/auth/me";
    let answers = [
        world.login(&person.email, PASSWORD).await,
        person.browser.refresh(world).await,
        person.get(world, me).await,
        world.send_as(KEY, Method::GET, me, None, &[]).await,
    ];
    answers.map(|answer| answer.status.as_u16())
}

/// As an operator saves it: a backup while it serves, or a dump while it rests. It serves afterwards.
async fn save(world: &mut World, database: Option<&Database>, file: &Path) {
    match database {
        None => {
            let (code, told) = run(world, &["backup", &file.display().to_string()]).await;
            assert_eq!(code, 0, "{told}");
        }
        Some(database) => {
            assert_eq!(world.stop().await, Some(0));
            database.dump(file);
            world.serve(&[]).await;
        }
    }
}

/// What was saved, in a new data folder, with the list of what was forgotten or without it. It serves at the old one's address, which
/// stands in the tokens that were given out: nothing but the forgetting speaks against them here.
async fn brought_back(old: &World, database: Option<&Database>, saved: &Path, list: Option<&Path>) -> World {
    let settings = database.map(|database| database.settings().to_vec()).unwrap_or_default();
    let mut new = World::at_rest(PROGRAM, &settings);
    new.url.clone_from(&old.url);
    let (code, told) = match database {
        None => {
            let (saved, list) = (saved.display().to_string(), list.map(|list| list.display().to_string()));
            let mut arguments = vec!["restore", saved.as_str()];
            arguments.extend(list.iter().flat_map(|list| ["--forgotten", list.as_str()]));
            run(&new, &arguments).await
        }
        Some(database) => {
            database.restore(saved).await;
            std::fs::create_dir(new.home()).expect("a data folder");
            std::fs::copy(old.home().join("secret.key"), new.home().join("secret.key")).expect("the secret");
            if let Some(list) = list {
                std::fs::copy(list, new.home().join("forgotten.jsonl")).expect("the list");
            }
            run(&new, &["new-epoch"]).await
        }
    };
    assert_eq!(code, 0, "{told}");
    new.serve(&[]).await;
    new
}

async fn a_person_stays_forgotten(database: Option<&Database>) {
    let mut old = world(database).await;
    let ben = old.register(NAME).await;
    let team = old.team().await;
    old.join(&team, &ben, "admin").await;
    ben.send(&old, Method::PATCH, &format!("/api/v1/teams/{team}"), Some(&json!({ "name": "crew" }))).await.expect(200);
    give_key(&old, database, &ben).await;
    let (before, after) = (old.path().join("before"), old.path().join("after"));
    save(&mut old, database, &before).await;
    ben.post(&old, &format!("/api/v1/accounts/{}/forget", ben.id), json!({ "reason": REASON })).await.expect(202);
    let list = old.home().join("forgotten.jsonl");
    until("the list", async || std::fs::read_to_string(&list).is_ok_and(|text| text.contains(&ben.id)).then_some(())).await;
    save(&mut old, database, &after).await;
    old.kill().await;

    // Without the list what was saved before still shows them and lets them in: that is what the list is for.
    let pages = [format!("/api/v1/teams/{team}/members"), format!("/api/v1/audit/events?team_id={team}&limit=200")];
    let mut careless = brought_back(&old, database, &before, None).await;
    for page in &pages {
        until(page, async || careless.send(Method::GET, page, None).await.text.contains(NAME).then_some(())).await;
    }
    assert_eq!(ways_in(&careless, &ben).await, [200; 4]);
    careless.kill().await;

    // What was saved after it needs no list.
    for (saved, list) in [(&before, Some(list.as_path())), (&after, None)] {
        let mut new = brought_back(&old, database, saved, list).await;
        // From the first moment on.
        assert_eq!(ways_in(&new, &ben).await, [401; 4]);
        for page in &pages {
            until(page, async || {
                let text = new.send(Method::GET, page, None).await.text;
                assert!(!text.contains(NAME), "{text}");
                text.contains("[forgotten]").then_some(())
            })
            .await;
        }
        let (code, verified) = run(&new, &["audit", "verify"]).await;
        assert_eq!(code, 0, "{verified}");
        assert_eq!(new.stop().await, Some(0));
        let journal = journal(&new, database).await;
        let last = recorded(&*journal, &StreamId::new("account", &ben.id)).await.pop().expect("an event");
        assert_eq!(last.event_type, "account.forgotten");
        assert_eq!(serde_json::from_str::<Value>(&last.payload).expect("JSON"), json!({ "reason": REASON }));
    }
}

#[tokio::test]
async fn a_person_stays_forgotten_on_sqlite() {
    a_person_stays_forgotten(None).await;
}

#[tokio::test]
async fn a_person_stays_forgotten_on_postgres() {
    a_person_stays_forgotten(Some(&fresh_database().await)).await;
}
