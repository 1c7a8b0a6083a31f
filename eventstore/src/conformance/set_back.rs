//! A journal that was put back to an earlier state is known by what is remembered outside it, and by the process that has seen what was lost.

use ed25519_dalek::SigningKey;

use super::seal::world::World;
use super::{Subject, one};
use crate::append::AppendError;
use crate::envelope::{CommandId, Position, StreamId};
use crate::journal::{Filter, ReadError};
use crate::seal::tables::{LastEvent, Outcome, Piece, Sealing, StoredCheckpoint};
use crate::seal::{Checkpoint, Parting, SecondPlace, SetBack, SignedNote, parting};

/// To where six of the ten events were sealed.
async fn set_it_back(subject: &dyn Subject) {
    subject.tamper("DELETE FROM {events} WHERE position > 6").await;
    subject.tamper("DELETE FROM {seal_tiles} WHERE first >= 6").await;
    subject.tamper("DELETE FROM {seal_checkpoints} WHERE n > 1").await;
    subject.tamper("UPDATE {tenant_heads} SET position = 6").await;
}

/// What a new epoch would say.
async fn parts(world: &World<'_>, kept: &[String]) -> Parting {
    let (head, roll) = (world.subject.journal().head().await.expect("a head").position, world.roll().await);
    parting(&world.subject.seal(), &roll, head, kept).await.expect("read")
}

async fn shared(world: &World<'_>, kept: &[String]) -> Option<Position> {
    parts(world, kept).await.shared
}

pub async fn a_restore_is_no_rollback(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let kept = async || world.memory.kept().await.expect("kept");
    assert_eq!(world.set_back(&kept().await).await, Ok(None));
    set_it_back(subject).await;
    assert_eq!(world.set_back(&kept().await).await, Ok(Some(SetBack::Shorter { remembered: 10, sealed: 6 })));
    assert_eq!(shared(&world, &kept().await).await, None, "all that is there is what was there");
    world.start_epoch(Parting::default()).await;
    assert_eq!(world.set_back(&kept().await).await, Ok(None), "it was told");
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
    set_it_back(subject).await;
    world.append("x", 0, 7).await;
    world.seal_all().await;
    assert_eq!(world.set_back(&kept).await, Ok(Some(SetBack::Parted(10))));
    assert_eq!(shared(&world, &kept).await, Some(6));
    let last = kept.last().expect("a note");
    assert_eq!(shared(&world, std::slice::from_ref(last)).await, Some(0), "who remembers less can vouch for less");
}

/// Somebody wrote on, and the sealer had not come to it when it ended.
pub async fn what_was_written_and_not_sealed_is_not_shared(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let kept = world.memory.kept().await.expect("kept");
    set_it_back(subject).await;
    world.append("x", 0, 7).await;
    assert_eq!(world.set_back(&kept).await, Ok(Some(SetBack::Shorter { remembered: 10, sealed: 6 })));
    assert_eq!(shared(&world, &kept).await, Some(6));
}

/// Somebody wrote on, and what was sealed of it is remembered beside what was lost.
pub async fn a_memory_of_the_other_history_vouches_for_nothing(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let of_the_lost = world.memory.kept().await.expect("kept");
    set_it_back(subject).await;
    world.append("x", 0, 2).await;
    world.seal_all().await;
    assert_eq!(shared(&world, &of_the_lost).await, Some(6), "eight positions are sealed, of which two are others");
    let of_both = world.memory.kept().await.expect("kept");
    assert_eq!(shared(&world, &of_both).await, Some(6));
    world.append("x", 2, 5).await;
    world.seal_all().await;
    let of_both = world.memory.kept().await.expect("kept");
    assert_eq!(world.set_back(&of_both).await, Ok(Some(SetBack::Parted(10))));
    assert_eq!(shared(&world, &of_both).await, Some(6));
}

/// A state of before an epoch that others have lived in.
pub async fn an_epoch_that_is_not_known_any_more_is_a_set_back(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let lost = world.start_epoch(Parting::default()).await;
    world.append("x", 0, 1).await;
    world.seal_all().await;
    let newest = world.memory.newest().await.expect("kept");
    assert_eq!(world.set_back(newest.as_slice()).await, Ok(None));
    set_it_back(subject).await;
    subject.tamper("DELETE FROM {epochs} WHERE started_after > 0").await;
    subject.tamper("DELETE FROM {seal_rolls} WHERE n > 1").await;
    assert_eq!(world.set_back(newest.as_slice()).await, Ok(Some(SetBack::UnknownEpoch { size: 11, epoch: lost })));
    world.start_epoch(Parting::default()).await;
    assert_eq!(world.set_back(newest.as_slice()).await, Ok(None), "it was told");
    world.append("y", 0, 1).await;
    world.seal_all().await;
    assert_eq!(world.check(&[]).await.map(|checked| (checked.sealed, checked.notices.len())), Ok((7, 2)));
}

/// The machine that made it had a clock ahead of this one's, by a year.
pub async fn a_memory_ahead_of_the_clock_is_given_up_all_the_same(subject: &dyn Subject) {
    const YEAR: i64 = 365 * 24 * 3_600_000_000;
    let world = World::sealed(subject).await;
    let lost = world.start_epoch(Parting::default()).await;
    world.append("x", 0, 1).await;
    world.seal_all().await;
    let newest = world.memory.newest().await.expect("kept").expect("a note");
    let mut ahead = Checkpoint::unproven(&newest).expect("a checkpoint");
    ahead.time += YEAR;
    let note = SignedNote::sign(ahead.to_string(), &ahead.origin, &[&SigningKey::from_bytes(&[7; 32])]).to_string();
    let kept = [note];
    set_it_back(subject).await;
    subject.tamper("DELETE FROM {epochs} WHERE started_after > 0").await;
    subject.tamper("DELETE FROM {seal_rolls} WHERE n > 1").await;
    assert_eq!(world.set_back(&kept).await, Ok(Some(SetBack::UnknownEpoch { size: 11, epoch: lost })));
    world.start_epoch(parts(&world, &kept).await).await;
    assert_eq!(world.set_back(&kept).await, Ok(None), "it was told");

    // From here on every epoch is later than that one, and so is what is sealed in it: that the next is lost as well is seen.
    world.append("y", 0, 1).await;
    let lost = world.start_epoch(Parting::default()).await;
    world.append("z", 0, 1).await;
    world.seal_all().await;
    let newest = world.memory.newest().await.expect("kept");
    assert_eq!(world.set_back(newest.as_slice()).await, Ok(None));
    set_it_back(subject).await;
    subject.tamper("DELETE FROM {epochs} WHERE started_after > 6").await;
    subject.tamper("DELETE FROM {seal_rolls} WHERE n > 2").await;
    assert_eq!(world.set_back(newest.as_slice()).await, Ok(Some(SetBack::UnknownEpoch { size: 8, epoch: lost })));
}

/// Whoever looks first, and for good: also when somebody else writes on, past what was there.
pub async fn who_has_seen_what_was_lost_reads_and_writes_nothing_more(subject: &dyn Subject) {
    let journal = subject.journal();
    for stream in ["a", "b", "c"] {
        journal.append(one(stream)).await.expect("appended");
    }
    subject.tamper("DELETE FROM {events} WHERE position > 2").await;
    subject.tamper("UPDATE {tenant_heads} SET position = 2").await;
    assert!(journal.set_back().borrow().is_none(), "nobody has looked");
    assert_eq!(journal.head().await.expect("it still tells its end").position, 2);
    let why = journal.set_back().borrow().clone().expect("it is found");
    assert!(why.contains("ends at position 2, though 3 was there") && why.contains("opensail new-epoch"), "{why}");
    let other = subject.another().await.journal();
    for stream in ["x", "y", "z"] {
        other.append(one(stream)).await.expect("it has seen nothing of it");
    }
    assert_eq!(journal.head().await.expect("a head").position, 5);
    let stream = StreamId::new("test", "a");
    let refused = Err(ReadError::SetBack(why.clone()));
    assert_eq!(journal.read_stream(&stream, 0, 10).await.map(|_| ()), refused);
    assert_eq!(journal.read_facts(&stream, 0, 10).await.map(|_| ()), refused);
    assert_eq!(journal.read_all(0, 10, &Filter::default()).await.map(|_| ()), refused);
    assert_eq!(journal.read_at(&[1]).await.map(|_| ()), refused);
    assert_eq!(journal.stream_version(&stream).await.map(|_| ()), refused);
    assert_eq!(journal.position_at(0).await.map(|_| ()), refused);
    assert_eq!(journal.command(CommandId(uuid::Uuid::nil())).await.map(|_| ()), refused);
    assert_eq!(journal.append(one("d")).await, Err(AppendError::Unavailable(why)));
    assert_eq!(other.read_all(0, 10, &Filter::default()).await.map(|page| page.events.len()), Ok(5), "for it nothing was lost");
}

/// The sealer has read it, and then the database failed over; and the same append was made once more.
pub async fn what_was_lost_since_it_was_read_is_not_sealed(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    world.append("x", 0, 2).await;
    let read = subject.journal().read_at(&[12]).await.expect("read").remove(0);
    let last = subject.seal().last_checkpoint().await.expect("read").expect("a checkpoint");
    let sealing = |last_event| Sealing {
        pieces: vec![Piece { level: 0, first: 10, hashes: vec![[7; 32]; 2] }],
        checkpoint: StoredCheckpoint { n: last.n + 1, size: 12, note: "a note".into() },
        last_event: Some(last_event),
    };
    let gone = async |last_event| {
        assert_eq!(subject.seal().seal(&sealing(last_event)).await, Ok(Outcome::Gone));
        assert_eq!(subject.seal().sealed().await, Ok(10));
        assert_eq!(subject.seal().last_checkpoint().await, Ok(Some(last.clone())));
    };
    let then = LastEvent::of(&read);
    gone(LastEvent { time: then.time + 1, ..then.clone() }).await;
    gone(LastEvent { tenant_position: then.tenant_position + 1, ..then.clone() }).await;
    subject.tamper("DELETE FROM {events} WHERE position > 10").await;
    subject.tamper("UPDATE {tenant_heads} SET position = 10").await;
    gone(then.clone()).await;
    world.append("y", 0, 2).await;
    gone(then).await;
    world.seal_all().await;
    assert_eq!(world.check(&[]).await.map(|checked| checked.sealed), Ok(12));
}
