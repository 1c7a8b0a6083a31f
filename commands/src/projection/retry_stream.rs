//! Has a read model apply a parked stream again, from the event on that it was parked at.

use async_trait::async_trait;
use opensail_domain::projection::{ProjectionCommand, ProjectionDecider};

use crate::{Change, Command, CommandError, Shown};

#[derive(Clone, Debug)]
pub struct RetryStream {
    /// Name of the read model.
    pub projection: String,
    pub stream: String,
    /// Of the event that could not be applied.
    pub position: u64,
    /// Whether the read model says that the stream is parked there.
    pub parked: bool,
    pub reason: Option<String>,
}

#[async_trait]
impl Command for RetryStream {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let by = change.platform_access().await?;
        let place = change.place_of(self.position, |event| event.stream.as_str() == self.stream, by).await?;
        let RetryStream { projection, stream, position, parked, reason } = self.clone();
        let retry = ProjectionCommand::Retry { projection, stream, position, parked, reason, by };
        change.decide::<ProjectionDecider>(&self.projection, place, retry).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
