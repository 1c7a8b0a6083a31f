//! The suites that every relay passes: in this process's memory, Redis, NATS.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use opensail_eventstore::conformance::relay::servers::{Kind, RelayServer};
use opensail_eventstore::conformance::relay::{IMPATIENT, LiveSubject, Loss, Lost, WorkSubject};
use opensail_eventstore::relay::{HEARD_KEPT, Heard, InProcessWork, LiveRelay, Topic, Trouble, WorkRelay};
use tokio::sync::broadcast;

/// By which the suite itself is measured: what nothing can be lost from. Clones share it.
#[derive(Clone)]
struct InProcessLive {
    heard: broadcast::Sender<Heard>,
}

impl Default for InProcessLive {
    fn default() -> Self {
        InProcessLive { heard: broadcast::channel(HEARD_KEPT).0 }
    }
}

impl LiveRelay for InProcessLive {
    fn tell(&self, topic: Topic, message: Vec<u8>) {
        // Nobody listening is no error.
        let _ = self.heard.send(Heard { topic, message: message.into() });
    }
    fn hear(&self) -> broadcast::Receiver<Heard> {
        self.heard.subscribe()
    }
    fn trouble(&self) -> Option<Trouble> {
        None
    }
}

/// The memory of one process; each installation has its own.
#[derive(Default)]
struct Memory {
    live: Mutex<HashMap<String, InProcessLive>>,
    work: Mutex<HashMap<String, InProcessWork>>,
}

#[async_trait]
impl Lost for Memory {
    fn can_be_lost(&self) -> bool {
        false
    }
    async fn lose(&mut self, _: Loss) {}
    async fn come_back(&mut self) {}
}

#[async_trait]
impl LiveSubject for Memory {
    async fn relay(&self, installation: &str) -> Arc<dyn LiveRelay> {
        Arc::new(self.live.lock().expect("no panic").entry(installation.into()).or_default().clone())
    }
}

#[async_trait]
impl WorkSubject for Memory {
    async fn relay(&self, installation: &str) -> Arc<dyn WorkRelay> {
        let mut all = self.work.lock().expect("no panic");
        Arc::new(all.entry(installation.into()).or_insert_with(|| InProcessWork::new(IMPATIENT)).clone())
    }
}

mod live_in_memory {
    use super::*;
    opensail_eventstore::live_relay_suite!(async { Memory::default() });
}

mod live_redis {
    use super::*;
    opensail_eventstore::live_relay_suite!(RelayServer::start(Kind::Redis));
}

mod work_in_process {
    use super::*;
    opensail_eventstore::work_relay_suite!(async { Memory::default() });
}

mod work_nats {
    use super::*;
    opensail_eventstore::work_relay_suite!(RelayServer::start(Kind::Nats));
}
