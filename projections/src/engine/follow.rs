//! The running loop: batch by batch, for ever.

use std::sync::Arc;
use std::time::Duration;

use opensail_eventstore::{Filter, ReadError};
use tokio::task::JoinSet;

use super::step::Step;
use super::{Engine, EngineError, Follower};
use crate::projection::Incoming;

/// Events applied in one transaction.
const BATCH: usize = 256;
/// Pauses after failures: the first, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Engine {
    /// Follows until something makes it necessary to look at the checkpoints again. `Ok` also when the tail was shut down.
    async fn follow(&self) -> Result<Followed, EngineError> {
        let mut followers = self.prepare().await?;
        let active = followers.iter().filter(|follower| follower.follows());
        let Some(mut from) = active.map(|follower| follower.position).min() else {
            self.rouse.notified().await;
            return Ok(Followed::Again);
        };
        let mut subscription = self.tail.subscribe(from, Filter::default());
        loop {
            let batch = tokio::select! {
                batch = subscription.next_batch(BATCH) => batch,
                () = self.rouse.notified() => return Ok(Followed::Again),
            };
            let batch = match batch {
                Ok(batch) => batch,
                Err(ReadError::EpochChanged { .. }) => return Ok(Followed::Again),
                // A subscription tries again by itself; it ends only with its tail.
                Err(ReadError::Unavailable(_) | ReadError::SetBack(_)) => return Ok(Followed::End),
            };
            let incoming: Vec<_> = batch.events.iter().map(|event| Incoming::new(event)).collect();
            match self.step(&mut followers, from, &incoming, batch.seen).await? {
                Step::Done => from = batch.seen,
                Step::Again => return Ok(Followed::Again),
            }
            self.publish(&followers).await?;
            if !followers.iter().any(Follower::follows) {
                self.rouse.notified().await;
                return Ok(Followed::Again);
            }
        }
    }
}

enum Followed {
    Again,
    End,
}

/// Follows for ever; failures and panics are told and it begins again at the checkpoints.
pub(super) async fn keep_running(engine: Arc<Engine>) {
    let mut pause = FIRST_PAUSE;
    let mut before = engine.feed.position();
    loop {
        let mut running = JoinSet::new();
        let following = engine.clone();
        running.spawn(async move { following.follow().await });
        let why = match running.join_next().await {
            Some(Ok(Ok(Followed::Again))) => {
                pause = FIRST_PAUSE;
                continue;
            }
            Some(Ok(Ok(Followed::End))) | None => return,
            Some(Ok(Err(error))) => error.to_string(),
            Some(Err(panic)) => panic.to_string(),
        };
        tracing::error!(error = why, "the views do not follow the journal; trying again");
        engine.feed.failing(why);
        // What went on for a while begins with short pauses again.
        if std::mem::replace(&mut before, engine.feed.position()) != before {
            pause = FIRST_PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
