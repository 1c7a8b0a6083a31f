//! A fork's files, merged into those it left.

use serde_json::json;

use super::*;
use crate::agent_session::bench::ENDED;

#[tokio::test]
async fn what_fits_is_merged_and_what_does_not_is_decided() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[write("a.txt", "1\n2\n3\n4\n5\n"), say("done")], json!({})).await;
    let model = bench.world.script(&[shell("sed -i 's/5/five/' a.txt; echo new > made.txt"), say("done")]);
    let wish = json!({ "message": "on", "model": model });
    let fork =
        bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201)["id"].as_str().expect("an id").to_owned();
    bench.world.session_is(&fork, ENDED).await;
    std::fs::write(bench.folder.join("a.txt"), "one\n2\n3\n4\n5\n").expect("written");
    let merge = format!("/api/v1/sessions/{fork}/merge");
    // Only the session it left is merged into.
    let other = bench.world.post(&merge, json!({ "into": fork })).await;
    assert_eq!((other.status.as_u16(), &other.body["errors"][0]["pointer"]), (422, &json!("/into")), "{}", other.text);
    assert!(other.text.contains(&session), "it says which: {}", other.text);
    let merged = bench.world.post(&merge, json!({ "into": session })).await.expect(202);
    assert_eq!(merged["into"], json!(session));
    assert_eq!(bench.file("a.txt").as_deref(), Some("one\n2\n3\n4\nfive\n"), "line by line");
    assert_eq!(bench.file("made.txt").as_deref(), Some("new\n"));
    // The next merge begins where the last one ended.
    std::fs::write(bench.copy_of(&fork).join("made.txt"), "newer\n").expect("written");
    std::fs::write(bench.folder.join("made.txt"), "mine\n").expect("written");
    let refused = bench.world.post(&merge, json!({})).await;
    assert_eq!((refused.status.as_u16(), &refused.body["conflicts"][0]["path"]), (409, &json!("made.txt")), "{}", refused.text);
    assert!(refused.body["conflicts"][0]["marked"].as_str().expect("a text").contains("<<<<<<<"));
    assert_eq!(bench.file("made.txt").as_deref(), Some("mine\n"));
    bench.world.post(&merge, json!({ "decisions": { "made.txt": "marked" } })).await.expect(202);
    let marked = bench.file("made.txt").expect("there");
    assert!(marked.contains("mine") && marked.contains("newer") && marked.contains(">>>>>>>"), "{marked}");
    assert_eq!(bench.world.post(&format!("/api/v1/sessions/{session}/merge"), json!({})).await.body["reason"], "not_a_fork");
}
