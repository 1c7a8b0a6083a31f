//! Undos and merges whose plan stands in the journal and whose end does not: the process that began them died. They are ended.

use async_trait::async_trait;

use crate::Hands;
use crate::reconciler::Reconciler;

pub struct SettleSessions {
    hands: Hands,
}

impl SettleSessions {
    pub fn new(hands: Hands) -> Self {
        SettleSessions { hands }
    }
}

#[async_trait]
impl Reconciler for SettleSessions {
    async fn reconcile(&self) -> Result<(), String> {
        let open = self.hands.queries.unsettled_sessions().await.map_err(|error| error.to_string())?;
        let mut failed = None;
        for session in open {
            // Whoever began it may still be at it, and holds the lease then.
            if let Err(error) = self.hands.commands.settle_files(session).await {
                tracing::debug!(%session, error = error.log_text(), "an open undo or merge could not be ended just now");
                failed = error.retryable().then(|| error.log_text());
            }
        }
        failed.map_or(Ok(()), Err)
    }
}
