//! A project's files as they were: from snapshots, or with the reason why nobody knows.

use opensail_tests::world::until;
use reqwest::Method;
use serde_json::{Value, json};

use super::super::bench::{Bench, ENDED, say, shell, write};

#[tokio::test]
async fn files_are_shown_as_they_were_where_a_snapshot_has_them() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[write("a.txt", "one\n"), shell("printf 'two\\n' >> a.txt"), say("done")], json!({})).await;
    let files = format!("/api/v1/projects/{}/files/a.txt", bench.project);
    let at = async |position: u64| bench.world.send(Method::GET, &format!("{files}?as_of={position}"), None).await;
    let events = bench.world.events(&session).await;
    let position = |kind: &str, n: usize| {
        let found = events.iter().filter(|event| event["type"] == format!("agent_session.{kind}")).nth(n);
        found.expect("the event")["position"].as_u64().expect("a position")
    };
    let (first, second) = (position("tool_call_completed", 0), position("tool_call_completed", 1));
    at(position("run_started", 0)).await.expect(404);
    assert_eq!(at(first).await.text, "one\n");
    assert_eq!(at(second - 2).await.text, "one\n", "until the next begins");
    assert_eq!(at(second).await.text, "one\ntwo\n");
    // While the command ran nobody knows; where it is known is told.
    let running = at(second - 1).await;
    assert_eq!((running.status.as_u16(), running.body["code"].as_str()), (422, Some("as_of_unsupported")), "{}", running.text);
    let detail = running.body["detail"].as_str().expect("text");
    assert!(detail.contains(&format!("as of {first} or {second},")), "{detail}");
    // Before there was a project there are no files of it.
    at(1).await.expect(404);

    // A person's write, then the capture of it; the tree tells the same as the file.
    let put = bench.world.ask(Method::PUT, &files, &[("authorization", &format!("Bearer {}", bench.world.token))], "three\n").await;
    let written = put.expect(200)["position"].as_u64().expect("a position");
    until("the capture", async || (at(written).await.status == 200).then_some(())).await;
    assert_eq!(at(written).await.text, "three\n");
    assert_eq!(at(written - 1).await.text, "one\ntwo\n");
    let tree = bench.world.get(&format!("/api/v1/projects/{}/tree?as_of={first}", bench.project)).await;
    let told: Vec<_> = tree["items"].as_array().expect("items").iter().map(|item| (&item["path"], &item["size"])).collect();
    assert_eq!(told, [(&Value::from("a.txt"), &Value::from(4))]);

    // A fork works in a copy of its own: the project's files stay what they are.
    let wish = json!({ "at": second, "message": "go on", "model": bench.world.script(&[write("a.txt", "fork\n"), say("done")]), "edit_mode": "allow" });
    let fork =
        bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let done = bench.world.session_is(&fork, ENDED).await;
    assert_eq!(at(done["position"].as_u64().expect("a position")).await.text, "three\n");
}
