use opensail_tests::postgres::{Database, fresh_database};
use reqwest::Method;
use serde_json::json;

use super::session::dump;
use super::{holds, run, world};

const NAME: &str = "benvolio";

async fn what_is_taken_later_names_nobody_and_every_proof_holds(database: Option<&Database>) {
    let world = world(database).await;
    let ben = world.register(NAME).await;
    let team = world.team().await;
    world.join(&team, &ben, "admin").await;
    ben.send(&world, Method::PATCH, &format!("/api/v1/teams/{team}"), Some(&json!({ "name": "crew" }))).await.expect(200);
    let key = world.get("/api/v1/audit/checkpoint").await["keys"][0].as_str().expect("a key").to_owned();
    let named = |taken: &[u8]| [NAME, ben.email.as_str()].iter().any(|word| holds(taken, word));
    let file = |name: &str| world.path().join(name).display().to_string();
    let export = async |name: &str, format: &str| {
        let file = file(name);
        let (code, told) = run(&world, &["audit", "export", "--team", &team, "--format", format, "--output", &file]).await;
        assert_eq!(code, 0, "{told}");
        std::fs::read(&file).expect("the export")
    };
    for (name, format) in [("before.jsonl", "jsonl"), ("before.csv", "csv")] {
        assert!(named(&export(name, format).await), "{name} tells it before");
    }

    let path = format!("/api/v1/accounts/{}/forget", ben.id);
    let done = ben.post(&world, &path, json!({ "reason": "asked for by the person" })).await.expect(202);
    world.get(&format!("/api/v1/audit/checkpoint?min_position={}", done["position"])).await;
    for (name, format) in [("after.jsonl", "jsonl"), ("after.csv", "csv")] {
        let taken = export(name, format).await;
        assert!(holds(&taken, &ben.id) && holds(&taken, "[forgotten]") && !named(&taken), "{name} still tells it");
    }
    let saved = match database {
        Some(database) => dump(database),
        None => {
            let file = file("after.tar");
            let (code, told) = run(&world, &["backup", &file]).await;
            assert_eq!(code, 0, "{told}");
            std::fs::read(&file).expect("the backup")
        }
    };
    assert!(holds(&saved, &ben.id) && !named(&saved));

    // What was taken before is beyond reach, and proven as it was.
    for name in ["before.jsonl", "after.jsonl"] {
        let (code, verified) = run(&world, &["audit", "verify", &file(name), "--key", &key]).await;
        assert!(code == 0 && verified.contains("complete: "), "{name}: {verified}");
    }
    let verify = ["audit", "verify", "--key", key.as_str()];
    let (code, verified) = run(&world, &verify).await;
    assert_eq!(code, 0, "{verified}");
    let live = world.command(&verify).env("OPENSAIL_URL", &world.url).env("OPENSAIL_TOKEN", &world.token).output().await.expect("it runs");
    assert_eq!(live.status.code(), Some(0), "{}", String::from_utf8_lossy(&live.stderr));
}

#[tokio::test]
async fn what_is_taken_later_names_nobody_on_sqlite() {
    what_is_taken_later_names_nobody_and_every_proof_holds(None).await;
}

#[tokio::test]
async fn what_is_taken_later_names_nobody_on_postgres() {
    what_is_taken_later_names_nobody_and_every_proof_holds(Some(&fresh_database().await)).await;
}
