//! Who is woken by which event: thousands of readers wait on as many streams, and one event must not wake them all.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::envelope::{Position, Recorded, StreamId};
use crate::journal::Filter;

/// Nobody waits.
const IDLE: u64 = u64::MAX;
/// Its reader waits, and nothing has come.
const ARMED: u64 = 0;

/// One reader's. Armed and rung only under the lock that the ring lies under, so that nothing comes between a look and the wait.
#[derive(Debug)]
pub(super) struct Bell {
    /// [`IDLE`], [`ARMED`], or the first position since then that may concern the reader.
    first: AtomicU64,
    rung: Notify,
}

impl Default for Bell {
    fn default() -> Self {
        Bell { first: AtomicU64::new(IDLE), rung: Notify::new() }
    }
}

impl Bell {
    pub(super) fn ring(&self, position: Position) {
        if self.first.compare_exchange(ARMED, position, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            self.rung.notify_one();
        }
    }

    /// Its reader waits, and nothing has come since.
    pub(super) fn is_armed(&self) -> bool {
        self.first.load(Ordering::Acquire) == ARMED
    }

    /// Waits while it is armed. Gives the position of the first event that may concern the reader, all before it does not; `None`
    /// when nobody armed it. May be cancelled.
    pub(super) async fn wait(&self) -> Option<Position> {
        loop {
            match self.first.load(Ordering::Acquire) {
                IDLE => return None,
                ARMED => self.rung.notified().await,
                first => {
                    self.first.store(IDLE, Ordering::Release);
                    return Some(first);
                }
            }
        }
    }
}

/// The bells of all readers that ever waited, under what can wake them.
#[derive(Default)]
pub(super) struct Bells {
    by_stream: HashMap<StreamId, Vec<Arc<Bell>>>,
    by_tenant: HashMap<String, Vec<Arc<Bell>>>,
    /// Of those who name neither streams nor tenants: any event moves them.
    any: Vec<Arc<Bell>>,
}

impl Bells {
    /// From now on an event that may match rings it. `known`: it is among the bells already.
    pub(super) fn arm(&mut self, bell: &Arc<Bell>, filter: &Filter, known: bool) {
        bell.first.store(ARMED, Ordering::Release);
        if known {
            return;
        }
        if !filter.streams.is_empty() {
            filter.streams.iter().for_each(|stream| self.by_stream.entry(stream.clone()).or_default().push(bell.clone()));
        } else if !filter.tenants.is_empty() {
            filter.tenants.iter().for_each(|tenant| self.by_tenant.entry(tenant.clone()).or_default().push(bell.clone()));
        } else {
            self.any.push(bell.clone());
        }
    }

    pub(super) fn remove(&mut self, bell: &Arc<Bell>, filter: &Filter) {
        if !filter.streams.is_empty() {
            filter.streams.iter().for_each(|stream| take(&mut self.by_stream, stream, bell));
        } else if !filter.tenants.is_empty() {
            filter.tenants.iter().for_each(|tenant| take(&mut self.by_tenant, tenant, bell));
        } else {
            self.any.retain(|other| !Arc::ptr_eq(other, bell));
        }
    }

    pub(super) fn ring(&self, event: &Recorded) {
        let of_stream = self.by_stream.get(&event.stream).into_iter().flatten();
        let of_tenant = self.by_tenant.get(&event.tenant).into_iter().flatten();
        of_stream.chain(of_tenant).chain(&self.any).for_each(|bell| bell.ring(event.position));
    }

    /// Something else has happened that all have to look at.
    pub(super) fn ring_all(&self) {
        let of_one = self.by_stream.values().chain(self.by_tenant.values()).flatten();
        of_one.chain(&self.any).for_each(|bell| bell.ring(1));
    }
}

fn take<K: Hash + Eq>(bells: &mut HashMap<K, Vec<Arc<Bell>>>, key: &K, bell: &Arc<Bell>) {
    if let Some(of_key) = bells.get_mut(key) {
        of_key.retain(|other| !Arc::ptr_eq(other, bell));
        if of_key.is_empty() {
            bells.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::{Actor, CommandId, Epoch};
    use uuid::Uuid;

    fn event(position: Position, stream: &str, tenant: &str) -> Recorded {
        Recorded {
            position,
            tenant_position: position,
            epoch: Epoch(Uuid::nil()),
            event_id: Uuid::nil(),
            stream: StreamId::new("test", stream),
            stream_version: 1,
            event_type: "test.happened".into(),
            version: 1,
            tenant: tenant.into(),
            project: None,
            actor: Actor::system("test"),
            command_id: CommandId(Uuid::nil()),
            correlation_id: Uuid::nil(),
            causation_id: None,
            client_address: None,
            time: 0,
            payload: "{}".into(),
            content_hash: [0; 32],
        }
    }

    fn of_stream(stream: &str) -> Filter {
        Filter { streams: vec![StreamId::new("test", stream)], ..Filter::default() }
    }

    fn stands_at(bell: &Bell) -> u64 {
        bell.first.load(Ordering::Acquire)
    }

    #[test]
    fn an_event_wakes_only_those_whom_it_may_concern() {
        let mut bells = Bells::default();
        let filters = [of_stream("a"), of_stream("b"), Filter { tenants: vec!["team".into()], ..Filter::default() }, Filter::default()];
        let hung = filters.map(|filter| {
            let bell = Arc::new(Bell::default());
            bells.arm(&bell, &filter, false);
            (bell, filter)
        });
        bells.ring(&event(3, "a", "other"));
        bells.ring(&event(4, "a", "team"));
        assert_eq!(hung.each_ref().map(|(bell, _)| stands_at(bell)), [3, ARMED, 4, 3]);
        bells.ring_all();
        assert_eq!(hung.each_ref().map(|(bell, _)| stands_at(bell)), [3, 1, 4, 3], "who is rung already hears of the first event still");
        for (bell, filter) in &hung {
            bells.remove(bell, filter);
        }
        assert!(bells.by_stream.is_empty() && bells.by_tenant.is_empty() && bells.any.is_empty());
    }

    #[tokio::test]
    async fn nobody_waits_on_a_bell_that_is_not_armed() {
        let (mut bells, bell) = (Bells::default(), Arc::new(Bell::default()));
        assert_eq!(bell.wait().await, None);
        bells.arm(&bell, &of_stream("a"), false);
        bells.ring(&event(7, "a", "team"));
        assert_eq!(bell.wait().await, Some(7));
        assert_eq!(bell.wait().await, None, "it was heard once");
        bells.ring(&event(8, "a", "team"));
        assert_eq!(bell.wait().await, None, "nobody waited");
    }
}
