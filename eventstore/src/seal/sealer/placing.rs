//! What is sealed goes to the second places, each at its own pace.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;

use super::Sealer;
use crate::seal::place::SecondPlace;

/// A second place that failed is tried again after this, or after its pace if that is less.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// What a second place is to hold.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Newest {
    pub(super) roll: Option<String>,
    pub(super) checkpoint: Option<String>,
}

impl Sealer {
    /// Takes the newest roll and checkpoint to a second place. Sealing does not wait for it, however long it hangs; readiness says that it is missing.
    pub(super) async fn place_for_ever(&self, place: &dyn SecondPlace, mut newest: watch::Receiver<Newest>) -> Infallible {
        let mut roll_there = None;
        loop {
            let Newest { roll, checkpoint } = newest.borrow_and_update().clone();
            let mut kept = true;
            if roll != roll_there || checkpoint.is_some() {
                kept = self.place(place, roll.as_deref().filter(|_| roll != roll_there), checkpoint.as_deref()).await;
                if kept {
                    roll_there = roll;
                }
                // The first checkpoint does not wait behind a roll.
                if !kept || checkpoint.is_some() {
                    tokio::time::sleep(if kept { place.pace() } else { place.pace().min(TRY_AGAIN) }).await;
                }
            }
            if kept && newest.changed().await.is_err() {
                // The sealing has ended, and this is dropped with it.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Whether it is there now.
    async fn place(&self, place: &dyn SecondPlace, roll: Option<&str>, checkpoint: Option<&str>) -> bool {
        let keep = async || {
            if let Some(roll) = roll {
                place.keep_roll(roll).await?;
            }
            match checkpoint {
                Some(note) => place.keep(note).await,
                None => Ok(()),
            }
        };
        let (name, kept) = (place.name(), keep().await);
        if let Err(why) = &kept {
            tracing::warn!(place = name, why, "the newest checkpoint could not be written to the second place");
        }
        let trouble = kept.err();
        let placed = trouble.is_none();
        self.state.send_if_modified(|state| match trouble {
            Some(why) => state.place_trouble.insert(name, why.clone()).is_none_or(|before| before != why),
            None => state.place_trouble.remove(&name).is_some(),
        });
        placed
    }
}
