//! Has the queue deliver a parked piece of work to workers again.

use async_trait::async_trait;
use opensail_domain::work::{WorkCommand, WorkDecider};
use opensail_eventstore::Cursor;

use crate::relay::WorkRelay;
use crate::{Caller, Change, Command, CommandError, Commands, Done, Shown};

struct RetryWork {
    piece: Cursor,
    parked: bool,
}

#[async_trait]
impl Command for RetryWork {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let by = change.platform_access().await?;
        let place = change.place_of(self.piece.position, |event| event.epoch == self.piece.epoch, by).await?;
        let retry = WorkCommand::Retry { piece: self.piece.to_string(), parked: self.parked, by };
        change.decide::<WorkDecider>(self.piece, place, retry).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}

impl Commands {
    /// The event first: whoever finds the queue away in between finds the piece parked still, and asks once more. `piece`: cursor of the event that
    /// made it.
    pub async fn retry_work(&self, caller: &Caller, queue: &dyn WorkRelay, piece: &str) -> Result<Done<()>, CommandError> {
        self.check_platform_admin(caller).await?;
        // Nothing else makes work, and nothing else gets into the journal's names of streams.
        let cursor: Cursor = piece.parse().map_err(|_| CommandError::NotFound)?;
        let piece = cursor.to_string();
        let parked = queue.parked().await.map_err(CommandError::unavailable)?.iter().any(|work| work.id == piece);
        let done = self.execute(caller, &RetryWork { piece: cursor, parked }).await?;
        if !queue.retry_parked(&piece).await.map_err(CommandError::unavailable)? {
            tracing::debug!(piece, "somebody else was quicker to put it back");
        }
        Ok(done)
    }
}
