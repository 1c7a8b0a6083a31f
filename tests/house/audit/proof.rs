//! `GET audit/proof` and `audit/checkpoint`: for those who may audit, and verified here by an implementation that is not ours.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use opensail_tests::postgres::fresh_database;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::Value;
use tlog_tiles::tlog;

use crate::PROGRAM;

const OPEN: (&str, &str) = ("OPENSAIL_REGISTRATION", "open");

fn hash(text: &Value) -> tlog::Hash {
    tlog::Hash(STANDARD.decode(text.as_str().expect("base64")).expect("base64").try_into().expect("32 bytes"))
}

fn hashes(path: &Value) -> Vec<tlog::Hash> {
    path.as_array().expect("a path").iter().map(hash).collect()
}

fn checkpoint(note: &Value, key: &Value) -> tlog_tiles::Checkpoint {
    let key = signed_note::StandardVerifier::new(key.as_str().expect("a key")).expect("a key");
    let note = signed_note::Note::from_bytes(note.as_str().expect("a note").as_bytes()).expect("a note");
    note.verify(&signed_note::VerifierList::new(vec![Box::new(key)])).expect("signed");
    tlog_tiles::Checkpoint::from_bytes(note.text()).expect("a checkpoint")
}

async fn an_event_is_proven_to_who_may_audit_it(world: World) {
    let made = world.post("/api/v1/teams", serde_json::json!({ "name": "Crew" })).await.expect(201);
    let position = made["position"].as_u64().expect("a position");
    let proof = world.get(&format!("/api/v1/audit/proof?position={position}")).await;
    let signed = checkpoint(&proof["checkpoint"], &proof["keys"][0]);
    let leaf = hash(&proof["leaf"]);
    tlog::check_record(&hashes(&proof["path"]), signed.size(), *signed.hash(), position - 1, leaf).expect("included");
    assert_eq!((&proof["event"]["position"], &proof["event"]["proof"]["path"]), (&proof["position"], &proof["path"]));

    // What was signed then is the beginning of what is signed later.
    let later = world.post("/api/v1/teams", serde_json::json!({ "name": "Later" })).await.expect(201)["position"].clone();
    let newest = world.get(&format!("/api/v1/audit/checkpoint?min_position={later}")).await;
    let path = format!("/api/v1/audit/proof?from={}&size={}", signed.size(), newest["size"]);
    let extended = world.get(&path).await;
    let newest = checkpoint(&newest["note"], &newest["keys"][0]);
    tlog::check_tree(&hashes(&extended["path"]), newest.size(), *newest.hash(), signed.size(), *signed.hash()).expect("consistent");
    let older = world.get(&format!("/api/v1/audit/checkpoint?size={}", signed.size())).await;
    assert_eq!(older["note"], proof["checkpoint"]);

    // Hidden from strangers like what does not exist.
    let ben = world.register("ben").await;
    let asked = async |token: &str, query: &str| {
        world.send_as(token, Method::GET, &format!("/api/v1/audit/proof?{query}"), None, &[]).await.status.as_u16()
    };
    assert_eq!(asked(&ben.token, &format!("position={position}")).await, 404);
    assert_eq!(asked(&ben.token, "position=999999").await, 404);
    assert_eq!(asked("", &format!("position={position}")).await, 401);
    for wrong in ["", "position=0", "position=1&from=1", "position=2&size=1", "from=0"] {
        assert_eq!(asked(&world.token, wrong).await, 422, "{wrong}");
    }
}

#[tokio::test]
async fn an_event_is_proven_to_who_may_audit_it_on_sqlite() {
    an_event_is_proven_to_who_may_audit_it(World::start(PROGRAM, &[OPEN]).await).await;
}

#[tokio::test]
async fn an_event_is_proven_to_who_may_audit_it_on_postgres() {
    let database = fresh_database().await;
    let [app, owner] = database.settings();
    an_event_is_proven_to_who_may_audit_it(World::start(PROGRAM, &[OPEN, app, owner]).await).await;
}
