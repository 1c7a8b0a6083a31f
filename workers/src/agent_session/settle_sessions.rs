//! Undos and merges whose plan stands in the journal and whose end does not: the process that began them died. They are ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::Hands;
use crate::reconciler::Reconciler;

/// What somebody else holds is looked at again after this.
const ASK_AGAIN: Duration = Duration::from_secs(1);

pub struct SettleSessions {
    hands: Hands,
    /// The last look left something open that somebody else holds, dead or alive.
    held: AtomicBool,
}

impl SettleSessions {
    pub fn new(hands: Hands) -> Self {
        SettleSessions { hands, held: AtomicBool::new(false) }
    }
}

#[async_trait]
impl Reconciler for SettleSessions {
    async fn reconcile(&self) -> Result<(), String> {
        let open = self.hands.queries.unsettled_sessions().await.map_err(|error| error.to_string())?;
        let mut failed = None;
        self.held.store(false, Ordering::Relaxed);
        for session in open {
            // Whoever began it may still be at it, and holds the lease then.
            if let Err(error) = self.hands.commands.settle_files(session).await {
                tracing::debug!(%session, error = error.log_text(), "an open undo or merge could not be ended just now");
                if error.retryable() {
                    failed = Some(error.log_text());
                } else {
                    self.held.store(true, Ordering::Relaxed);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn woken(&self) {
        if !self.held.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
}
