//! The seal: what was appended can be proven, and whatever somebody does to the database shows.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use super::{Subject, append, part};
use crate::lease::{Lease, LeaseError, Leases};
use crate::seal::check::{CheckError, Checked, Finding, check};
use crate::seal::sealer::{SealState, Sealer};
use crate::seal::{Checkpoint, Seal, SealError, SecondPlace, SetBack, VerifierKey, keys, leaf_of, proof, set_back, shared};
use crate::vault::keyring::Keyring;

const SECRET: &[u8] = b"a secret of conformance";

/// A second place in memory, which can be lost.
#[derive(Default)]
struct Memory {
    notes: Mutex<Vec<String>>,
    lost: Mutex<bool>,
}

#[async_trait]
impl SecondPlace for Memory {
    fn name(&self) -> String {
        "memory".into()
    }
    fn pace(&self) -> Duration {
        Duration::from_millis(10)
    }
    async fn keep(&self, note: &str) -> Result<(), String> {
        if *self.lost.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err("it is lost".into());
        }
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).push(note.into());
        Ok(())
    }
    async fn kept(&self) -> Result<Vec<String>, String> {
        Ok(self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
    async fn newest(&self) -> Result<Option<String>, String> {
        Ok(self.kept().await?.pop())
    }
}

struct World<'a> {
    subject: &'a dyn Subject,
    memory: Arc<Memory>,
    state: watch::Sender<SealState>,
}

impl<'a> World<'a> {
    fn new(subject: &'a dyn Subject) -> Self {
        World { subject, memory: Arc::default(), state: watch::Sender::default() }
    }

    fn keyring(&self) -> Arc<Keyring> {
        Arc::new(Keyring::new(self.subject.vault(), SECRET))
    }

    fn sealer(&self, holder: &str) -> Sealer {
        Sealer {
            journal: self.subject.journal(),
            tables: self.subject.seal(),
            keyring: self.keyring(),
            leases: self.subject.leases(),
            places: vec![self.memory.clone()],
            holder: holder.into(),
            state: self.state.clone(),
        }
    }

    /// Runs a sealer until something is so.
    async fn seal_until(&self, mut so: impl FnMut(&SealState) -> bool + Send) -> Result<(), SealError> {
        let mut state = self.state.subscribe();
        let stop = async move {
            let _ = state.wait_for(|state| so(state)).await;
        };
        let sealed = self.sealer("one").run(stop).await;
        // The next sealer of this test is another boot.
        let _ = self.subject.leases().void_others("nobody").await;
        sealed
    }

    async fn seal_all(&self) {
        let head = self.subject.journal().head().await.expect("a head").position;
        self.state.send_replace(SealState::default());
        self.seal_until(|state| state.size == head).await.expect("sealed");
        // What a sealer with more time would have done itself.
        let last = self.subject.seal().last_checkpoint().await.expect("read").expect("a checkpoint");
        self.memory.keep(&last.note).await.expect("kept");
    }

    async fn check(&self, pinned: &[VerifierKey]) -> Result<Checked, Finding> {
        let (journal, tables) = (self.subject.journal(), self.subject.seal());
        let kept = self.memory.kept().await.expect("kept");
        match check(&*journal, &*tables, pinned, &kept, |_| {}).await {
            Ok(checked) => Ok(checked),
            Err(CheckError::Found(finding)) => Err(finding),
            Err(CheckError::Unavailable(error)) => panic!("{error}"),
        }
    }

    async fn append(&self, stream: &str, expected: u64, count: usize) {
        self.subject.journal().append(append(vec![part(stream, expected, count)])).await.expect("appended");
    }

    /// Ten events in two streams, sealed in two steps.
    async fn sealed(subject: &'a dyn Subject) -> Self {
        let world = World::new(subject);
        world.append("a", 0, 6).await;
        world.seal_all().await;
        world.append("b", 0, 4).await;
        world.seal_all().await;
        assert_eq!(world.check(&[]).await.map(|checked| (checked.sealed, checked.checkpoints)), Ok((10, 2)));
        world
    }
}

pub async fn what_is_sealed_is_proven(subject: &dyn Subject) {
    let world = World::new(subject);
    for (stream, count) in [("a", 1), ("b", 6), ("c", 250), ("d", 300), ("e", 1)] {
        world.append(stream, 0, count).await;
        world.seal_all().await;
    }
    let seal = Seal::new(subject.seal());
    let keys = seal.keys().await.expect("keys");
    let latest = seal.latest().await.expect("read").expect("sealed");
    let checkpoint = Checkpoint::open(&latest.note, &keys).expect("signed");
    assert_eq!((checkpoint.size, &checkpoint), (558, &latest.checkpoint));
    assert_eq!(seal.root(558).await, Ok(checkpoint.root));
    let events = super::everything(&*subject.journal()).await;
    for position in [1, 2, 7, 8, 255, 256, 257, 258, 512, 557, 558] {
        for size in [position, 257, 512, 558] {
            if size < position {
                continue;
            }
            let proven = seal.inclusion(position, size).await.expect("a proof");
            assert_eq!(proven.leaf, leaf_of(&events[position as usize - 1]));
            let root = seal.root(size).await.expect("a root");
            assert!(proof::includes(&root, size, position - 1, &proven.leaf, &proven.path), "{position} in {size}");
            let longer = seal.consistency(position, size).await.expect("a proof");
            let old = seal.root(position).await.expect("a root");
            assert!(proof::extends(&old, position, &root, size, &longer.path), "{position} in {size}");
        }
    }
    assert_eq!(seal.inclusion(559, 559).await, Err(SealError::Beyond(558)));
    assert_eq!(seal.inclusion(3, 2).await, Err(SealError::Beyond(2)));
    let checked = world.check(&keys[..1]).await.expect("all of it holds");
    assert_eq!((checked.sealed, checked.unsealed, checked.checkpoints, checked.remembered), (558, 0, 5, 5));
}

pub async fn sealing_goes_on_where_it_ended(subject: &dyn Subject) {
    let world = World::new(subject);
    for round in 0..12 {
        world.append("a", round * 43, 43).await;
        world.seal_all().await;
    }
    world.append("a", 12 * 43, 1).await;
    let checked = world.check(&[]).await.expect("all of it holds");
    assert_eq!((checked.sealed, checked.unsealed, checked.checkpoints), (516, 1, 12));
}

pub async fn two_sealers_write_one_tree(subject: &dyn Subject) {
    let world = World::new(subject);
    let head = 400;
    let (one, two) = (world.sealer("one"), world.sealer("two"));
    // Both believe themselves alone, as after a lease that ran out unnoticed.
    let alone: Arc<dyn Leases> = Arc::new(Everybody);
    let (one, two) = (Sealer { leases: alone.clone(), ..one }, Sealer { leases: alone, ..two });
    let mut state = world.state.subscribe();
    let all = async {
        for version in 0..head {
            world.append("a", version, 1).await;
        }
        let _ = state.wait_for(|state| state.size == head).await;
    };
    tokio::select! {
        ended = one.run(std::future::pending()) => panic!("{ended:?}"),
        ended = two.run(std::future::pending()) => panic!("{ended:?}"),
        () = all => {}
    }
    assert_eq!(world.check(&[]).await.map(|checked| checked.sealed), Ok(head));
}

pub async fn a_new_key_is_announced_by_the_old(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let (seal, tables) = (Seal::new(subject.seal()), subject.seal());
    let old = seal.keys().await.expect("keys");
    let new = keys::rotate(&tables, &world.keyring()).await.expect("rotated");
    world.append("c", 0, 1).await;
    world.seal_all().await;
    let first = seal.latest().await.expect("read").expect("sealed");
    assert_eq!(Checkpoint::open(&first.note, &old).expect("signed by the old one").next_key, Some(new.clone()));
    assert!(Checkpoint::open(&first.note, std::slice::from_ref(&new)).is_ok());
    world.append("d", 0, 1).await;
    world.seal_all().await;
    let second = seal.latest().await.expect("read").expect("sealed");
    assert!(Checkpoint::open(&second.note, &old).is_err());
    assert!(Checkpoint::open(&second.note, std::slice::from_ref(&new)).is_ok());
    // Who knows only the first key is led to the second.
    assert_eq!(world.check(&old).await.map(|checked| checked.sealed), Ok(12));
    let stranger = Keyring::new(subject.vault(), b"another secret");
    assert!(keys::rotate(&tables, &stranger).await.is_err(), "the secret is needed");
}

pub async fn an_altered_byte_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    subject.tamper("UPDATE {events} SET payload = '{\"number\":9}' WHERE position = 4").await;
    assert_eq!(world.check(&[]).await, Err(Finding::Altered(4)));
}

pub async fn an_altered_byte_is_never_sealed(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    world.append("c", 0, 2).await;
    subject.tamper("UPDATE {events} SET actor_id = 'somebody else' WHERE position = 12").await;
    assert_eq!(world.seal_until(|_| false).await, Err(SealError::Altered(12)));
    assert!(world.state.borrow().trouble.as_deref().is_some_and(|why| why.contains("12")));
    assert_eq!(world.check(&[]).await, Err(Finding::Altered(12)));
}

pub async fn a_dropped_row_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    subject.tamper("DELETE FROM {events} WHERE position = 7").await;
    assert_eq!(world.check(&[]).await, Err(Finding::Missing(7)));
}

pub async fn two_swapped_rows_are_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    for (from, to) in [(3, 1000), (5, 3), (1000, 5)] {
        subject.tamper(&format!("UPDATE {{events}} SET position = {to} WHERE position = {from}")).await;
    }
    assert_eq!(world.check(&[]).await, Err(Finding::Replaced(3)));
}

pub async fn a_forged_tail_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    subject.tamper("DELETE FROM {events} WHERE position > 8").await;
    // Appended by the product itself, so that all of it is as it should be but that it is another history.
    subject.tamper("UPDATE {tenant_heads} SET position = 8").await;
    world.append("b", 2, 2).await;
    assert_eq!(world.check(&[]).await, Err(Finding::Replaced(9)));
}

pub async fn a_rollback_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    subject.tamper("DELETE FROM {events} WHERE position > 6").await;
    assert_eq!(world.check(&[]).await, Err(Finding::RolledBack { head: 6, sealed: 10 }));
    // With the seal put back as well, only the second place remembers.
    subject.tamper("DELETE FROM {seal_tiles} WHERE first >= 6").await;
    subject.tamper("DELETE FROM {seal_checkpoints} WHERE n > 1").await;
    assert_eq!(world.check(&[]).await, Err(Finding::RolledBack { head: 6, sealed: 10 }));
    // And it contradicts another history of the same length.
    subject.tamper("UPDATE {tenant_heads} SET position = 6").await;
    world.append("x", 0, 4).await;
    world.seal_all().await;
    assert_eq!(world.check(&[]).await, Err(Finding::Contradicted { from: 6, size: 10 }));
}

pub async fn a_forged_seal_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    subject.tamper("DELETE FROM {seal_tiles} WHERE first = 6").await;
    assert_eq!(world.check(&[]).await, Err(Finding::SealDamaged(7)));
    let world = World { subject, memory: Arc::default(), state: watch::Sender::default() };
    subject.tamper("UPDATE {seal_checkpoints} SET size = 6 WHERE n = 2").await;
    assert!(matches!(world.check(&[]).await, Err(Finding::BadCheckpoint { n: 2, .. })));
}

pub async fn the_seal_cannot_be_changed(subject: &dyn Subject) {
    let _world = World::sealed(subject).await;
    for statement in [
        "UPDATE {seal_tiles} SET first = 0",
        "DELETE FROM {seal_tiles}",
        "UPDATE {seal_checkpoints} SET note = ''",
        "DELETE FROM {seal_checkpoints}",
        "UPDATE {seal_keys} SET verifier = ''",
        "DELETE FROM {seal_keys}",
    ] {
        let refused = subject.sql(statement).await.expect_err(statement);
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
}

/// To where six of the ten events were sealed.
async fn set_it_back(subject: &dyn Subject) {
    subject.tamper("DELETE FROM {events} WHERE position > 6").await;
    subject.tamper("DELETE FROM {seal_tiles} WHERE first >= 6").await;
    subject.tamper("DELETE FROM {seal_checkpoints} WHERE n > 1").await;
    subject.tamper("UPDATE {tenant_heads} SET position = 6").await;
}

pub async fn a_restore_is_no_rollback(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let (tables, kept) = (subject.seal(), async || world.memory.kept().await.expect("kept"));
    assert_eq!(set_back(&tables, &kept().await).await, Ok(None));
    set_it_back(subject).await;
    assert_eq!(set_back(&tables, &kept().await).await, Ok(Some(SetBack::Shorter { remembered: 10, sealed: 6 })));
    assert_eq!(shared(&tables, &kept().await).await, Ok(None), "all that is there is what was there");
    subject.start_epoch().await;
    assert_eq!(set_back(&tables, &kept().await).await, Ok(None), "it was told");
    world.append("x", 0, 7).await;
    world.seal_all().await;
    let checked = world.check(&[]).await.expect("it holds");
    assert_eq!((checked.sealed, checked.notices.len()), (13, 1));
    assert!(checked.notices[0].starts_with("positions 7 to 10 of epoch"), "{:?}", checked.notices);
}

/// Somebody wrote on before anybody noticed.
pub async fn what_was_written_after_a_set_back_is_not_shared(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let kept = world.memory.kept().await.expect("kept");
    let tables = subject.seal();
    set_it_back(subject).await;
    world.append("x", 0, 7).await;
    world.seal_all().await;
    assert_eq!(set_back(&tables, &kept).await, Ok(Some(SetBack::Parted(10))));
    assert_eq!(shared(&tables, &kept).await, Ok(Some(6)));
    let last = kept.last().expect("a note");
    assert_eq!(shared(&tables, std::slice::from_ref(last)).await, Ok(Some(0)), "who remembers less can vouch for less");
}

/// A state of before an epoch that others have lived in.
pub async fn an_epoch_that_is_not_known_any_more_is_a_set_back(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let tables = subject.seal();
    let lost = subject.start_epoch().await;
    world.append("x", 0, 1).await;
    world.seal_all().await;
    let newest = world.memory.newest().await.expect("kept");
    assert_eq!(set_back(&tables, newest.as_slice()).await, Ok(None));
    set_it_back(subject).await;
    subject.tamper("DELETE FROM {epochs} WHERE started_after > 0").await;
    assert_eq!(set_back(&tables, newest.as_slice()).await, Ok(Some(SetBack::UnknownEpoch { size: 11, epoch: lost })));
    subject.start_epoch().await;
    assert_eq!(set_back(&tables, newest.as_slice()).await, Ok(None), "it was told");
    world.append("y", 0, 1).await;
    world.seal_all().await;
    assert_eq!(world.check(&[]).await.map(|checked| (checked.sealed, checked.notices.len())), Ok((7, 2)));
}

pub async fn a_lost_second_place_stops_nothing(subject: &dyn Subject) {
    let world = World::new(subject);
    *world.memory.lost.lock().unwrap_or_else(PoisonError::into_inner) = true;
    world.append("a", 0, 3).await;
    world.seal_until(|state| state.size == 3 && !state.place_trouble.is_empty()).await.expect("sealed");
    *world.memory.lost.lock().unwrap_or_else(PoisonError::into_inner) = false;
    world.seal_until(|state| state.place_trouble.is_empty()).await.expect("kept");
    assert_eq!(world.memory.kept().await.map(|kept| kept.len()), Ok(1));
}

/// Gives the lease to whoever asks.
struct Everybody;

#[async_trait]
impl Leases for Everybody {
    async fn acquire(&self, resource: &str, holder: &str, _: Duration) -> Result<Lease, LeaseError> {
        Ok(Lease { resource: resource.into(), holder: holder.into(), token: 1, expires: i64::MAX })
    }
    async fn renew(&self, lease: &Lease, _: Duration) -> Result<Lease, LeaseError> {
        Ok(lease.clone())
    }
    async fn release(&self, _: &Lease) -> Result<(), LeaseError> {
        Ok(())
    }
    async fn void_others(&self, _: &str) -> Result<(), LeaseError> {
        Ok(())
    }
}
