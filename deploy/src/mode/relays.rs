//! The relays of this process: as the settings name them, else its own memory.

use std::sync::Arc;

use opensail_commands::Commands;
use opensail_commands::live::ShareTexts;
use opensail_eventstore::relay::{InProcessWork, LiveRelay, NatsWork, Patience, Publisher, RedisLive, RelayError, ShareTail, WorkRelay};
use opensail_eventstore::subscription::Tail;
use opensail_workers::supervisor::{OnError, OnStop, Supervisor};

use super::stores::Stores;
use crate::settings::Settings;

/// What readiness and the workers need of them.
pub(super) struct Relays {
    pub(super) work: Arc<dyn WorkRelay>,
    /// None: this process alone.
    pub(super) live: Option<Arc<dyn LiveRelay>>,
}

/// `works`: workers run in this process.
pub(super) async fn start(
    supervisor: &Supervisor,
    settings: &Settings,
    stores: &Stores,
    commands: &Commands,
    tail: &Tail,
    boot: &str,
    works: bool,
) -> Result<Relays, RelayError> {
    // A restored journal has another epoch, and is another installation to a relay.
    let head = stores.journal.head().await.map_err(|error| RelayError(error.to_string()))?;
    let installation = head.epoch.to_string().replace('-', "");
    let live: Option<Arc<dyn LiveRelay>> = match &settings.redis {
        Some(address) => Some(Arc::new(RedisLive::start(address.clone(), &installation))),
        None => None,
    };
    let work: Arc<dyn WorkRelay> = match &settings.nats {
        Some(address) => Arc::new(NatsWork::start(address.clone(), &installation, Patience::default()).await?),
        None => Arc::new(InProcessWork::default()),
    };
    let publisher = Publisher {
        tail: tail.clone(),
        work: work.clone(),
        vault: stores.vault.clone(),
        leases: stores.leases.clone(),
        holder: boot.into(),
        types: opensail_workers::MAKES_WORK.iter().map(|name| (*name).to_owned()).collect(),
        from: tail.position(),
    };
    // A queue in the memory of a process that does not work is nobody's.
    if works || work.shared() {
        supervisor.spawn("publish_work", OnError::Restart, OnStop::Drop, move |_| {
            let publisher = publisher.clone();
            async move { publisher.run().await }
        });
    }
    if let Some(relay) = &live {
        share(supervisor, commands, tail, relay);
    }
    Ok(Relays { work, live })
}

fn share(supervisor: &Supervisor, commands: &Commands, tail: &Tail, relay: &Arc<dyn LiveRelay>) {
    let texts = ShareTexts::new(commands.clone(), relay.clone());
    supervisor.spawn("share_texts", OnError::Restart, OnStop::Drop, move |_| {
        let texts = texts.clone();
        async move { texts.run().await }
    });
    let tail = ShareTail { tail: tail.clone(), relay: relay.clone() };
    supervisor.spawn("share_tail", OnError::Restart, OnStop::Drop, move |_| {
        let tail = tail.clone();
        async move { tail.run().await }
    });
}
