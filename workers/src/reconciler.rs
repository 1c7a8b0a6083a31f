//! A reconciler compares what is wished with what is, and mends the difference. It has no input: a timer and a signal wake it,
//! and it looks for itself each time, so a lost or repeated signal is harmless.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use opensail_eventstore::Position;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::supervisor::TaskResult;

/// After a pass that failed: the first pause, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

#[async_trait]
pub trait Reconciler: Send + Sync + 'static {
    /// One comparison and what follows from it; repeated it is harmless.
    async fn reconcile(&self) -> Result<(), String>;
    /// A wake-up of its own, e.g. when work it began has ended.
    async fn woken(&self) {
        std::future::pending().await
    }
    /// Returns when more work could be begun.
    async fn free(&self) {}
    /// Called once, when the process stops: let go of what is held.
    async fn stop(&self) {}
}

/// Runs passes until told to stop: at once, when the signal changes, and at least every `interval`.
pub async fn run(
    reconciler: Arc<dyn Reconciler>,
    mut signal: watch::Receiver<Position>,
    interval: Duration,
    stop: CancellationToken,
) -> TaskResult {
    let mut pause = FIRST_PAUSE;
    loop {
        // Marked before looking, so that what comes meanwhile wakes the next pass.
        signal.mark_unchanged();
        let passed = tokio::select! {
            () = stop.cancelled() => break,
            passed = reconciler.reconcile() => passed,
        };
        let wait = match passed {
            Ok(()) => {
                pause = FIRST_PAUSE;
                interval
            }
            Err(error) => {
                tracing::warn!(error, "a pass failed; trying again");
                let wait = pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
                wait
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = wake(&mut signal, pause == FIRST_PAUSE) => {}
            () = reconciler.woken() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    reconciler.stop().await;
    Ok(())
}

/// The signal, unless the last pass failed: then only the timer counts. A signal that is gone leaves the timer as well.
async fn wake(signal: &mut watch::Receiver<Position>, listen: bool) {
    if !listen || signal.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
