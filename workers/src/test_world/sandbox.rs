//! A sandbox that does as told.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use opensail_commands::ports::sandbox::{OutputChunk, Sandbox, SandboxEnd, SandboxError, SandboxOutcome, SandboxReport, SandboxRequest};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Plays commands: what they print, and how they end.
#[derive(Default)]
pub(crate) struct TestSandbox {
    plays: Mutex<VecDeque<Play>>,
    pub(crate) ran: Mutex<Vec<SandboxRequest>>,
    pub(crate) runs: AtomicUsize,
}

pub(crate) enum Play {
    Ends(&'static str, SandboxEnd),
    /// Prints and runs until it is stopped.
    Hangs(&'static str),
    Refused,
}

impl TestSandbox {
    pub(crate) fn then(&self, play: Play) -> &Self {
        self.plays.lock().expect("unbroken").push_back(play);
        self
    }
}

#[async_trait]
impl Sandbox for TestSandbox {
    async fn run(
        &self,
        request: SandboxRequest,
        output: mpsc::Sender<OutputChunk>,
        cancel: CancellationToken,
    ) -> Result<SandboxOutcome, SandboxError> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.ran.lock().expect("unbroken").push(request);
        let play = self.plays.lock().expect("unbroken").pop_front().expect("a command was expected");
        let (text, end) = match play {
            Play::Refused => return Err(SandboxError::Refused { why: "no namespaces".into(), remedy: "install bubblewrap".into() }),
            Play::Ends(text, end) => (text, end),
            Play::Hangs(text) => {
                let _ = output.send(OutputChunk::Stdout(Bytes::from_static(text.as_bytes()))).await;
                cancel.cancelled().await;
                ("", SandboxEnd::Cancelled)
            }
        };
        let _ = output.send(OutputChunk::Stdout(Bytes::from_static(text.as_bytes()))).await;
        Ok(SandboxOutcome { end, duration: Duration::ZERO })
    }
    async fn report(&self) -> SandboxReport {
        SandboxReport { isolation: Ok("test".into()), limits: "none".into(), remedy: None }
    }
}
