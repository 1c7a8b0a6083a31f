//! Work that a relay gives to one of the workers: an event of the journal that made something to do. Taking it is looking, as the reconcilers
//! do by themselves every few seconds; so what a relay loses, doubles or brings late costs time and nothing else.

use std::sync::Arc;
use std::time::Duration;

use opensail_eventstore::relay::WorkRelay;
use opensail_eventstore::{Cursor, Journal};
use opensail_projections::Feed;
use tokio_util::sync::CancellationToken;

use crate::reconciler::Reconciler;
use crate::supervisor::TaskResult;

/// Events after which a worker may find something to do. One that is missing here is found a few seconds later.
pub const MAKES_WORK: &[&str] = &[
    "project.created",
    "project.prepared",
    "project.file_written",
    "project.file_deleted",
    "agent_session.requested",
    "agent_session.requeued",
    "agent_session.forked",
    "agent_session.approval_answered",
    "agent_session.cancel_requested",
    "agent_session.undone",
    "agent_session.merged",
    "agent_session.workspace_discarded",
];

/// What could not be looked at now is looked at again: the first pause, doubled with each delivery up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What it works with; clones share it.
#[derive(Clone)]
pub(crate) struct TakeWork {
    pub(crate) work: Arc<dyn WorkRelay>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) feed: Feed,
    /// Who looks.
    pub(crate) lookers: Vec<Arc<dyn Reconciler>>,
}

impl TakeWork {
    pub(crate) async fn run(&self, stop: CancellationToken) -> TaskResult {
        loop {
            for looker in &self.lookers {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    // Who has no hand free leaves it to the others.
                    () = looker.free() => {}
                }
            }
            let taken = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                taken = self.work.take() => taken,
            };
            match self.look(&taken.work.id).await {
                Ok(()) => taken.done().await,
                Err(error) => {
                    tracing::warn!(id = taken.work.id, delivery = taken.delivery, error, "work could not be looked at; it comes again");
                    let pause = FIRST_PAUSE * (1 << taken.delivery.saturating_sub(1).min(10));
                    taken.again(pause.min(LONGEST_PAUSE)).await;
                }
            }
        }
    }

    async fn look(&self, id: &str) -> Result<(), String> {
        let Ok(cursor) = id.parse::<Cursor>() else {
            tracing::warn!(id, "work that names no event is dropped");
            return Ok(());
        };
        if self.journal.check_epoch(cursor.epoch).await.is_err() {
            // Of a history that is over.
            return Ok(());
        }
        if let Err(behind) = self.feed.wait_for(cursor.position).await {
            tracing::debug!(%behind, "work came before the views; the timer finds it");
        }
        for looker in &self.lookers {
            looker.reconcile().await?;
        }
        Ok(())
    }
}
