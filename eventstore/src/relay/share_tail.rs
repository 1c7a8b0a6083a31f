//! Tells other processes that the journal has grown, and reads it at once when they say so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use super::{LiveRelay, Topic};
use crate::envelope::Position;
use crate::subscription::Tail;

/// Under a flood of appends others are told this often at most.
const TELL_EVERY: Duration = Duration::from_millis(2);

/// What it works with; clones share it.
#[derive(Clone)]
pub struct ShareTail {
    pub tail: Tail,
    pub relay: Arc<dyn LiveRelay>,
}

impl ShareTail {
    /// Runs until it is dropped or either end is gone.
    pub async fn run(&self) -> Result<(), String> {
        let mut grown = self.tail.journal().watch();
        let mut heard = self.relay.hear();
        let mut known: Position = *grown.borrow_and_update();
        loop {
            tokio::select! {
                changed = grown.changed() => {
                    changed.map_err(|_| "the journal's writer is gone".to_owned())?;
                    let position = *grown.borrow_and_update();
                    // What others told us is known to them.
                    if position > known {
                        known = position;
                        self.relay.tell(Topic::Tail, position.to_string().into_bytes());
                        tokio::time::sleep(TELL_EVERY).await;
                    }
                }
                message = heard.recv() => match message {
                    Ok(message) if message.topic == Topic::Tail => {
                        let told = std::str::from_utf8(&message.message).ok().and_then(|text| text.parse::<Position>().ok());
                        if let Some(told) = told.filter(|told| *told > self.tail.position()) {
                            self.tail.nudge();
                            // A position that is not there is nothing we could know.
                            known = known.max(told.min(*grown.borrow()));
                        }
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => self.tail.nudge(),
                    Err(RecvError::Closed) => return Err("the relay ended".into()),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests;
