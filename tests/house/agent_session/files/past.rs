//! Files as they were, a project's and a session's, and all that is told of them: from snapshots, or with the reason why nobody knows.

use opensail_tests::world::{Answer, until};
use reqwest::Method;
use serde_json::{Value, json};

use super::super::bench::{Bench, ENDED, say, shell, write};

/// What is answered as of a position.
async fn then(bench: &Bench, path: &str, position: u64) -> Answer {
    let glue = if path.contains('?') { '&' } else { '?' };
    bench.world.send(Method::GET, &format!("{path}{glue}as_of={position}"), None).await
}

/// The n-th event of a kind.
fn nth<'a>(events: &'a [Value], kind: &str, n: usize) -> &'a Value {
    events.iter().filter(|event| event["type"] == format!("agent_session.{kind}")).nth(n).expect("the event")
}

fn position(told: &Value) -> u64 {
    told["position"].as_u64().expect("a position")
}

fn each(list: &Value, field: &str) -> Value {
    list.as_array().expect("a list").iter().map(|item| item[field].clone()).collect()
}

#[tokio::test]
async fn files_are_shown_as_they_were_where_a_snapshot_has_them() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[write("a.txt", "one\n"), shell("printf 'two\\n' >> a.txt"), say("done")], json!({})).await;
    let files = format!("/api/v1/projects/{}/files/a.txt", bench.project);
    let at = async |position: u64| bench.world.send(Method::GET, &format!("{files}?as_of={position}"), None).await;
    let events = bench.world.events(&session).await;
    let position = |kind: &str, n: usize| position(nth(&events, kind, n));
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

#[tokio::test]
async fn what_is_told_of_a_sessions_files_is_what_was() {
    let bench = Bench::new().await;
    let lines = [write("a.txt", "one\n"), write("a.txt", "one\ntwo\n"), shell("printf x > b.txt; seq 1 20000"), say("done")];
    let (session, details) = bench.run(&lines, json!({})).await;
    let events = bench.world.events(&session).await;
    let path = |what: &str| format!("/api/v1/sessions/{session}{what}");
    let at = async |what: &str, point: u64| then(&bench, &path(what), point).await;
    let shown = async |what: &str, point: u64| at(what, point).await.expect(200);
    let begun = |n: usize| position(nth(&events, "tool_call_started", n));
    let ended = |n: usize| position(nth(&events, "tool_call_completed", n));
    // A call begins when the files after the one before it are known.
    let (empty, one, last) = (begun(0) - 1, begun(1) - 1, position(&details));

    let snapshots = async |point: u64| {
        let told = shown("/snapshots", point).await;
        (each(&told["items"], "cause"), told["awaited"] == true, told["complete"] == true)
    };
    assert_eq!(snapshots(empty).await, (json!(["run"]), false, true));
    assert_eq!(snapshots(one).await, (json!(["run", "call"]), false, true));
    assert_eq!(snapshots(ended(1)).await, (json!(["run", "call"]), true, false), "the second is still to be captured");
    assert_eq!(snapshots(last).await, (json!(["run", "call", "call", "call"]), false, true));

    let tree = async |point: u64| {
        let items = shown("/tree", point).await["items"].clone();
        (each(&items, "path"), each(&items, "size"))
    };
    assert_eq!(tree(empty).await, (json!([]), json!([])));
    assert_eq!(tree(one).await, (json!(["a.txt"]), json!([4])));
    assert_eq!(tree(last).await, (json!(["a.txt", "b.txt"]), json!([8, 1])));
    at("/files/a.txt", empty).await.expect(404);
    assert_eq!((at("/files/a.txt", one).await.text, at("/files/a.txt", last).await.text), ("one\n".into(), "one\ntwo\n".into()));

    let added = async |point: u64| each(&shown("/diff", point).await["items"], "lines_added");
    assert_eq!((added(empty).await, added(one).await, added(last).await), (json!([]), json!([1]), json!([2])));
    assert_eq!(shown("/diff", one).await["position"], shown("", one).await["position"]);
    let since = format!("/diff?from={}", position(nth(&events, "run_started", 0)));
    let changed = async |point: u64| each(&shown(&since, point).await["items"], "path");
    assert_eq!((changed(one).await, changed(last).await), (json!(["a.txt"]), json!(["a.txt", "b.txt"])));
    // What lies beyond the point is refused, by its position and by its name.
    let newest = shown("/snapshots", last).await["items"][3]["snapshot"].as_str().expect("a name").to_owned();
    for (what, parameter) in [("/diff?to=", "to"), ("/tree?at=", "at"), ("/files/a.txt?at=", "at"), ("/blame?path=a.txt&at=", "at")] {
        // Of what is none of its own nobody knows when it was taken.
        for beyond in [ended(1).to_string(), newest.clone(), "ab".repeat(32)].iter().take(if what.starts_with("/blame") { 1 } else { 3 }) {
            let refused = at(&format!("{what}{beyond}"), one).await.expect(422);
            assert_eq!(refused["errors"][0]["parameter"], parameter, "{refused}");
        }
    }

    let writers = async |point: u64| each(&shown("/blame?path=a.txt", point).await["items"], "position");
    at("/blame?path=a.txt", empty).await.expect(404);
    assert_eq!((writers(one).await, writers(last).await), (json!([ended(0)]), json!([ended(0), ended(1)])));

    // Bytes are what they are, from the event on that names them.
    let hash = |of: &Value| format!("/outputs/{}", of.as_str().expect("a hash"));
    let printed = hash(&nth(&events, "tool_call_completed", 2)["data"]["full_output"]["hash"]);
    let written = hash(&nth(&events, "tool_call_started", 1)["data"]["changes"][0]["after_blob"]);
    at(&printed, ended(2) - 1).await.expect(404);
    assert!(at(&printed, ended(2)).await.text.ends_with("\n20000\n"));
    at(&written, begun(1) - 1).await.expect(404);
    assert_eq!(at(&written, begun(1)).await.text, "one\ntwo\n");

    let origin = format!("/api/v1/projects/{}/file-origin?path=a.txt", bench.project);
    let wrote = async |point: u64| then(&bench, &origin, point).await.expect(200)["event"]["position"].clone();
    assert_eq!((wrote(empty).await, wrote(one).await, wrote(last).await), (Value::Null, json!(begun(0)), json!(begun(1))));

    // As of now is now, and before it began there is none of it.
    let before = position(&events[0]) - 1;
    for what in ["", "/snapshots", "/tree", "/files/a.txt", "/diff", &since, "/blame?path=a.txt", &printed, &written] {
        at(what, before).await.expect(404);
        assert_eq!(at(what, last).await.text, bench.world.send(Method::GET, &path(what), None).await.text, "{what}");
    }

    let named = bench.world.send(Method::PUT, &path(&format!("/snapshots/{}", ended(0))), Some(&json!({ "name": "good" }))).await;
    let names = async |point: u64| each(&shown("/snapshots", point).await["items"], "name");
    let nameless = json!([null, null, null, null]);
    assert_eq!((names(position(&named.expect(200))).await, names(last).await), (json!([null, "good", null, null]), nameless));
}

#[tokio::test]
async fn a_fork_is_told_and_compared_as_it_was() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&[write("a.txt", "one\n"), shell("printf 'two\\n' >> a.txt"), say("done")], json!({})).await;
    let first = position(nth(&bench.world.events(&session).await, "tool_call_completed", 0));
    let wish = json!({ "at": first, "model": bench.world.script(&[write("b.txt", "b\n"), say("done")]) });
    let made = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201);
    let fork = made["id"].as_str().expect("an id");
    let (of_session, of_fork) = (format!("/api/v1/sessions/{session}"), format!("/api/v1/sessions/{fork}"));
    let spoken = bench.world.post(&format!("{of_fork}/messages"), json!({ "text": "go on" })).await.expect(202);
    let ended = until("the fork to end", async || {
        let told = bench.world.get(&of_fork).await;
        (told["status"] == "completed" && position(&told) > position(&spoken)).then(|| position(&told))
    })
    .await;
    let before = position(&bench.world.events(fork).await[0]) - 1;

    let forks = async |point: u64| {
        let items = then(&bench, &format!("{of_session}/forks"), point).await.expect(200)["items"].clone();
        (each(&items, "id"), each(&items, "status"))
    };
    let both = json!([session, fork]);
    assert_eq!(forks(before).await, (json!([session]), json!(["completed"])));
    assert_eq!(forks(position(&made)).await, (both.clone(), json!(["completed", "completed"])));
    assert_eq!(forks(position(&spoken)).await, (both.clone(), json!(["completed", "queued"])));
    assert_eq!(forks(ended).await, (both, json!(["completed", "completed"])));

    let compare = format!("{of_session}/compare?with={fork}");
    for path in [&compare, &format!("{of_fork}/tree"), &of_fork] {
        then(&bench, path, before).await.expect(404);
    }
    for (point, status, steps, changed, tree) in [
        (position(&spoken), "queued", 0, json!(["a.txt"]), json!(["a.txt"])),
        (ended, "completed", 2, json!(["a.txt", "b.txt"]), json!(["a.txt", "b.txt"])),
    ] {
        let compared = then(&bench, &compare, point).await.expect(200);
        let of = |side: &str| compared[side]["steps"].as_array().map(Vec::len);
        assert_eq!((of("left"), of("right"), &compared["right"]["status"]), (Some(2), Some(steps), &json!(status)), "{compared}");
        assert_eq!((&compared["ancestor"]["position"], each(&compared["files"], "path")), (&json!(first), changed));
        let files = then(&bench, &format!("{of_fork}/tree"), point).await.expect(200);
        assert_eq!(each(&files["items"], "path"), tree);
    }
}
