//! Output: all of it, in order, and never more than a little of it in memory.

use std::time::Duration;

use bytes::Bytes;
use opensail_commands::ports::sandbox::{OutputChunk, Sandbox, SandboxEnd};
use opensail_workers::outside::sandbox::CHUNK_BYTES;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Bench;

#[tokio::test]
async fn standard_input_and_both_outputs_are_connected() {
    let bench = Bench::new();
    let mut request = bench.shell("cat; echo err >&2; exit 7");
    request.stdin = Some(Bytes::from_static(b"line \0 \xff end"));
    let ran = bench.run(request).await;
    assert_eq!(ran.stdout, "line \0 \u{fffd} end");
    assert_eq!(ran.stderr, "err\n");
    assert_eq!(ran.outcome.end, SandboxEnd::Exited(7));
    assert_eq!(bench.ok("cat; readlink /proc/self/fd/0").await, "/dev/null\n");
}

#[tokio::test]
async fn a_hundred_megabytes_pass_a_slow_reader_without_being_kept() {
    let bench = Bench::new();
    let request = bench.shell("head -c 100000000 /dev/zero");
    let (output, mut chunks) = mpsc::channel(1);
    let sandbox = bench.sandbox.clone();
    let run = tokio::spawn(async move { sandbox.run(request, output, CancellationToken::new()).await });
    // The first piece is held until the command has nowhere left to write.
    let first = chunks.recv().await.expect("output");
    let mut total = length(&first);
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(!run.is_finished(), "the command waits for its reader");
    let before = resident();
    let mut most = before;
    while let Some(chunk) = chunks.recv().await {
        total += length(&chunk);
        assert!(length(&chunk) <= CHUNK_BYTES);
        most = most.max(resident());
        tokio::task::yield_now().await;
    }
    let outcome = run.await.expect("no panic").expect("it ran");
    assert_eq!((total, outcome.end), (100_000_000, SandboxEnd::Exited(0)));
    assert!(most.saturating_sub(before) < 50 << 20, "grew by {} bytes", most - before);
}

#[tokio::test]
async fn output_is_kept_when_time_is_up() {
    let bench = Bench::new();
    let mut request = bench.shell("echo begun; sleep 1000");
    request.timeout = Duration::from_millis(700);
    let ran = bench.run(request).await;
    assert_eq!(ran.outcome.end, SandboxEnd::TimedOut);
    assert_eq!(ran.stdout, "begun\n");
}

#[tokio::test]
async fn a_reader_that_left_does_not_stop_the_command() {
    let bench = Bench::new();
    let (output, chunks) = mpsc::channel(1);
    drop(chunks);
    let request = bench.shell("head -c 1000000 /dev/zero; echo done > mark");
    let outcome = bench.sandbox.run(request, output, CancellationToken::new()).await.expect("it ran");
    assert_eq!(outcome.end, SandboxEnd::Exited(0));
    assert!(bench.project().join("mark").exists());
}

fn length(chunk: &OutputChunk) -> usize {
    match chunk {
        OutputChunk::Stdout(bytes) | OutputChunk::Stderr(bytes) => bytes.len(),
    }
}

/// Resident memory of this process, bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("a /proc");
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    pages * rustix::param::page_size()
}
