//! Steps, their files, and what differs between them.

use reqwest::Method;
use serde_json::{Value, json};

use super::*;
use opensail_tests::world::until;

#[tokio::test]
async fn every_step_has_its_files() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("old.txt"), "old\n").expect("written");
    let (session, details) = bench.run(&script(), json!({})).await;
    assert_eq!(details["status"], "completed");
    let snapshots = bench.snapshots(&session).await;
    let causes: Vec<_> = snapshots.iter().map(|item| item["cause"].as_str().expect("a cause")).collect();
    assert_eq!(causes, ["run", "call", "call"]);
    assert_eq!(snapshots[1]["paths"], json!(["a.txt"]));
    assert!(snapshots.iter().all(|item| item["kept"] == true && item["late"] == false));
    let path = format!("/api/v1/sessions/{session}");
    let text = async |file: &str, at: u64| {
        let answer = bench.world.send(Method::GET, &format!("{path}/files/{file}?at={at}"), None).await;
        (answer.status.as_u16(), answer.text)
    };
    let (begin, first, second) = (bench.step(&session, 0).await, bench.step(&session, 1).await, bench.step(&session, 2).await);
    assert_eq!(text("old.txt", begin).await, (200, "old\n".into()));
    assert_eq!(text("a.txt", begin).await.0, 404);
    assert_eq!(text("a.txt", first).await, (200, "one\n".into()));
    assert_eq!(text("a.txt", second).await, (200, "one\ntwo\n".into()));
    // The event before the second call's end still has the first one's files.
    assert_eq!(text("a.txt", second - 1).await, (200, "one\n".into()));
    let tree = bench.world.get(&format!("{path}/tree?depth=3")).await;
    let told: Vec<_> =
        tree["items"].as_array().expect("items").iter().map(|item| json!([item["path"], item["kind"], item["mode"]])).collect();
    for item in
        [json!(["a.txt", "file", "644"]), json!(["d", "folder", "755"]), json!(["d/b.bin", "file", "755"]), json!(["d/e", "folder", "755"])]
    {
        assert!(told.contains(&item), "{item} in {told:?}");
    }
    for hostile in ["..%2f..%2fcli.token", "%2fetc%2fpasswd", "d%2f..%2f..%2fx"] {
        let status = bench.world.send(Method::GET, &format!("{path}/files/{hostile}"), None).await.status;
        assert!(status.is_client_error(), "{hostile}: {status}");
    }
}

#[tokio::test]
async fn any_two_are_compared_and_every_line_has_its_event() {
    let bench = Bench::new().await;
    let lines =
        [write("a.txt", "one\n"), shell("printf 'two\\n' >> a.txt; mv a.txt b.txt; chmod 755 b.txt"), shell("mv b.txt c.txt"), say("done")];
    let (session, _) = bench.run(&lines, json!({})).await;
    let path = format!("/api/v1/sessions/{session}");
    let (first, second, third) = (bench.step(&session, 1).await, bench.step(&session, 2).await, bench.step(&session, 3).await);
    let diff = async |query: &str| bench.world.get(&format!("{path}/diff?{query}")).await["items"].as_array().expect("items").clone();
    let moved = diff(&format!("from={second}&to={third}")).await;
    assert_eq!(moved.len(), 1);
    assert_eq!((&moved[0]["change"], &moved[0]["path"], &moved[0]["from_path"]), (&json!("renamed"), &json!("c.txt"), &json!("b.txt")));
    let whole = diff("").await;
    assert_eq!((&whole[0]["path"], whole.len()), (&json!("a.txt"), 1), "without a point it is what the file tools did");
    let whole = diff(&format!("to={third}")).await;
    assert_eq!((&whole[0]["path"], &whole[0]["change"], &whole[0]["lines_added"]), (&json!("c.txt"), &json!("added"), &json!(2)));
    let names: Vec<Value> = bench.snapshots(&session).await.iter().map(|item| item["snapshot"].clone()).collect();
    let by_name = diff(&format!("from={}&to={}", names[1].as_str().expect("a name"), names[2].as_str().expect("a name"))).await;
    assert_eq!(by_name.len(), 2, "{by_name:?}");
    let blame = bench.world.get(&format!("{path}/blame?path=c.txt")).await;
    let writers: Vec<_> = blame["items"].as_array().expect("lines").iter().map(|line| line["position"].clone()).collect();
    assert!(writers[1] == json!(second), "{blame}");
    assert_eq!(bench.world.send(Method::GET, &format!("{path}/blame?path=none"), None).await.status, 404);
    let nothing = bench.world.send(Method::GET, &format!("{path}/diff?from={}&to={first}", "ab".repeat(32)), None).await;
    assert_eq!(nothing.status, 404, "a snapshot that is not there: {}", nothing.text);
}

#[tokio::test]
async fn what_people_write_is_captured_too() {
    let bench = Bench::new().await;
    let project = &bench.project;
    bench
        .world
        .ask(
            Method::PUT,
            &format!("/api/v1/projects/{project}/files/note.txt"),
            &[("authorization", &format!("Bearer {}", bench.world.token))],
            "n",
        )
        .await;
    let team = bench.world.team().await;
    let captured = until("a capture", async || {
        let query = format!("/api/v1/audit/events?team_id={team}&type=project.workspace_captured");
        bench.world.get(&query).await["items"].as_array().and_then(|items| items.first().cloned())
    })
    .await;
    assert_eq!(captured["data"]["files"], 1);
    assert_eq!(captured["actor"]["kind"], "system");
}

#[tokio::test]
async fn a_named_snapshot_is_told_by_its_name() {
    let bench = Bench::new().await;
    let (session, _) = bench.run(&script(), json!({})).await;
    let first = bench.step(&session, 1).await;
    let path = format!("/api/v1/sessions/{session}/snapshots");
    bench.world.send(Method::PUT, &format!("{path}/{first}"), Some(&json!({ "name": "good" }))).await.expect(200);
    assert_eq!(bench.snapshots(&session).await[1]["name"], "good");
    assert_eq!(bench.world.send(Method::PUT, &format!("{path}/{first}"), Some(&json!({ "name": "" }))).await.status, 422);
    bench.world.send(Method::PUT, &format!("{path}/{first}"), Some(&json!({ "name": null }))).await.expect(200);
    assert_eq!(bench.snapshots(&session).await[1]["name"], Value::Null);
}

#[tokio::test]
async fn what_is_left_out_and_why_is_told_with_the_files() {
    let bench = Bench::new().await;
    let make = "mkdir -p node_modules/x made; touch node_modules/x/y made/z a.txt; echo made/ > .gitignore; mkfifo pipe";
    let (session, _) = bench.run(&[shell(make), say("done")], json!({})).await;
    let tree = bench.world.get(&format!("/api/v1/sessions/{session}/tree")).await;
    let told = json!([
        { "path": "made", "why": "ignored" },
        { "path": "node_modules", "why": "cache" },
        { "path": "pipe", "why": "special" },
    ]);
    assert_eq!((&tree["left_out"], &tree["left_out_count"]), (&told, &json!(3)), "{tree}");
}

#[tokio::test]
async fn where_lines_cannot_be_told_the_reason_is() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("moved"), "the same bytes\n").expect("written");
    std::os::unix::fs::symlink("moved", bench.folder.join("link")).expect("a link");
    let make = "head -c 1100000 /dev/zero | tr '\\0' x > large; printf 'a\\0b' > binary; mv moved elsewhere; mkdir empty";
    let (session, _) = bench.run(&[shell(make), say("done")], json!({})).await;
    let begin = bench.step(&session, 0).await;
    let diff = bench.world.get(&format!("/api/v1/sessions/{session}/diff?from={begin}")).await;
    let why: Vec<_> = diff["items"].as_array().expect("items").iter().map(|item| (item["path"].clone(), item["no_diff"].clone())).collect();
    let expected = [("binary", "binary"), ("elsewhere", "same"), ("empty", "folder"), ("large", "too_large")];
    assert_eq!(why, expected.map(|(path, why)| (json!(path), json!(why))), "{diff}");
    let blame =
        async |path: &str| bench.world.send(reqwest::Method::GET, &format!("/api/v1/sessions/{session}/blame?path={path}"), None).await;
    let refused = blame("binary").await;
    assert_eq!(refused.status.as_u16(), 422, "{}", refused.text);
    assert!(refused.text.contains("no text"), "{}", refused.text);
    let told = async |path: &str| {
        let answer = blame(path).await;
        (answer.status.as_u16(), answer.body["detail"].as_str().unwrap_or_default().to_owned())
    };
    let (status, why) = told("nowhere").await;
    assert!(status == 404 && why.contains("no file stands at nowhere"), "{status} {why}");
    let (status, why) = told("empty").await;
    assert!(status == 422 && why.contains("is a folder"), "{status} {why}");
    let (status, why) = told("link").await;
    assert!(status == 422 && why.contains("is a symbolic link"), "{status} {why}");
    // Nothing is told of what one may not see.
    let hidden = format!("/api/v1/sessions/{}/blame?path=nowhere", bench.project);
    let hidden = bench.world.send(reqwest::Method::GET, &hidden, None).await;
    assert_eq!((hidden.status.as_u16(), &hidden.body["detail"]), (404, &json!("there is nothing here, or nothing you may see")));
    // A snapshot that nobody took, and a session's own that is known.
    let path = format!("/api/v1/sessions/{session}");
    let unknown = "ab".repeat(32);
    for wish in
        [format!("tree?at={unknown}"), format!("files/binary?at={unknown}"), format!("diff?from={unknown}"), format!("diff?to={unknown}")]
    {
        let answer = bench.world.send(reqwest::Method::GET, &format!("{path}/{wish}"), None).await;
        assert_eq!(answer.status.as_u16(), 404, "{wish}: {}", answer.text);
    }
    let own = bench.snapshots(&session).await[0]["snapshot"].as_str().expect("a snapshot").to_owned();
    bench.world.get(&format!("{path}/tree?at={own}")).await;
}
