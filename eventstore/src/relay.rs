//! Relays between the processes of one installation: what one of them knows, the others hear at once.
//!
//! They are accelerators and nothing rests on them. What they carry may be lost, late, doubled, out of order, or gone with the relay's
//! memory: readers of the journal poll it anyway, workers look for work by themselves every few seconds, and who may do something is
//! settled by leases and the fence of the append. Losing a relay loses nothing and only slows.
//!
//! - [`LiveRelay`]: hints that the journal has grown, and what is being written just now; heard by every process, kept by nobody.
//!   Redis Streams. A process that is alone needs none.
//! - [`WorkRelay`]: work that one of several workers shall look at; acknowledged, delivered again when it was not, and set aside (parked) when
//!   that happened too often. NATS JetStream, or this process's memory. A [`Publisher`] fills it from the journal.
//!
//! Both pass the suites in `conformance::relay`, each with its servers killed, cut off and come back empty.

mod address;
mod authority;
mod in_process;
mod nats;
mod publisher;
mod redis;
mod share_tail;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast;

pub use address::{BadAddress, NatsAddress, RedisAddress};
pub use authority::{Authority, BadAuthority};
pub use in_process::InProcessWork;
pub use nats::NatsWork;
pub use publisher::Publisher;
pub use redis::RedisLive;
pub use share_tail::ShareTail;
pub use trouble::{Cause, Trouble};

/// Messages that a hearer may fall behind before it loses the oldest.
pub const HEARD_KEPT: usize = 4096;
/// Pauses before a lost relay is tried again: the first, doubled up to the longest.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(50);
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A relay that says nothing for so long counts as lost.
pub(crate) const ANSWER: Duration = Duration::from_secs(2);

/// What a message is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Topic {
    /// The journal has grown.
    Tail,
    /// Texts that are being written.
    Texts,
}

impl Topic {
    pub(crate) const ALL: [Topic; 2] = [Topic::Tail, Topic::Texts];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Topic::Tail => "tail",
            Topic::Texts => "texts",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    pub topic: Topic,
    pub message: Arc<[u8]>,
}

/// Tells every process of the installation, this one included.
pub trait LiveRelay: Send + Sync + 'static {
    /// Never waits: what cannot be sent is dropped.
    fn tell(&self, topic: Topic, message: Vec<u8>);
    /// From now on. Who is slow loses the oldest and is told so.
    fn hear(&self) -> broadcast::Receiver<Heard>;
    /// What keeps it from working just now; told by readiness.
    fn trouble(&self) -> Option<Trouble>;
}

/// Something to look at. What there is to do stands in the journal and is asked there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Work {
    /// The cursor of the event that made it; the same one is taken in once.
    pub id: String,
    /// Type of that event.
    pub kind: String,
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("the relay is away: {0}")]
pub struct RelayError(pub String);

/// Gives each piece of work to one of those who take.
#[async_trait]
pub trait WorkRelay: Send + Sync + 'static {
    /// Takes it in, durably as far as the relay is; repeated it is harmless.
    async fn put(&self, work: &Work) -> Result<(), RelayError>;
    /// The next piece; waits for it, and for a relay that is away. Cancelled, what it may have taken is delivered again.
    async fn take(&self) -> Taken;
    /// What was delivered too often without being done, the oldest first.
    async fn parked(&self) -> Result<Vec<Work>, RelayError>;
    async fn parked_count(&self) -> Result<u64, RelayError>;
    /// Puts a parked piece back as if it were new; false when no such piece is parked. Where the relay is lost in between it may be there twice,
    /// which is harmless.
    async fn retry_parked(&self, id: &str) -> Result<bool, RelayError>;
    /// Whether other processes put and take here too.
    fn shared(&self) -> bool;
    fn trouble(&self) -> Option<Trouble>;
}

/// How often work is delivered, and how long a taker has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// Not done for so long, it is delivered again.
    pub done_within: Duration,
    /// After so many deliveries it is parked.
    pub deliveries: u32,
}

impl Default for Patience {
    /// Looking takes milliseconds; a worker that died in between is noticed well within ten seconds.
    fn default() -> Self {
        Patience { done_within: Duration::from_secs(5), deliveries: 10 }
    }
}

/// Work in a taker's hands. Dropped, it is delivered again after [`Patience::done_within`].
pub struct Taken {
    pub work: Work,
    /// 1 for the first time.
    pub delivery: u32,
    receipt: Box<dyn Receipt>,
}

impl Taken {
    /// Done: it never comes again, unless the relay is lost just now.
    pub async fn done(self) {
        self.receipt.settle(Outcome::Done).await;
    }

    /// To be delivered again after a pause.
    pub async fn again(self, after: Duration) {
        self.receipt.settle(Outcome::Again(after)).await;
    }
}

pub(crate) enum Outcome {
    Done,
    Again(Duration),
}

#[async_trait]
pub(crate) trait Receipt: Send + Sync {
    async fn settle(self: Box<Self>, outcome: Outcome);
}
