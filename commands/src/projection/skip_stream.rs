//! Has a read model leave an event out that it cannot apply, and go on with its stream.

use async_trait::async_trait;
use opensail_domain::projection::{ProjectionCommand, ProjectionDecider};

use crate::{Change, Command, CommandError, Shown};

#[derive(Clone, Debug)]
pub struct SkipStream {
    /// Name of the read model.
    pub projection: String,
    pub stream: String,
    /// Of the event that is left out.
    pub position: u64,
    /// Whether the read model says that the stream is parked there.
    pub parked: bool,
    pub reason: String,
}

#[async_trait]
impl Command for SkipStream {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let by = change.platform_access().await?;
        let place = change.place_of(self.position, |event| event.stream.as_str() == self.stream, by).await?;
        let SkipStream { projection, stream, position, parked, reason } = self.clone();
        let skip = ProjectionCommand::Skip { projection, stream, position, parked, reason, by };
        change.decide::<ProjectionDecider>(&self.projection, place, skip).await?;
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
