//! The one who seals. It looks whenever the journal has moved, at most ten times a second, and writes whatever is new in one transaction;
//! a burst goes through in portions. Two at once cannot do harm: both begin with the same row, and only one of them can write it.

mod placing;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use futures::future::join_all;
use tokio::sync::watch;
use tokio::time::Instant;

use self::placing::Newest;
use super::attest;
use super::checkpoint::{Checkpoint, origin};
use super::edge::Edge;
use super::keys;
use super::leaf::{content_hash, entry, leaf_hash};
use super::note::{SignedNote, VerifierKey};
use super::place::SecondPlace;
use super::reader::SealError;
use super::tables::{LastEvent, Outcome, SealTables, Sealing, StoredCheckpoint, StoredEpoch};
use super::tiles::Tiles;
use crate::clock;
use crate::envelope::Epoch;
use crate::journal::{Filter, Journal};
use crate::lease::{Lease, LeaseError, Leases};
use crate::vault::keyring::Keyring;

/// From one sealing to the next, so that a trickle of events does not cost a flush each; also how old an event may be without a proof,
/// the sealing itself not counted.
pub const PACE: Duration = Duration::from_millis(100);
/// Events of one transaction.
pub const PORTION: usize = 4096;
/// The journal and the keys are looked at this often, whether or not something was heard.
const POLL: Duration = Duration::from_secs(1);
/// Looks at two tables that must agree, while another sealer may write between them.
const LOOKS: usize = 10;
const LEASE: &str = "seal";
const LEASE_TIME: Duration = Duration::from_secs(30);

/// How far it is, and what keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SealState {
    /// Positions sealed, as far as this process knows.
    pub size: u64,
    /// Why nothing is sealed any more.
    pub trouble: Option<String>,
    /// Second places that do not hold the newest checkpoint, by name, and why.
    pub place_trouble: BTreeMap<String, String>,
}

/// What the sealer works with.
pub struct Sealer {
    pub journal: Arc<dyn Journal>,
    pub tables: Arc<dyn SealTables>,
    pub keyring: Arc<Keyring>,
    pub leases: Arc<dyn Leases>,
    /// The second places, each at its own pace.
    pub places: Vec<Arc<dyn SecondPlace>>,
    /// Node and boot id.
    pub holder: String,
    pub state: watch::Sender<SealState>,
}

/// What is known between two sealings; made anew after every failure.
struct Known {
    edge: Edge,
    last: Option<StoredCheckpoint>,
    origin: String,
    /// The newest roll, signed, and the histories that it names.
    roll: String,
    histories: Vec<StoredEpoch>,
    /// The newest epoch, and when it began (microseconds since 1970).
    epoch: (Epoch, i64),
    signer: Signer,
}

/// Key of a number.
struct Signer {
    n: u64,
    key: SigningKey,
}

impl Sealer {
    /// Seals until `stop` is ready. Ends with an error when something does not hold or a back end fails; start it again later.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) -> Result<(), SealError> {
        let newest = watch::Sender::default();
        let ended = tokio::select! {
            ended = self.seal_for_ever(&newest) => ended,
            // None of them ever ends.
            _ = join_all(self.places.iter().map(|place| self.place_for_ever(place.as_ref(), newest.subscribe()))), if !self.places.is_empty() => Ok(()),
            () = stop => Ok(()),
        };
        if let Err(error) = &ended {
            self.state.send_modify(|state| state.trouble = Some(error.to_string()));
        }
        ended
    }

    /// Tells of each checkpoint by `newest`.
    async fn seal_for_ever(&self, newest: &watch::Sender<Newest>) -> Result<(), SealError> {
        let mut head = self.journal.watch();
        let (mut lease, mut known): (Option<Lease>, Option<Known>) = (None, None);
        loop {
            head.mark_unchanged();
            let begun = Instant::now();
            match self.hold(lease.take()).await {
                Ok(held) => lease = Some(held),
                Err(LeaseError::Held { holder, .. }) => {
                    // Another process seals; what it wrote is read before this one goes on. If it was this one, what ended it is not over yet.
                    known = None;
                    let size = self.tables.sealed().await?;
                    self.state.send_modify(|state| match holder == self.holder {
                        true => state.size = size,
                        false => *state = SealState { size, ..SealState::default() },
                    });
                    wait(&mut head, POLL).await;
                    continue;
                }
                Err(LeaseError::Unavailable(why)) => return Err(crate::journal::ReadError::Unavailable(why).into()),
            }
            let mut now = match known.take() {
                Some(known) => known,
                None => self.look().await?,
            };
            let more = self.seal_portion(&mut now).await?;
            newest.send_if_modified(|newest| {
                let (checkpoint, roll) = (now.last.as_ref().map(|last| &last.note), Some(&now.roll));
                let moved = newest.checkpoint.as_ref() != checkpoint || newest.roll.as_ref() != roll;
                if moved {
                    *newest = Newest { roll: roll.cloned(), checkpoint: checkpoint.cloned() };
                }
                moved
            });
            known = Some(now);
            if !more {
                wait(&mut head, POLL).await;
                tokio::time::sleep(PACE.saturating_sub(begun.elapsed())).await;
            }
        }
    }

    /// The lease, asked for again only when a third of its time is over: nothing is written while nothing happens.
    async fn hold(&self, lease: Option<Lease>) -> Result<Lease, LeaseError> {
        if let Some(lease) = lease {
            let left = lease.expires - clock::now();
            if left > clock::micros(LEASE_TIME) / 3 * 2 {
                return Ok(lease);
            }
            if let Ok(renewed) = self.leases.renew(&lease, LEASE_TIME).await {
                return Ok(renewed);
            }
        }
        self.leases.acquire(LEASE, &self.holder, LEASE_TIME).await
    }

    async fn look(&self) -> Result<Known, SealError> {
        let (last, size) = self.last().await?;
        let head = self.journal.head().await?.position;
        if head < size {
            return Err(SealError::RolledBack { head, sealed: size });
        }
        let edge = Tiles::new(self.tables.clone()).edge(size).await?;
        let (roll, histories) = self.histories().await?;
        let (first, newest_epoch) = histories.first().zip(histories.last()).ok_or(SealError::NoEpoch)?;
        let (origin, epoch) = (origin(first.id), (newest_epoch.id, newest_epoch.time));
        // Who signed last, which is not the newest key when that one is not announced yet.
        let (newest, _) = keys::current(&self.tables, &self.keyring).await?;
        let n = match &last {
            Some(last) => keys::signer_of(&self.tables, &last.note).await?.unwrap_or(newest),
            None => newest,
        };
        let signer = Signer { n, key: keys::signing(&self.keyring, n).await? };
        Ok(Known { edge, last, origin, roll, histories, epoch, signer })
    }

    /// The newest roll, and the histories that it names. Nothing is sealed while the journal's epochs are others: whoever begins one without the key
    /// gets no signature for it.
    async fn histories(&self) -> Result<(String, Vec<StoredEpoch>), SealError> {
        let mut outside = Vec::new();
        if self.tables.rolls().await?.is_empty() {
            for place in &self.places {
                match place.rolls().await {
                    Ok(rolls) => outside.extend(rolls),
                    Err(why) => tracing::warn!(place = place.name(), why, "whether the epochs were signed before could not be asked here"),
                }
            }
        }
        let epochs = self.tables.epochs().await?;
        let roll = attest::settle(&self.tables, &self.keyring, &outside).await?;
        if let Some(other) = roll.differs(&epochs) {
            return Err(other.into());
        }
        let note = self.tables.rolls().await?.pop().ok_or(SealError::NoRoll)?.note;
        Ok((note, roll.histories()))
    }

    /// The last checkpoint and the leaves that are written, of one moment: every sealing writes both.
    async fn last(&self) -> Result<(Option<StoredCheckpoint>, u64), SealError> {
        for _ in 0..LOOKS {
            let last = self.tables.last_checkpoint().await?;
            let size = self.tables.sealed().await?;
            if last.as_ref().map_or(0, |last| last.size) == size {
                return Ok((last, size));
            }
        }
        Err(SealError::Damaged { level: 0, first: self.tables.sealed().await? })
    }

    /// Seals what is new, at most one portion; true when there may be more. Without anything new it still tells of a new key.
    async fn seal_portion(&self, known: &mut Known) -> Result<bool, SealError> {
        let size = known.edge.size();
        let page = self.journal.read_all(size, PORTION, &Filter::default()).await?;
        let (newest, _) = keys::current(&self.tables, &self.keyring).await?;
        let key_changed = newest != known.signer.n;
        if page.events.is_empty() && !(key_changed && known.last.is_some()) {
            self.sealed(size);
            return Ok(false);
        }
        let (mut edge, mut pieces) = (known.edge.clone(), Vec::new());
        let mut epoch = None;
        for event in &page.events {
            if event.position != edge.size() + 1 {
                return Err(SealError::Missing(edge.size() + 1));
            }
            let hash = content_hash(event);
            if hash != event.content_hash {
                return Err(SealError::Altered(event.position));
            }
            edge.push(leaf_hash(&entry(&hash, event.position, event.tenant_position, event.time)), &mut pieces);
            epoch = Some(event.epoch);
        }
        edge.flush(&mut pieces);
        let epoch = match epoch {
            Some(epoch) => epoch,
            None => self.journal.head().await?.epoch,
        };
        // One that began while this process seals; the last events before it may still be to come.
        if epoch != known.epoch.0 {
            (known.roll, known.histories) = self.histories().await?;
            known.epoch = known.histories.last().map(|newest| (newest.id, newest.time)).ok_or(SealError::NoEpoch)?;
        }
        // No checkpoint is of an epoch that was disowned; its events are sealed as what they are.
        let owned = known.histories.iter().any(|history| history.id == epoch);
        let epoch = if owned { epoch } else { known.epoch.0 };
        // Not before its epoch, though that is ahead of this clock: `set_back` tells by these times which of the two came first.
        let time = clock::now().max(known.epoch.1);
        let signer = match key_changed {
            true => Signer { n: newest, key: keys::signing(&self.keyring, newest).await? },
            false => Signer { n: known.signer.n, key: known.signer.key.clone() },
        };
        let announced = key_changed && known.last.is_some();
        let next_key = announced.then(|| VerifierKey::new(&known.origin, signer.key.verifying_key()));
        let checkpoint = Checkpoint { origin: known.origin.clone(), size: edge.size(), root: edge.root(), epoch, time, next_key };
        let signing: Vec<&SigningKey> = if announced { vec![&known.signer.key, &signer.key] } else { vec![&signer.key] };
        let handed_over = key_changed || known.last.is_none();
        if handed_over {
            attest::hand_over(&self.tables, &self.keyring, &signing).await?;
        }
        let note = SignedNote::sign(checkpoint.to_string(), &known.origin, &signing).to_string();
        let n = known.last.as_ref().map_or(0, |last| last.n) + 1;
        let stored = StoredCheckpoint { n, size: edge.size(), note };
        let sealing = Sealing { pieces, checkpoint: stored.clone(), last_event: page.events.last().map(LastEvent::of) };
        match self.tables.seal(&sealing).await? {
            Outcome::Written => {}
            Outcome::Taken => {
                // Another one took over without our noticing; its rows are the tree now.
                let before = known.last.take();
                *known = self.look().await?;
                if known.last == before {
                    // No other sealer's: somebody put a row where the next ones belong.
                    return Err(SealError::Damaged { level: 0, first: size });
                }
                return Ok(true);
            }
            Outcome::Gone => return Err(SealError::Gone(edge.size())),
        }
        if handed_over {
            known.roll = self.histories().await?.0;
        }
        (known.edge, known.last, known.signer) = (edge, Some(stored), signer);
        self.sealed(known.edge.size());
        Ok(page.events.len() == PORTION)
    }

    fn sealed(&self, size: u64) {
        self.state.send_if_modified(|state| {
            let changed = state.size != size || state.trouble.is_some();
            (state.size, state.trouble) = (size, None);
            changed
        });
    }
}

async fn wait(head: &mut watch::Receiver<u64>, at_most: Duration) {
    // The journal's writer may be gone; then only the time counts.
    let changed = async {
        if head.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let _ = tokio::time::timeout(at_most, changed).await;
}
