//! Forks: of finished sessions and of those at work, side by side, and of forks.

use reqwest::Method;
use serde_json::{Value, json};

use super::*;
use crate::agent_session::bench::{ENDED, call, turn};

fn id(body: &Value) -> String {
    body["id"].as_str().expect("an id").into()
}

#[tokio::test]
async fn a_fork_has_its_files_though_the_projects_folder_is_gone_or_elsewhere() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let elsewhere = tempfile::tempdir().expect("a folder");
    std::fs::rename(&bench.folder, elsewhere.path().join("boat")).expect("moved");
    for link in [false, true] {
        if link {
            std::os::unix::fs::symlink(elsewhere.path().join("boat"), &bench.folder).expect("linked");
        }
        let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({})).await.expect(201);
        assert_eq!(holds(&bench.copy_of(&id(&fork)))["a.txt"].2, b"one\ntwo\n", "a link there: {link}");
    }
}

#[tokio::test]
async fn a_fork_goes_on_from_an_event_and_leaves_the_rest_alone() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let there = holds(&bench.folder);
    let first = bench.step(&session, 1).await;
    let model = bench.world.script(&[shell("cat a.txt; printf 'otherwise\\n' >> a.txt"), say("forked")]);
    let wish = json!({ "at": first, "message": "try otherwise", "model": model });
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201);
    assert_eq!(fork["origin"]["session_id"], json!(session));
    let fork = id(&fork);
    assert_eq!(bench.world.session_is(&fork, ENDED).await["status"], "completed");
    assert_eq!(bench.calls(&fork).await, [("bash_exec".into(), "ok".into(), "one\n[exit code 0]".into())]);
    assert_eq!(std::fs::read_to_string(bench.copy_of(&fork).join("a.txt")).expect("a file"), "one\notherwise\n");
    assert_eq!(holds(&bench.folder), there, "the origin's files are as they were");
    let replay = bench.world.get(&format!("/api/v1/sessions/{fork}/replay")).await;
    let messages = replay["messages"].as_array().expect("messages");
    assert!(messages.iter().any(|message| message["text"] == "try otherwise"));
    assert_eq!(messages[0]["text"], "do it", "the conversation so far came along");
    let ids: Vec<_> = messages.iter().filter(|message| message["role"] == "tool").map(|message| message["call_id"].clone()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<std::collections::HashSet<_>>().len(), "call ids are unique: {ids:?}");
    // Linked by causation.
    let begun = &bench.events_of(&fork, "forked").await[0];
    assert!(begun["causation_id"].is_string());
    let tree = bench.world.get(&format!("/api/v1/sessions/{fork}/forks")).await;
    assert_eq!(tree["items"].as_array().expect("items").iter().map(id).collect::<Vec<_>>(), [session.clone(), fork.clone()]);
    assert_eq!(tree["items"][1]["origin"]["position"], json!(first), "{tree}");
    let compared = bench.world.get(&format!("/api/v1/sessions/{session}/compare?with={fork}")).await;
    assert_eq!(compared["ancestor"]["position"], json!(first));
    assert_eq!(
        (compared["left"]["steps"].as_array().map(Vec::len), compared["right"]["steps"].as_array().map(Vec::len)),
        (Some(2), Some(2))
    );
    assert!(compared["files"].as_array().expect("files").iter().any(|file| file["path"] == "a.txt"));
}

#[tokio::test]
async fn a_fork_without_a_word_rests_with_its_files() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({})).await.expect(201);
    assert_eq!(fork["status"], "completed");
    let title = fork["title"].as_str().expect("a title");
    assert!(title.starts_with("do it (fork at #"), "{title}");
    assert_eq!(holds(&bench.copy_of(&id(&fork))), holds(&bench.folder));
    let bad = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({ "at": 0 })).await;
    assert_eq!((bad.status.as_u16(), &bad.body["errors"][0]["pointer"]), (422, &json!("/at")));
}

#[tokio::test]
async fn a_session_at_work_is_forked_and_both_work_side_by_side() {
    let bench = Bench::new().await;
    let lines = [write("a.txt", "one\n"), turn(vec![call("bash_exec", json!({ "command": "echo asked" }))]), say("done")];
    let session = bench.start(&lines, json!({ "edit_mode": "ask" })).await;
    let question = bench.question(&session).await;
    bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
    bench.next_question(&session, &question).await;
    let model = bench.world.script(&[shell("cat a.txt"), say("forked")]);
    let wish = json!({ "message": "go on", "model": model, "edit_mode": "allow" });
    let fork = id(&bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201));
    // The origin still waits for its answer and holds the project.
    assert_eq!(bench.world.session_is(&fork, ENDED).await["status"], "completed");
    assert_eq!(bench.calls(&fork).await, [("bash_exec".into(), "ok".into(), "one\n[exit code 0]".into())]);
    assert_eq!(bench.world.get(&format!("/api/v1/sessions/{session}")).await["status"], "waiting_approval");
    let replay = bench.world.get(&format!("/api/v1/sessions/{fork}/replay")).await;
    assert!(replay["messages"].to_string().contains("forked off before this call"), "the open call is told as not run");
}

#[tokio::test]
async fn forks_of_forks_see_nobody_elses_files() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let fork_of = async |session: &str, lines: &[Value]| {
        let wish = json!({ "message": "on", "model": bench.world.script(lines) });
        let fork = id(&bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201));
        bench.world.session_is(&fork, ENDED).await;
        fork
    };
    let child = fork_of(&session, &[write("child.txt", "c"), say("done")]).await;
    let look =
        format!("ls; ls {0} {1} {2} 2>&1 | head -3", bench.folder.display(), bench.copy_of(&child).display(), bench.world.home().display());
    let grandchild = fork_of(&child, &[shell(&look), write("grandchild.txt", "g"), say("done")]).await;
    let (_, _, seen) = bench.calls(&grandchild).await.remove(0);
    assert!(seen.contains("child.txt"), "{seen}");
    assert!(seen.contains("No such file") || seen.contains("cannot access"), "its sandbox shows no other folder: {seen}");
    assert!(!bench.copy_of(&child).join("grandchild.txt").exists());
    assert!(bench.copy_of(&grandchild).join("child.txt").exists());
    let tree = bench.world.get(&format!("/api/v1/sessions/{session}/forks")).await;
    assert_eq!(tree["items"].as_array().map(Vec::len), Some(3));
    // Thrown away, it can be forked from again; its history stays.
    bench.world.post(&format!("/api/v1/sessions/{child}/discard"), json!({})).await.expect(202);
    assert!(!bench.copy_of(&child).exists());
    let refused = bench.world.post(&format!("/api/v1/sessions/{child}/messages"), json!({ "text": "t" })).await;
    assert_eq!((refused.status.as_u16(), &refused.body["reason"]), (409, &json!("workspace_discarded")));
    let again = id(&bench.world.post(&format!("/api/v1/sessions/{child}/fork"), json!({})).await.expect(201));
    assert_eq!(std::fs::read_to_string(bench.copy_of(&again).join("child.txt")).expect("a file"), "c");
    assert_eq!(bench.world.post(&format!("/api/v1/sessions/{session}/discard"), json!({})).await.status, 409);
}

#[tokio::test]
async fn members_of_another_team_see_none_of_it() {
    let bench = Bench::with(&[("OPENSAIL_REGISTRATION", "open")]).await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let snapshot = bench.snapshots(&session).await[1]["snapshot"].as_str().expect("a name").to_owned();
    let stranger = bench.world.register("stranger").await;
    let team =
        bench.world.send_as(&stranger.token, Method::POST, "/api/v1/teams", Some(&json!({ "name": "theirs" })), &[]).await.expect(201);
    let body = json!({ "team_id": team["id"], "name": "p" });
    let project = bench.world.send_as(&stranger.token, Method::POST, "/api/v1/projects", Some(&body), &[]).await.expect(201);
    let project = id(&project);
    let theirs = opensail_tests::world::until("their session", async || {
        let body = json!({ "task": "t", "model": bench.world.script(&script()), "edit_mode": "allow" });
        let made =
            bench.world.send_as(&stranger.token, Method::POST, &format!("/api/v1/projects/{project}/sessions"), Some(&body), &[]).await;
        (made.status == 201).then(|| id(&made.body))
    })
    .await;
    opensail_tests::world::until("its end", async || {
        let details = bench.world.send_as(&stranger.token, Method::GET, &format!("/api/v1/sessions/{theirs}"), None, &[]).await;
        (details.body["status"] == "completed").then_some(())
    })
    .await;
    // Our snapshot's name, asked for through a session of their own; and our session, compared with theirs.
    for path in [
        format!("files/a.txt?at={snapshot}"),
        format!("tree?at={snapshot}"),
        format!("diff?from={snapshot}"),
        format!("compare?with={session}"),
    ] {
        let answer = bench.world.send_as(&stranger.token, Method::GET, &format!("/api/v1/sessions/{theirs}/{path}"), None, &[]).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}: {}", answer.text);
        assert!(!answer.text.contains("one"), "{path}");
    }
}
