//! Has a consumer handle a parked stream again, from the event on that it is parked at.

use async_trait::async_trait;
use opensail_domain::consumer::{ConsumerCommand, ConsumerDecider};

use super::Ordered;
use crate::{Change, Command, CommandError, Shown};

#[derive(Clone, Debug)]
pub struct RetryStream {
    /// Name of the consumer.
    pub consumer: String,
    pub stream: String,
    /// Of the event that could not be handled.
    pub position: u64,
    pub reason: Option<String>,
}

#[async_trait]
impl Command for RetryStream {
    type Answer = ();
    async fn decide(&self, change: &mut Change) -> Result<(), CommandError> {
        let by = change.platform_access().await?;
        let RetryStream { consumer, stream, position, reason } = self.clone();
        let (place, order) = change.order_about((&consumer, &stream, position), Ordered::Retry, by).await?;
        let parked = order.is_some();
        let retry = ConsumerCommand::Retry { consumer, stream, position, parked, reason, by };
        change.decide::<ConsumerDecider>(&self.consumer, place, retry).await?;
        order.into_iter().for_each(|order| change.write_vault(order));
        Ok(())
    }
    fn shows(&self, (): &()) -> Shown {
        Shown::Nothing
    }
}
