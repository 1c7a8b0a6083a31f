//! What readiness asks: the journal, and each view.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use opensail_api::health::Probe;
use opensail_eventstore::Journal;
use opensail_projections::{Feed, Projections};

use super::stores::Stores;

/// A view further behind than this is not ready.
const MOST_BEHIND: u64 = 10_000;

struct JournalProbe(Arc<dyn Journal>);

#[async_trait]
impl Probe for JournalProbe {
    fn name(&self) -> &'static str {
        "journal"
    }
    async fn check(&self) -> Result<BTreeMap<&'static str, f64>, String> {
        let head = self.0.head().await.map_err(|e| e.to_string())?;
        Ok(BTreeMap::from([("position", head.position as f64)]))
    }
}

struct ViewProbe {
    name: &'static str,
    feed: Feed,
}

#[async_trait]
impl Probe for ViewProbe {
    fn name(&self) -> &'static str {
        self.name
    }
    async fn check(&self) -> Result<BTreeMap<&'static str, f64>, String> {
        let lag = self.feed.lag().await.map_err(|e| e.to_string())?;
        if let Some(why) = lag.failing {
            return Err(why);
        }
        let own = lag.projections.into_iter().find(|view| view.projection == self.name).ok_or("it has not begun yet")?;
        if let Some(why) = own.stopped {
            return Err(why);
        }
        if own.events > MOST_BEHIND {
            return Err(format!("{} events behind", own.events));
        }
        let numbers = [("position", own.position), ("lag_events", own.events), ("lag_seconds", own.seconds), ("parked", own.parked)];
        Ok(numbers.into_iter().map(|(name, number)| (name, number as f64)).collect())
    }
}

pub fn all(stores: &Stores, projections: &Projections) -> Vec<Box<dyn Probe>> {
    let mut probes: Vec<Box<dyn Probe>> = vec![Box::new(JournalProbe(stores.journal.clone()))];
    for name in projections.names() {
        probes.push(Box::new(ViewProbe { name, feed: projections.feed().clone() }));
    }
    probes
}
