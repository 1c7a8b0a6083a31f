//! The seal: what was appended can be proven. [`super::tampered`] is about what others do to it, [`super::set_back`] about earlier states.

pub(crate) mod world;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use self::world::World;
use super::Subject;
use crate::lease::{Lease, LeaseError, Leases};
use crate::seal::check::Finding;
use crate::seal::sealer::Sealer;
use crate::seal::{Checkpoint, OtherEpochs, Parting, Roll, Seal, SealError, SecondPlace, keys, leaf_of, proof};
use crate::vault::keyring::Keyring;

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
    let (one, two) = (world.sealer("one").await, world.sealer("two").await);
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
    // Who knows only the second finds the epochs signed by it.
    let roll = seal.roll().await.expect("read").expect("a roll");
    assert!(Roll::open(&roll, std::slice::from_ref(&new)).is_ok());
    // Who knows only the first key is led to the second.
    assert_eq!(world.check(&old).await.map(|checked| checked.sealed), Ok(12));
    let stranger = Keyring::new(subject.vault(), b"another secret");
    assert!(keys::rotate(&tables, &stranger).await.is_err(), "the secret is needed");
}

pub async fn a_lost_second_place_stops_nothing(subject: &dyn Subject) {
    let world = World::new(subject);
    world.memory.lost(true);
    world.append("a", 0, 3).await;
    world.seal_until(|state| state.size == 3 && !state.place_trouble.is_empty()).await.expect("sealed");
    world.memory.lost(false);
    world.seal_until(|state| state.place_trouble.is_empty()).await.expect("kept");
    assert_eq!(world.memory.kept().await.map(|kept| kept.len()), Ok(1));
}

/// A journal of before there were rolls, which has had a restore: what it says is taken as it is found, once, and told.
pub async fn epochs_of_before_are_taken_once(subject: &dyn Subject) {
    let world = World::new(subject);
    world.append("a", 0, 2).await;
    let epoch = subject.start_epoch(Parting::default(), None).await;
    world.append("b", 0, 1).await;
    world.seal_all().await;
    let checked = world.check(&[]).await.expect("it holds");
    assert!(checked.notices.len() == 1 && checked.notices[0].contains(&epoch.to_string()), "{:?}", checked.notices);
    let second = world.start_epoch(Parting::default()).await;
    world.append("c", 0, 1).await;
    world.seal_all().await;
    assert_eq!(world.check(&[]).await.map(|checked| checked.notices.len()), Ok(1), "{second} is attested");
    let never = subject.start_epoch(Parting::default(), None).await;
    assert_eq!(world.check(&[]).await, Err(Finding::Epochs(OtherEpochs::Unattested { epoch: never, from: 5 })), "once");
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
