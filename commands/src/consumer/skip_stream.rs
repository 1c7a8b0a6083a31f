//! Has a consumer go on with a parked stream behind the event that it cannot handle.

use async_trait::async_trait;
use opensail_domain::consumer::{ConsumerCommand, ConsumerDecider};

use super::Ordered;
use crate::{Change, Command, CommandError, Shown};

#[derive(Clone, Debug)]
pub struct SkipStream {
    /// Name of the consumer.
    pub consumer: String,
    pub stream: String,
    /// Of the event that is left out.
    pub position: u64,
    pub reason: String,
}

#[async_trait]
impl Command for SkipStream {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let by = change.platform_access().await?;
        let SkipStream { consumer, stream, position, reason } = self.clone();
        let (place, order) = change.order_about((&consumer, &stream, position), Ordered::Skip, by).await?;
        let parked = order.is_some();
        let skip = ConsumerCommand::Skip { consumer, stream, position, parked, reason, by };
        change.decide::<ConsumerDecider>(&self.consumer, place, skip).await?;
        order.into_iter().for_each(|order| change.write_vault(order));
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
