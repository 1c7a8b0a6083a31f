//! A repository made by somebody who wishes ill: its configuration runs commands, its links lead out, its files are no files.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use opensail_tests::world::World;
use serde_json::{Value, json};

use crate::PROGRAM;

fn call(name: &str, arguments: Value) -> Value {
    json!({ "name": name, "arguments": arguments })
}

fn git(folder: &Path, arguments: &[&str]) {
    let made = Command::new("git").args(arguments).current_dir(folder).env("HOME", folder).output().expect("git runs");
    assert!(made.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
}

/// A canary outside, and a repository whose every hook and setting would touch it.
fn plant(folder: &Path, trap: &Path) {
    git(folder, &["init", "-q", "."]);
    std::fs::write(folder.join("a.txt"), "a\n").expect("written");
    git(folder, &["add", "a.txt"]);
    git(folder, &["-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "x"]);
    let spring = folder.join(".git/spring.sh");
    std::fs::write(&spring, format!("#!/bin/sh\necho sprung >> '{}'\ncat\n", trap.display())).expect("written");
    std::fs::set_permissions(&spring, PermissionsExt::from_mode(0o755)).expect("executable");
    let run = spring.display();
    std::fs::write(
        folder.join(".git/config"),
        format!(
            "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {run}\n\tpager = {run}\n\teditor = {run}\n\tsshCommand = {run}\n\thooksPath = .git/hooks\n\
             [diff \"evil\"]\n\ttextconv = {run}\n\tcommand = {run}\n[filter \"evil\"]\n\tclean = {run}\n\tsmudge = {run}\n\tprocess = {run}\n[alias]\n\tst = !{run}\n"
        ),
    )
    .expect("written");
    for hook in ["post-checkout", "pre-commit", "post-index-change", "post-merge", "reference-transaction"] {
        let hook = folder.join(".git/hooks").join(hook);
        std::fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
        std::fs::copy(&spring, &hook).expect("a hook");
    }
    std::fs::write(folder.join(".gitattributes"), "* filter=evil diff=evil\n").expect("written");
}

#[tokio::test]
async fn it_does_no_harm_outside() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("trap").await;
    // Both lie where the server may write and the project may not.
    let outside = world.path().join("work/outside");
    std::fs::create_dir_all(&outside).expect("a folder");
    let (canary, trap) = (outside.join("canary.txt"), outside.join("sprung"));
    std::fs::write(&canary, "canary-content").expect("written");
    plant(&folder, &trap);
    symlink("/etc/passwd", folder.join("passwd")).expect("a link");
    symlink(&canary, folder.join("canary-link")).expect("a link");
    symlink(&outside, folder.join("outside")).expect("a link");
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.join("fifo"), rustix::fs::Mode::RWXU).expect("a fifo");
    if rustix::process::geteuid().is_root() {
        let device = rustix::fs::makedev(1, 5);
        let _ = rustix::fs::mknodat(
            rustix::fs::CWD,
            folder.join("zero"),
            rustix::fs::FileType::CharacterDevice,
            rustix::fs::Mode::RWXU,
            device,
        );
    }
    std::fs::write(folder.join("two\nlines"), "two lines\n").expect("written");
    std::fs::write(folder.join(std::ffi::OsStr::from_bytes(b"not-utf8-\xff")), "x").expect("written");

    let read = |path: &str| call("read_file", json!({ "file_path": path }));
    let write = |path: &str| call("write_file", json!({ "file_path": path, "content": "overwritten" }));
    let lines = [
        json!({ "text": "reading", "tool_calls": [
            read("passwd"), read("canary-link"), read("outside/canary.txt"), read("../outside/canary.txt"), read("fifo"), read("zero"), read("/etc/passwd"),
            read("two\nlines"),
            call("grep", json!({ "pattern": "root:|canary-content|two lines" })), call("glob", json!({ "pattern": "**/*" })), call("list_dir", json!({ "dir_path": "" })),
        ] }),
        json!({ "text": "writing", "tool_calls": [
            write("canary-link"), write("outside/canary.txt"), write("outside/new.txt"), write(".git/hooks/pre-commit"), write(".git/config"),
            call("delete_file", json!({ "file_path": "outside/canary.txt" })),
            call("move_file", json!({ "from": "a.txt", "to": "outside/a.txt" })),
            call("move_file", json!({ "from": "canary-link", "to": "taken.txt" })),
        ] }),
        json!({ "text": "git", "tool_calls": [
            call("bash_exec", json!({ "command": "git status; git diff; git --paginate log -p; git add -A; git stash; git checkout -- .; git st; true", "timeout": 20 })),
            call("bash_exec", json!({ "command": format!("cat '{0}'; echo x >> '{0}'; cat passwd | head -1; ls /proc/1/root/root; true", canary.display()), "timeout": 20 })),
        ] }),
        json!({ "text": "done" }),
    ];
    let session = world.session(&project, json!({ "task": "t", "model": world.script(&lines), "edit_mode": "allow" })).await;
    let done = world.session_is(&session, &["completed", "failed", "limit_reached"]).await;
    assert_eq!(done["status"], "completed", "{done}");
    // Every way of asking for it.
    for path in ["diff", "replay", "export", "events?limit=200"] {
        let answer = world.send(reqwest::Method::GET, &format!("/api/v1/sessions/{session}/{path}"), None).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    world.get(&format!("/api/v1/projects/{project}/tree?depth=9")).await;
    for path in ["fifo", "zero", "passwd", "canary-link"] {
        let answer = world.send(reqwest::Method::GET, &format!("/api/v1/projects/{project}/files/{path}"), None).await;
        assert!((400..500).contains(&answer.status.as_u16()), "{path}: {}", answer.text);
    }

    assert!(!trap.exists(), "the repository ran something outside: {}", std::fs::read_to_string(&trap).unwrap_or_default());
    assert_eq!(std::fs::read_to_string(&canary).expect("it is there"), "canary-content");
    assert_eq!(std::fs::read_dir(&outside).expect("a folder").count(), 1);
    let mut found = Vec::new();
    for event in world.events(&session).await {
        if event["type"] == "agent_session.tool_call_completed" {
            let output = event["data"]["output"].as_str().expect("an output").to_owned();
            assert!(!output.contains("canary-content"), "{event}");
            assert!(event["data"]["tool"] == "bash_exec" || !output.contains("root:x:"), "{event}");
            found.push((event["data"]["call_id"].as_str().expect("an id").to_owned(), event["data"]["outcome"].clone(), output));
        }
    }
    let outcome = |id: &str| found.iter().find(|(call, ..)| call == id).map(|(_, outcome, _)| outcome.as_str().expect("text").to_owned());
    for call in ["1-1", "1-2", "1-3", "1-4", "1-5", "1-6", "1-7", "2-1", "2-2", "2-3", "2-4", "2-5", "2-6", "2-7"] {
        assert!(matches!(outcome(call).as_deref(), Some("failed" | "invalid")), "call {call}: {found:?}");
    }
    assert_eq!(outcome("1-8").as_deref(), Some("ok"), "a name with a line break is a name");
}
