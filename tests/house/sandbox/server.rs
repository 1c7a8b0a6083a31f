//! The server as a process: killed, its commands die; as an ordinary user, it isolates all the same.
//!
//! The test binary starts itself again to be that server: the tests named `as_…` do nothing unless the variable says so.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use opensail_commands::ports::sandbox::{Sandbox, SandboxEnd};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Bench, anyone_with, is_root};

const PART: &str = "OPENSAIL_TEST_SANDBOX_PART";

fn plays(part: &str) -> bool {
    std::env::var(PART).is_ok_and(|name| name == part)
}

/// The command line that plays one part in a process of its own.
fn play(program: &Path, part: &str) -> Vec<String> {
    let test = format!("{}::as_{part}", module_path!().split_once("::").map_or("", |(_, path)| path));
    vec![program.display().to_string(), "--exact".into(), test, "--nocapture".into()]
}

#[tokio::test]
async fn as_server_to_be_killed() {
    if !plays("server_to_be_killed") {
        return;
    }
    let bench = Bench::new();
    let (output, mut chunks) = mpsc::channel(8);
    let request = bench.shell("setsid sleep 778006 & echo started; sleep 778006");
    let tell = async {
        chunks.recv().await.expect("output");
        println!("command started");
        std::future::pending::<()>().await;
    };
    let (_outcome, ()) = tokio::join!(bench.sandbox.run(request, output, CancellationToken::new()), tell);
}

#[test]
fn a_killed_server_leaves_no_orphan() {
    let words = play(&std::env::current_exe().expect("a path"), "server_to_be_killed");
    let mut server = Command::new(&words[0])
        .args(&words[1..])
        .env(PART, "server_to_be_killed")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    assert!(lines.any(|line| line.expect("text").contains("command started")));
    assert!(anyone_with("778006"));
    server.kill().expect("killed");
    server.wait().expect("gone");
    while anyone_with("778006") {
        std::thread::yield_now();
    }
    // The next server sweeps what the dead one could not.
    let left = format!("opensail-{}-", server.id());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { Bench::new().ok("true").await });
    let named = |folder: &std::path::PathBuf| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&left));
    assert!(!super::limits::groups().iter().any(named));
}

/// Root has control groups here; an ordinary user shows the lower rungs.
#[tokio::test]
async fn as_ordinary_user() {
    if !plays("ordinary_user") {
        return;
    }
    assert!(!is_root());
    let bench = Bench::new();
    let report = bench.sandbox.report().await;
    assert!(report.isolation.is_ok(), "{report:?}");
    bench.ok("echo x > made && cat made && id -u").await;
    bench.refused("cat /etc/shadow").await;
    bench.refused(&format!("cat '{}/vault.db'", bench.home().display())).await;
    bench.refused("echo x > /proc/sys/kernel/core_pattern").await;
    bench.refused("unshare -U true").await;
    if report.limits == "rlimits" {
        assert!(report.remedy.is_some());
        let ran = bench.sh("perl -e 'my @all; push @all, \"x\" x 1000000 for 1..1000; print \"got it\"'").await;
        assert!(!ran.stdout.contains("got it"), "{:?}", ran.outcome.end);
        let shared = "for i in 1 2 3 4; do perl -e 'my @all; push @all, \"x\" x 1000000 for 1..90; sleep 1000' & done; wait";
        assert_eq!(bench.sh(shared).await.outcome.end, SandboxEnd::OutOfMemory);
        let ran = bench.sh("i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i+1)); done; echo all").await;
        assert!(!ran.stdout.contains("all"), "{:?}", ran.outcome.end);
    }
    println!("all well");
}

#[test]
fn an_ordinary_user_is_isolated_as_well() {
    if !is_root() {
        return; // then every other test has shown it
    }
    // The binary may lie where only root can go.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path(), everyone).expect("open to everyone");
    let copy = folder.path().join("house");
    std::fs::copy(std::env::current_exe().expect("a path"), &copy).expect("a copy");
    let answer = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .args(play(&copy, "ordinary_user"))
        .env(PART, "ordinary_user")
        .env("TMPDIR", folder.path())
        .env_remove("XDG_RUNTIME_DIR")
        .current_dir("/")
        .output()
        .expect("setpriv runs");
    let text = String::from_utf8_lossy(&answer.stdout);
    assert!(answer.status.success() && text.contains("all well"), "{text}{}", String::from_utf8_lossy(&answer.stderr));
}
