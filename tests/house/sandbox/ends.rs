//! Every way a command can end, and that nothing outlives it.

use std::time::Duration;

use opensail_commands::ports::sandbox::{Sandbox, SandboxEnd};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Bench, anyone_with};

#[tokio::test]
async fn codes_and_signals_are_told() {
    let bench = Bench::new();
    assert_eq!(bench.sh("exit 42").await.outcome.end, SandboxEnd::Exited(42));
    assert_eq!(bench.sh("kill -TERM $$").await.outcome.end, SandboxEnd::Signalled(15));
}

#[tokio::test]
async fn a_timeout_kills_all_of_it() {
    let bench = Bench::new();
    let mut request = bench.shell("(setsid sleep 778001 &) ; trap '' TERM INT; sleep 778001");
    request.timeout = Duration::from_millis(500);
    assert_eq!(bench.run(request).await.outcome.end, SandboxEnd::TimedOut);
    assert!(!anyone_with("778001"));
}

#[tokio::test]
async fn a_cancel_kills_all_of_it() {
    let bench = Bench::new();
    let cancel = CancellationToken::new();
    let (output, mut chunks) = mpsc::channel(8);
    let request = bench.shell("setsid sleep 778002 & echo started; sleep 778002");
    let run = bench.sandbox.run(request, output, cancel.clone());
    let stop = async {
        chunks.recv().await.expect("output");
        assert!(anyone_with("778002"));
        cancel.cancel();
    };
    let (outcome, ()) = tokio::join!(run, stop);
    assert_eq!(outcome.expect("it ran").end, SandboxEnd::Cancelled);
    assert!(!anyone_with("778002"));
}

#[tokio::test]
async fn a_cancel_before_the_start_is_a_cancel() {
    let bench = Bench::new();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let (output, _chunks) = mpsc::channel(8);
    let outcome = bench.sandbox.run(bench.shell("sleep 778003"), output, cancel).await.expect("it ran");
    assert_eq!(outcome.end, SandboxEnd::Cancelled);
    assert!(!anyone_with("778003"));
}

#[tokio::test]
async fn what_a_command_leaves_in_the_background_ends_with_it() {
    let bench = Bench::new();
    let ran = bench.sh("sleep 778004 & setsid sleep 778004 & echo left").await;
    assert_eq!((ran.stdout.as_str(), ran.outcome.end), ("left\n", SandboxEnd::Exited(0)));
    assert!(!anyone_with("778004"));
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing_running() {
    let bench = Bench::new();
    let (output, mut chunks) = mpsc::channel(8);
    let request = bench.shell("echo started; sleep 778005");
    let sandbox = bench.sandbox.clone();
    let run = tokio::spawn(async move { sandbox.run(request, output, CancellationToken::new()).await });
    chunks.recv().await.expect("output");
    assert!(anyone_with("778005"));
    run.abort();
    assert!(run.await.is_err());
    while anyone_with("778005") {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn many_commands_at_once_keep_their_own_ends() {
    let bench = Bench::new();
    let mut runs = tokio::task::JoinSet::new();
    for number in 0..24 {
        let (sandbox, request) = (bench.sandbox.clone(), bench.shell(&format!("exit {number}")));
        runs.spawn(async move {
            let (output, _chunks) = mpsc::channel(1);
            (number, sandbox.run(request, output, CancellationToken::new()).await)
        });
    }
    while let Some(done) = runs.join_next().await {
        let (number, outcome) = done.expect("no panic");
        assert_eq!(outcome.expect("it ran").end, SandboxEnd::Exited(number));
    }
}
