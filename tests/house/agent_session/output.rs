//! What commands print: too much of it, never ending, or no text at all.

use reqwest::Method;
use serde_json::json;

use super::bench::{Bench, anyone_with, call, say, shell, turn};
use opensail_tests::world::until;

/// Largest event item that a reader may be given for one call's output, in bytes.
const MOST_TOLD: usize = 64 * 1024;

#[tokio::test]
async fn a_hundred_megabytes_are_capped_and_kept() {
    let bench = Bench::new().await;
    let (session, details) = bench
        .run(&[shell("echo the-first-line; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo the-last-line"), say("done")], json!({}))
        .await;
    assert_eq!(details["status"], "completed", "{details}");
    let done = &bench.events_of(&session, "tool_call_completed").await[0]["data"];
    let output = done["output"].as_str().expect("an output");
    assert!(output.len() < MOST_TOLD, "{} bytes", output.len());
    assert!(output.contains("the-first-line") && output.contains("the-last-line"), "head and tail are told");
    assert_eq!(done["exit_code"], 0);
    let (hash, size) = (done["full_output"]["hash"].as_str().expect("a hash"), done["full_output"]["size"].as_u64().expect("a size"));
    assert!(size > 50_000_000, "{size}");
    let full = bench.world.send(Method::GET, &format!("/api/v1/sessions/{session}/outputs/{hash}"), None).await;
    assert_eq!((full.status.as_u16(), full.text.len() as u64), (200, size));
    assert!(full.text.starts_with("the-first-line\nxxx"));
    assert_eq!(full.headers["content-type"], "application/octet-stream");

    // It is this session's alone.
    let (other, _) = bench.run(&[say("done")], json!({})).await;
    for path in [format!("{other}/outputs/{hash}"), format!("{session}/outputs/{}", "0".repeat(64)), format!("{session}/outputs/x")] {
        assert_eq!(bench.world.send(Method::GET, &format!("/api/v1/sessions/{path}"), None).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_command_that_never_ends_is_stopped_and_what_it_said_is_kept() {
    let bench = Bench::new().await;
    let command = "echo half-way; trap '' TERM; setsid sleep 881124 & while :; do sleep 881124; done";
    let (session, details) =
        bench.run(&[turn(vec![call("bash_exec", json!({ "command": command, "timeout_ms": 700 }))]), say("done")], json!({})).await;
    assert_eq!(details["status"], "completed", "{details}");
    let calls = bench.calls(&session).await;
    assert_eq!(calls[0].1, "timed_out");
    assert!(calls[0].2.contains("half-way"), "{}", calls[0].2);
    until("its processes to go", async || (!anyone_with("881124")).then_some(())).await;
}

#[tokio::test]
async fn what_is_no_text_survives_as_far_as_it_can() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("binary"), b"a\0b\xff\xfec").expect("written");
    let lines = [
        shell("printf 'nul:\\0:end\\n'"),
        shell("printf 'bad:\\377\\376:end\\n'"),
        shell("printf '\\033[31mred\\033[0m \\303\\244 \\360\\237\\232\\242\\n'; exit 7"),
        turn(vec![call("read_file", json!({ "file_path": "binary" }))]),
        turn(vec![call("write_file", json!({ "file_path": "nul.txt", "content": "a\u{0}b" }))]),
        json!({ "text": "said \u{0} and \u{fffd}" }),
    ];
    let (session, details) = bench.run(&lines, json!({ "task": "a task with \u{0} in it" })).await;
    assert_eq!((details["status"].as_str(), details["task"].as_str()), (Some("completed"), Some("a task with \u{0} in it")), "{details}");
    let calls = bench.calls(&session).await;
    assert!(calls[0].2.contains("nul:\u{0}:end"), "{:?}", calls[0].2);
    assert!(calls[1].2.contains("bad:") && calls[1].2.contains(":end"), "{:?}", calls[1].2);
    assert!(calls[2].2.contains("\u{1b}[31mred") && calls[2].2.contains("ä 🚢"), "{:?}", calls[2].2);
    assert_eq!(calls[2].1, "failed");
    assert_eq!(std::fs::read(bench.folder.join("nul.txt")).ok().as_deref(), Some(&b"a\0b"[..]));
    let replay = bench.world.get(&format!("/api/v1/sessions/{session}/replay")).await;
    assert!(replay["messages"].as_array().expect("messages").iter().any(|message| message["text"] == "said \u{0} and \u{fffd}"));
    for format in ["jsonl", "atif"] {
        bench.world.send(Method::GET, &format!("/api/v1/sessions/{session}/export?format={format}"), None).await;
    }
}

/// A reading tool is capped as well.
#[tokio::test]
async fn a_large_file_is_told_in_part() {
    let bench = Bench::new().await;
    std::fs::write(bench.folder.join("large.txt"), "0123456789abcde\n".repeat(200_000)).expect("written");
    let read = turn(vec![
        call("read_file", json!({ "file_path": "large.txt" })),
        call("grep", json!({ "pattern": "abc" })),
        call("list_dir", json!({ "dir_path": "." })),
    ]);
    let (session, details) = bench.run(&[read, say("done")], json!({})).await;
    assert_eq!(details["status"], "completed", "{details}");
    for (tool, outcome, output) in bench.calls(&session).await {
        assert!(matches!(outcome.as_str(), "ok" | "failed"), "{tool}: {output:.200}");
        assert!(output.len() < 4 * MOST_TOLD, "{tool} tells {} bytes", output.len());
    }
}
