//! Consumer groups, whichever process their members live in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use opensail_api::health::{Found, Numbers, Probe, Trouble};
use opensail_eventstore::subscription::group::{Standing, standings};
use opensail_eventstore::{Journal, Position, Vault};

use super::stands_still;

pub(super) struct GroupsProbe {
    journal: Arc<dyn Journal>,
    vault: Arc<dyn Vault>,
    arrivals: Arrivals,
}

impl GroupsProbe {
    pub(super) fn new(journal: Arc<dyn Journal>, vault: Arc<dyn Vault>) -> Self {
        GroupsProbe { journal, vault, arrivals: Arrivals::default() }
    }
}

#[async_trait]
impl Probe for GroupsProbe {
    fn name(&self) -> &'static str {
        "consumer_groups"
    }
    async fn check(&self) -> Result<Found, String> {
        let standings = standings(self.journal.as_ref(), self.vault.as_ref()).await.map_err(|error| error.to_string())?;
        let now = Instant::now();
        let (mut parts, mut troubles) = (BTreeMap::new(), Vec::new());
        for standing in standings {
            let still = self.arrivals.still(&standing, now);
            troubles.extend(trouble(&standing, still));
            let numbers = [
                ("position", standing.position),
                ("lag_events", standing.lag_events),
                ("lag_seconds", standing.lag_seconds),
                ("still_seconds", still.as_secs()),
                ("parked", standing.parked),
                ("members", standing.members),
            ];
            parts.insert(standing.group, Numbers::from(numbers.map(|(name, number)| (name, number as f64))));
        }
        // Another process would say the same.
        let trouble = (!troubles.is_empty()).then(|| Trouble { why: troubles.join("; "), tolerable: true });
        Ok(Found { parts, trouble, ..Found::default() })
    }
}

/// What is wrong with a group that goes no further, or stands still for whatever reason.
fn trouble(standing: &Standing, still: Duration) -> Option<String> {
    let Standing { group, slowest, stopped, parked, members, .. } = standing;
    if let Some((partition, why)) = stopped {
        return Some(format!("partition {partition} of {group} goes no further: {why}"));
    }
    let stands = stands_still(standing.position, still, standing.lag_events)?;
    Some(format!("partition {slowest} of {group}: {stands} (parked streams: {parked}, members that live: {members})"))
}

/// Where each group is, and when it was first seen there. It is where its slowest partition is, so one that stands still is told of once the others have
/// passed it.
#[derive(Default)]
struct Arrivals(Mutex<BTreeMap<String, (Position, Instant)>>);

impl Arrivals {
    /// Since when a group has not moved, though there was something to see.
    fn still(&self, standing: &Standing, now: Instant) -> Duration {
        let mut arrivals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let arrival = arrivals.entry(standing.group.clone()).or_insert((standing.position, now));
        if arrival.0 != standing.position {
            *arrival = (standing.position, now);
        }
        // At the journal's end it rests; what came since is what it may be late with.
        now.duration_since(arrival.1).min(Duration::from_secs(standing.lag_seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::super::LONGEST_STILL;
    use super::*;

    fn standing(position: Position, lag_seconds: u64) -> Standing {
        let group = "webhooks".into();
        Standing { group, position, slowest: 3, stopped: None, lag_events: 12, lag_seconds, parked: 2, members: 1 }
    }

    #[test]
    fn a_group_that_stands_still_with_something_to_do_is_told() {
        let (arrivals, start) = (Arrivals::default(), Instant::now());
        let later = start + LONGEST_STILL;
        let still = |standing: &Standing, now| arrivals.still(standing, now);
        let old = standing(5, 100);
        assert_eq!(still(&old, start), Duration::ZERO, "it may just have come there");
        assert_eq!(still(&old, later), LONGEST_STILL);
        let why = "it has not moved from position 5 for 30 s, and 12 events wait (parked streams: 2, members that live: 1)";
        assert_eq!(trouble(&old, LONGEST_STILL), Some(format!("partition 3 of webhooks: {why}")));
        assert_eq!(trouble(&old, LONGEST_STILL - Duration::from_millis(1)), None);
        let stopped = Standing { stopped: Some((1, "upgrade".into())), ..standing(5, 100) };
        assert_eq!(trouble(&stopped, Duration::ZERO), Some("partition 1 of webhooks goes no further: upgrade".into()));
        assert_eq!(still(&standing(5, 2), later), Duration::from_secs(2), "it rested, and this came just now");
        assert_eq!(still(&standing(6, 100), later), Duration::ZERO);
        assert_eq!(still(&standing(6, 0), later + LONGEST_STILL), Duration::ZERO, "it is at the end");
    }
}
