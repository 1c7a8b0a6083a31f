//! Commands that want too much: they end, the server and the next command are well.

use opensail_commands::ports::sandbox::{Sandbox, SandboxEnd};

use super::Bench;

#[tokio::test]
async fn a_memory_hog_ends() {
    let bench = Bench::new();
    let ran = bench.sh("head -c 1000000000 /dev/zero | tail -c 1000000000 > /dev/null; exit 3").await;
    let held = ran.outcome.end == SandboxEnd::OutOfMemory
        // Without control groups an allocation is refused instead, and the program says so itself.
        || (bench.sandbox.report().await.limits == "rlimits" && ran.outcome.end == SandboxEnd::Exited(3));
    assert!(held, "{:?} {}", ran.outcome.end, ran.stderr);
    assert_eq!(bench.ok("echo well").await, "well\n");
}

#[tokio::test]
async fn a_fork_bomb_ends() {
    let bench = Bench::new();
    let mut request = bench.shell("bomb() { bomb | bomb & }; bomb; while :; do :; done");
    request.timeout = std::time::Duration::from_secs(3);
    let ran = bench.run(request).await;
    let held = matches!(ran.outcome.end, SandboxEnd::TimedOut | SandboxEnd::Signalled(_) | SandboxEnd::Exited(_));
    assert!(held, "{:?}", ran.outcome.end);
    assert_eq!(bench.ok("echo well").await, "well\n");
}

#[tokio::test]
async fn the_number_of_processes_is_held() {
    let bench = Bench::new();
    let ran = bench.sh("i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i+1)); done; echo all").await;
    assert!(!ran.stdout.contains("all"), "{:?} {}", ran.outcome.end, ran.stdout);
}

#[tokio::test]
async fn tmp_and_home_and_files_have_a_size() {
    let bench = Bench::new();
    for place in ["/tmp/a", "~/a"] {
        let ran = bench.sh(&format!("for i in 1 2 3 4; do head -c 7000000 /dev/zero > {place}$i || exit 9; done")).await;
        assert_eq!(ran.outcome.end, SandboxEnd::Exited(9), "{place}: {}", ran.stderr);
        assert!(ran.stderr.contains("No space left"), "{}", ran.stderr);
    }
    bench.refused("head -c 9000000 /dev/zero > big").await;
    assert!(std::fs::metadata(bench.project().join("big")).expect("begun").len() <= 8 << 20);
}

#[tokio::test]
async fn no_control_group_is_left_behind() {
    let bench = Bench::new();
    bench.ok("true").await;
    bench.refused("exit 4").await;
    let ours = format!("opensail-{}-", std::process::id());
    // Other tests of this process run groups of their own, so only those of finished sandboxes count: ask until none is empty.
    let empty = |folder: &std::path::Path| {
        let name = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&ours));
        let procs = std::fs::read_to_string(folder.join("cgroup.procs"));
        name && procs.is_ok_and(|procs| procs.is_empty())
    };
    let mut rounds = 0;
    loop {
        let left: Vec<_> = groups().into_iter().filter(|folder| empty(folder)).collect();
        let still: Vec<_> = left.iter().filter(|folder| folder.exists()).collect();
        if still.is_empty() {
            return;
        }
        rounds += 1;
        assert!(rounds < 100_000, "{still:?}");
        tokio::task::yield_now().await;
    }
}

pub(super) fn groups() -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    let mut waiting = vec![std::path::PathBuf::from("/sys/fs/cgroup")];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
                all.push(entry.path());
            }
        }
    }
    all
}
