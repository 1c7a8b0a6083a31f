//! The relays between the processes, which are lost and come back empty.

use opensail_eventstore::conformance::relay::servers::{Kind, RelayServer};
use opensail_eventstore::conformance::relay::{Loss, Lost};
use rand::Rng;
use rand::rngs::StdRng;

pub(super) struct Relays {
    nats: RelayServer,
    redis: RelayServer,
}

impl Relays {
    pub(super) async fn start() -> Relays {
        Relays { nats: RelayServer::start(Kind::Nats).await, redis: RelayServer::start(Kind::Redis).await }
    }

    pub(super) fn nats(&self) -> String {
        self.nats.url()
    }

    pub(super) fn redis(&self) -> String {
        self.redis.url()
    }

    /// One of them, killed or silent.
    pub(super) async fn lose(&mut self, rng: &mut StdRng) -> &mut RelayServer {
        let relay = if rng.random() { &mut self.nats } else { &mut self.redis };
        relay.lose(if rng.random() { Loss::Killed } else { Loss::Silent }).await;
        relay
    }
}
