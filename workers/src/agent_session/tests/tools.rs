//! Each tool, through a whole session.

use opensail_commands::ports::sandbox::SandboxEnd;
use opensail_domain::agent_session::message::CallOutcome as O;
use serde_json::json;

use crate::agent_session::tools::{Arguments, TOOLS, find, specs};
use crate::test_world::{Play, World};

#[tokio::test]
async fn read_file_numbers_the_lines() {
    let world = World::new().await;
    world.write("a.txt", "one\ntwo\n");
    assert_eq!(world.call("read_file", json!({"file_path": "./a.txt"})).await, (O::Ok, "     1\tone\n     2\ttwo\n".into()));
    let absolute = world.root.join("a.txt");
    assert_eq!(world.call("read_file", json!({"file_path": absolute})).await.0, O::Ok);
}

#[tokio::test]
async fn read_file_says_what_is_wrong() {
    let world = World::new().await;
    std::fs::write(world.root.join("b.bin"), [0xff, 0xfe, 0]).expect("a file");
    for (path, says) in [("none.txt", "does not exist"), ("b.bin", "binary"), ("../x", "../x"), ("/etc/passwd", "/etc/passwd")] {
        let (outcome, text) = world.call("read_file", json!({"file_path": path})).await;
        assert_eq!(outcome, O::Failed, "{path}");
        assert!(text.contains(says), "{text}");
    }
}

#[tokio::test]
async fn a_long_file_is_told_in_part_and_kept_whole() {
    let world = World::new().await;
    world.write("long.txt", &"0123456789abcdef\n".repeat(20_000));
    let (outcome, text) = world.call("read_file", json!({"file_path": "long.txt"})).await;
    assert_eq!(outcome, O::Ok);
    assert!(text.len() < 120 * 1024);
    assert!(text.contains("bytes left out here; the full output is kept"));
    assert!(text.ends_with(" 20000\t0123456789abcdef\n"));
}

#[tokio::test]
async fn write_file_makes_folders_and_replaces() {
    let world = World::new().await;
    assert_eq!(world.call("write_file", json!({"file_path": "d/e/a.txt", "content": "x\n\u{0}y\n"})).await.0, O::Ok);
    assert_eq!(world.content("d/e/a.txt").as_deref(), Some("x\n\0y\n"));
    let (outcome, text) = world.call("write_file", json!({"file_path": "d/e/a.txt", "content": "z\n"})).await;
    assert_eq!(outcome, O::Ok);
    assert!(text.contains("+z") && text.contains("--- a/d/e/a.txt"), "{text}");
    assert_eq!(world.content("d/e/a.txt").as_deref(), Some("z\n"));
    let (outcome, _) = world.call("write_file", json!({"file_path": "../out.txt", "content": "z"})).await;
    assert_eq!(outcome, O::Invalid);
}

#[tokio::test]
async fn patch_file_replaces_what_is_unique() {
    let world = World::new().await;
    world.write("a.rs", "let a = 1;\nlet b = 1;\n  deep\n");
    let patch = |old: &str, new: &str, more: serde_json::Value| {
        let mut arguments = json!({"file_path": "a.rs", "old_str": old, "new_str": new});
        arguments.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        arguments
    };
    let (outcome, text) = world.call("patch_file", patch("= 1;", "= 2;", json!({}))).await;
    assert!(outcome == O::Invalid && text.contains("occurs 2 times") && text.contains("lines 1, 2"), "{text}");
    let (outcome, text) = world.call("patch_file", patch("deep\nfoo", "x", json!({}))).await;
    assert!(outcome == O::Invalid && text.contains("read the file"), "{text}");
    let (_, text) = world.call("patch_file", patch("deep ", "x", json!({}))).await;
    assert!(text.contains("differ from it only in blanks"), "{text}");
    assert_eq!(world.call("patch_file", patch("= 1;", "= 2;", json!({"expected_occurrence": 2}))).await.0, O::Ok);
    assert_eq!(world.call("patch_file", patch("let", "var", json!({"allow_multiple": true}))).await.0, O::Ok);
    assert_eq!(world.content("a.rs").as_deref(), Some("var a = 2;\nvar b = 2;\n  deep\n"));
}

#[tokio::test]
async fn patch_file_keeps_the_line_ends_of_the_file() {
    let world = World::new().await;
    world.write("a.txt", "one\r\ntwo\r\nthree\r\n");
    let arguments = json!({"file_path": "a.txt", "old_str": "one\ntwo", "new_str": "1\n2"});
    assert_eq!(world.call("patch_file", arguments).await.0, O::Ok);
    assert_eq!(world.content("a.txt").as_deref(), Some("1\r\n2\r\nthree\r\n"));
}

#[tokio::test]
async fn multi_edit_makes_all_or_none() {
    let world = World::new().await;
    world.write("a.txt", "a b c\n");
    let edits =
        |second: &str| json!({"file_path": "a.txt", "edits": [{"old_str": "a", "new_str": "x"}, {"old_str": second, "new_str": "y"}]});
    let (outcome, text) = world.call("multi_edit", edits("q")).await;
    assert!(outcome == O::Invalid && text.contains("edit 2") && text.contains("none of the edits"), "{text}");
    assert_eq!(world.content("a.txt").as_deref(), Some("a b c\n"));
    assert_eq!(world.call("multi_edit", edits("x b")).await.0, O::Ok);
    assert_eq!(world.content("a.txt").as_deref(), Some("y c\n"));
}

#[tokio::test]
async fn delete_and_move() {
    let world = World::new().await;
    world.write("a.txt", "a\n");
    world.write("b.txt", "b\n");
    let (outcome, text) = world.call("move_file", json!({"from": "a.txt", "to": "b.txt"})).await;
    assert!(outcome == O::Invalid && text.contains("exists already"), "{text}");
    assert_eq!(world.call("move_file", json!({"from": "a.txt", "to": "d/c.txt"})).await, (O::Ok, "Moved a.txt to d/c.txt.".into()));
    assert_eq!((world.content("a.txt"), world.content("d/c.txt").as_deref()), (None, Some("a\n")));
    assert_eq!(world.call("delete_file", json!({"file_path": "b.txt"})).await, (O::Ok, "Deleted b.txt (1 line).".into()));
    assert_eq!(world.content("b.txt"), None);
    assert_eq!(world.call("delete_file", json!({"file_path": "b.txt"})).await.0, O::Invalid);
}

#[tokio::test]
async fn looking_around() {
    let world = World::new().await;
    for (path, content) in [("src/a.rs", "fn main() {}\n// Main\n"), ("src/b.py", "main()\n"), (".hidden", "x"), ("README.md", "main\n")] {
        world.write(path, content);
    }
    let (_, text) = world.call("list_dir", json!({"dir_path": "."})).await;
    assert!(text.contains("src/") && text.contains("README.md  5 bytes") && !text.contains(".hidden"), "{text}");
    let (_, text) = world.call("list_dir", json!({"dir_path": "", "depth": 2, "include_hidden": true, "limit": 2})).await;
    assert!(text.contains("offset 2"), "{text}");
    assert_eq!(world.call("glob", json!({"pattern": "**/*.rs"})).await, (O::Ok, "src/a.rs".into()));
    assert_eq!(world.call("glob", json!({"pattern": "*.none"})).await, (O::Ok, "No file matches.".into()));
    let (_, text) = world.call("grep", json!({"pattern": "main", "output_mode": "content", "type": "rust"})).await;
    assert_eq!(text, "src/a.rs:1:fn main() {}");
    let (_, text) = world.call("grep", json!({"pattern": "main", "-i": true, "output_mode": "count", "path": "src"})).await;
    assert_eq!(text, "src/a.rs:2\nsrc/b.py:1");
    let (_, text) = world.call("grep", json!({"pattern": "main"})).await;
    assert_eq!(text, "README.md\nsrc/a.rs\nsrc/b.py");
    let (outcome, _) = world.call("grep", json!({"pattern": "("})).await;
    assert_eq!(outcome, O::Failed);
}

#[tokio::test]
async fn bash_exec_tells_output_and_exit_code() {
    let world = World::new().await;
    world.sandbox.then(Play::Ends("hi\0\n", SandboxEnd::Exited(0))).then(Play::Ends("no", SandboxEnd::Exited(3))).then(Play::Refused);
    assert_eq!(world.call("bash_exec", json!({"command": "echo hi", "env": {"A": "b"}})).await, (O::Ok, "hi\0\n[exit code 0]".into()));
    assert_eq!(world.call("bash_exec", json!({"command": "false", "timeout_ms": 1500})).await, (O::Failed, "no\n[exit code 3]".into()));
    let (outcome, text) = world.call("bash_exec", json!({"command": "true"})).await;
    assert!(outcome == O::Failed && text.contains("install bubblewrap"), "{text}");
    let ran = world.sandbox.ran.lock().expect("unbroken");
    assert_eq!(ran[0].argv.last().map(String::as_str), Some("echo hi"));
    assert_eq!(ran[0].env, [("A".to_owned(), "b".to_owned())]);
    assert_eq!((ran[0].timeout.as_secs(), ran[1].timeout.as_millis()), (120, 1500));
    assert!(ran[0].network.is_none());
}

#[tokio::test]
async fn bash_exec_stays_in_the_project() {
    let world = World::new().await;
    for cwd in ["..", "a/../..", "/etc"] {
        assert_eq!(world.call("bash_exec", json!({"command": "ls", "cwd": cwd})).await.0, O::Invalid, "{cwd}");
    }
}

#[test]
fn arguments_are_taken_exactly_or_refused_by_name() {
    let parse = |tool: &str, text: &str| Arguments::parse(find(tool).expect("a tool"), text).map(drop).unwrap_err();
    assert!(parse("read_file", "{").contains("no valid JSON"));
    assert!(parse("read_file", "[]").contains("JSON object"));
    let text = parse("read_file", r#"{"path": "a"}"#);
    assert!(text.contains("file_path is missing") && text.contains("path is no parameter"), "{text}");
    assert!(parse("bash_exec", r#"{"command": "x", "is_background": true}"#).contains("is_background is not served yet"));
    assert!(parse("bash_exec", r#"{"command": "x", "container": "web"}"#).contains("container is not served yet"));
    assert!(parse("bash_exec", r#"{"command": "x", "timeout": 4000}"#).contains("timeout must be a whole number from 1 to 3600"));
    assert!(parse("list_dir", r#"{"dir_path": ".", "depth": "2"}"#).contains("depth must be"));
    assert!(parse("multi_edit", r#"{"file_path": "a", "edits": [{"old_str": "x"}]}"#).contains("edits[0].new_str is missing"));
    assert!(parse("read_file", r#"{"file_path": 1e400}"#).contains("read_file"));
    let tool = find("bash_exec").expect("a tool");
    assert!(Arguments::parse(tool, r#"{"command": "x", "is_background": false, "cwd": null, "timeout": 10.0}"#).is_ok());
}

#[test]
fn every_tool_is_told_with_its_schema() {
    let names: Vec<String> = specs().into_iter().map(|spec| spec.name).collect();
    let wanted =
        ["read_file", "write_file", "patch_file", "multi_edit", "list_dir", "glob", "grep", "delete_file", "move_file", "bash_exec"];
    assert_eq!(names, wanted);
    for (tool, spec) in TOOLS.iter().zip(specs()) {
        assert_eq!(spec.parameters["additionalProperties"], false);
        assert_eq!(spec.parameters["properties"].as_object().map(|p| p.len()), Some(tool.parameters.len()));
    }
}

/// In the real sandbox, where this machine gives one.
#[tokio::test]
async fn bash_exec_runs_in_the_sandbox() {
    use crate::agent_session::tools::{Shell, ShellCall};
    use crate::outside::sandbox::{BubblewrapSandbox, SandboxSettings};
    use opensail_commands::ports::sandbox::Sandbox;
    use std::time::Duration;
    use tokio_util::sync::CancellationToken;

    let world = World::new().await;
    world.write("d/a.txt", "x\n");
    let sandbox = BubblewrapSandbox::new(SandboxSettings::default()).expect("a sandbox");
    let tool = find("bash_exec").expect("a tool");
    let arguments = json!({"command": "cat a.txt; echo \"$GREETING\" >&2; cat /etc/shadow; exit 4", "cwd": "d", "env": {"GREETING": "hi"}});
    let call = ShellCall::of(&world.root, &Arguments::parse(tool, &arguments.to_string()).expect("good")).expect("good");
    let shell = Shell { sandbox: &sandbox, root: &world.root, left: Duration::from_secs(60), shown: &|_| {} };
    let result = call.run(shell, CancellationToken::new()).await;
    if sandbox.report().await.isolation.is_err() {
        assert!(result.output.text.contains("Nothing was run"), "{}", result.output.text);
        return;
    }
    let text = result.output.text;
    assert_eq!((result.outcome, result.exit_code), (O::Failed, Some(4)), "{text}");
    assert!(text.contains("x\n") && text.contains("hi\n") && text.contains("/etc/shadow: ") && !text.contains("root:"), "{text}");
}
