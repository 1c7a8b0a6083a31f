//! What people and agents said lies nowhere on the disk as it is: not in the journal, the views, the blobs, nor the log.

use std::path::Path;

use opensail_tests::people::PASSWORD;
use opensail_tests::world::World;
use serde_json::json;

use crate::PROGRAM;

/// Files beneath a folder that hold these bytes.
fn holders(folder: &Path, bytes: &[u8], found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            holders(&path, bytes, found);
        } else if std::fs::read(&path).is_ok_and(|content| content.windows(bytes.len()).any(|window| window == bytes)) {
            found.push(path.display().to_string());
        }
    }
}

fn held_by(world: &World, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    holders(&world.home(), text.as_bytes(), &mut found);
    if world.log().contains(text) {
        found.push("the log".into());
    }
    found
}

#[tokio::test]
async fn nothing_private_lies_on_the_disk() {
    let mut world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open"), ("RUST_LOG", "debug")]).await;
    let (project, _) = world.project("boat").await;
    let team = world.team().await;
    let person = world.register("marigold-private-name").await;
    world.login(&person.email, "wrong-password-private").await.expect(401);
    world.join(&team, &person, "editor").await;
    let call = |name: &str, arguments: serde_json::Value| json!({ "text": "answer-private", "tool_calls": [{ "name": name, "arguments": arguments }] });
    let model = world.script(&[
        call("write_file", json!({ "file_path": "a.txt", "content": "content-private\n" })),
        call("bash_exec", json!({ "command": "cat a.txt; seq 1 20000; echo command-private" })),
        call("delete_file", json!({ "file_path": "a.txt" })),
        json!({ "text": "answer-private" }),
        json!({ "text": "failed-private", "error": { "status": 400, "message": "detail-private" } }),
    ]);
    let wish = json!({ "task": "task-private\nmore", "model": model, "edit_mode": "ask" });
    let session = person.post(&world, &format!("/api/v1/projects/{project}/sessions"), wish).await.expect(201)["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for _ in 0..3 {
        let details = world.session_is(&session, &["waiting_approval"]).await;
        let approval = details["approval_id"].as_str().expect("a question").to_owned();
        let path = format!("/api/v1/sessions/{session}/approvals/{approval}");
        person.post(&world, &path, json!({ "decision": "allow_once", "reason": "reason-private" })).await.expect(202);
        opensail_tests::world::until("the question to be over", async || {
            let details = world.get(&format!("/api/v1/sessions/{session}")).await;
            (details["approval_id"] != *approval).then_some(())
        })
        .await;
    }
    world.session_is(&session, &["completed"]).await;
    person.post(&world, &format!("/api/v1/sessions/{session}/messages"), json!({ "text": "message-private" })).await.expect(202);
    world.session_is(&session, &["failed"]).await;
    world
        .send(reqwest::Method::GET, &format!("/api/v1/sessions/{session}/export"), None)
        .await
        .expect_text("content-private", "answer-private");

    let token = world.token.clone();
    let look = |world: &World| {
        for text in [
            "marigold-private-name",
            PASSWORD,
            "wrong-password-private",
            "task-private",
            "answer-private",
            "content-private",
            "command-private",
            "reason-private",
            "message-private",
            "failed-private",
            "detail-private",
            person.browser.refresh.as_str(),
            person.token.as_str(),
        ] {
            assert_eq!(held_by(world, text), Vec::<String>::new(), "{text:?} lies on the disk");
        }
        // Only where it must be, and for its owner alone.
        let held = held_by(world, &token);
        assert!(held.len() == 1 && held[0].ends_with("cli.token"), "{held:?}");
    };
    look(&world);
    // With everything written back as well.
    assert_eq!(world.stop().await, Some(0));
    look(&world);
    use std::os::unix::fs::PermissionsExt;
    for (name, mode) in [("", 0o700), ("cli.token", 0o600), ("secret.key", 0o600), ("journal.db", 0o600), ("views.db", 0o600)] {
        let found = std::fs::metadata(world.home().join(name)).expect(name).permissions().mode() & 0o777;
        assert_eq!(found & !mode, 0, "{name:?} has mode {found:o}");
    }
}

trait Holds {
    fn expect_text(self, one: &str, two: &str);
}

impl Holds for opensail_tests::world::Answer {
    /// The check itself can fail: what is looked for is really there for who may see it (file contents in base64).
    fn expect_text(self, content: &str, said: &str) {
        use base64::Engine;
        let blobs = self
            .text
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter_map(|line| line["base64"].as_str().map(String::from));
        let mut decoded = blobs.map(|blob| base64::engine::general_purpose::STANDARD.decode(blob).expect("base64"));
        assert!(decoded.any(|blob| String::from_utf8_lossy(&blob).contains(content)));
        assert!(self.text.contains(said));
    }
}
