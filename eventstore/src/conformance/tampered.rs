//! Whatever somebody does to the database behind the journal's back shows.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use tokio::sync::watch;

use super::Subject;
use super::seal::world::World;
use crate::envelope::Epoch;
use crate::seal::check::{Finding, Outside, check};
use crate::seal::checkpoint::origin;
use crate::seal::roll::{Enrolled, How};
use crate::seal::tables::{StoredKey, StoredRoll};
use crate::seal::tree::empty_root;
use crate::seal::{OtherEpochs, Parting, Roll, SealError, SecondPlace, SetBack, SignedNote, VerifierKey, parting};

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

/// The next try finds its own lease still running; the alarm goes on until something was sealed.
pub async fn what_stops_the_seal_is_told_until_it_is_over(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    world.append("c", 0, 2).await;
    subject.tamper("UPDATE {events} SET actor_id = 'somebody else' WHERE position = 12").await;
    assert_eq!(world.sealer("one").await.run(std::future::pending()).await, Err(SealError::Altered(12)));
    let mut state = world.state.subscribe();
    let looked = async move {
        let _ = state.changed().await;
    };
    assert_eq!(world.sealer("one").await.run(looked).await, Ok(()), "it waits");
    assert!(world.state.borrow().trouble.as_deref().is_some_and(|why| why.contains("12")));
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

pub async fn an_event_before_the_first_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let forged = |position: i64| {
        format!(
            "INSERT INTO {{events}} SELECT {position}, tenant_position + 10, epoch, event_id, stream_type, stream_id, stream_version + 10, \
             event_type, version, tenant, project, actor_kind, actor_id, actor_name, command_id, correlation_id, causation_id, client_address, \
             time, payload, content_hash FROM {{events}} WHERE position = 1"
        )
    };
    for position in [0, -1] {
        let refused = subject.sql(&forged(position)).await.expect_err("it is refused");
        assert!(refused.contains("begin"), "{refused}");
    }
    // With the guard taken away, as who owns the database can.
    subject.tamper(&forged(0)).await;
    assert_eq!(world.check(&[]).await, Err(Finding::BeforeTheFirst(0)));
}

pub async fn missing_checkpoints_are_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    subject.tamper("DELETE FROM {seal_checkpoints} WHERE n > 1").await;
    assert_eq!(world.check(&[]).await, Err(Finding::Unsigned { signed: 6, sealed: 10 }));
    subject.tamper("DELETE FROM {seal_checkpoints}").await;
    assert_eq!(world.check(&[]).await, Err(Finding::Unsigned { signed: 0, sealed: 10 }));
}

pub async fn a_seal_that_was_set_back_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    subject.tamper("DELETE FROM {seal_tiles} WHERE first >= 6").await;
    subject.tamper("DELETE FROM {seal_checkpoints} WHERE n > 1").await;
    assert_eq!(world.check(&[]).await, Err(Finding::SealSetBack { sealed: 6, size: 10 }));
}

/// Taken back to where six of the ten events were sealed, with an epoch that says that this was a restore.
async fn roll_back(subject: &dyn Subject) -> Epoch {
    subject.tamper("DELETE FROM {events} WHERE position > 6").await;
    subject.tamper("DELETE FROM {seal_tiles} WHERE first >= 6").await;
    subject.tamper("DELETE FROM {seal_checkpoints} WHERE n > 1").await;
    subject.tamper("UPDATE {tenant_heads} SET position = 6").await;
    subject.start_epoch(Parting::default(), None).await
}

pub async fn a_rollback_that_calls_itself_a_restore_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let epoch = roll_back(subject).await;
    let found = OtherEpochs::Unattested { epoch, from: 7 };
    assert_eq!(world.check(&[]).await, Err(Finding::Epochs(found)));
    let words = Finding::Epochs(found).to_string();
    assert!(words.contains(&epoch.to_string()) && words.contains("position 7: "), "{words}");
    // And no server takes it for one.
    let newest = world.memory.newest().await.expect("kept");
    assert_eq!(world.set_back(newest.as_slice()).await, Ok(Some(SetBack::Epochs(found))));
}

pub async fn nothing_is_sealed_in_an_epoch_that_nobody_attests(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let epoch = subject.start_epoch(Parting::default(), None).await;
    world.append("c", 0, 1).await;
    let found = OtherEpochs::Unattested { epoch, from: 11 };
    assert_eq!(world.seal_until(|_| false).await, Err(SealError::Epochs(found)));
    assert!(world.state.borrow().trouble.as_deref().is_some_and(|why| why.contains("position 11: ")));
    assert_eq!(subject.seal().sealed().await, Ok(10));
}

/// Whoever begins the next epoch says so of it; then the journal can be served, and what the forged one would have given up is lost in the restore
/// that the new one admits.
pub async fn a_new_epoch_disowns_a_forged_one(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let forged = roll_back(subject).await;
    world.append("x", 0, 2).await;
    let kept = world.memory.kept().await.expect("kept");
    let (head, roll) = (8, world.roll().await);
    let parting = parting(&subject.seal(), &roll, head, &kept).await.expect("read");
    assert_eq!(parting.shared, Some(6), "the forged epoch gives nothing up");
    world.start_epoch(parting).await;
    assert_eq!(world.set_back(&kept).await, Ok(None));
    world.append("y", 0, 1).await;
    world.seal_all().await;
    let checked = world.check(&[]).await.expect("it holds");
    let told = checked.notices.join("; ");
    assert!(checked.sealed == 9 && told.contains(&forged.to_string()) && told.contains("disowns"), "{told}");
}

pub async fn an_epoch_that_was_changed_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let epoch = world.start_epoch(Parting::default()).await;
    world.append("c", 0, 1).await;
    world.seal_all().await;
    assert_eq!(world.check(&[]).await.map(|checked| checked.notices), Ok(Vec::new()));
    subject.tamper("UPDATE {epochs} SET started_after = 3 WHERE started_after = 10").await;
    assert_eq!(world.check(&[]).await, Err(Finding::Epochs(OtherEpochs::Changed { epoch, from: 11 })));
    subject.tamper("UPDATE {epochs} SET started_after = 10 WHERE started_after = 3").await;
    // Another id: the one that stands there now is attested by nobody.
    subject.tamper("UPDATE {epochs} SET id = {an_id} WHERE started_after = 10").await;
    assert!(matches!(world.check(&[]).await, Err(Finding::Epochs(OtherEpochs::Unattested { from: 11, .. }))));
    subject.tamper("DELETE FROM {epochs} WHERE started_after = 10").await;
    assert_eq!(world.check(&[]).await, Err(Finding::Epochs(OtherEpochs::Gone { epoch, from: 11 })));
}

pub async fn a_roll_that_was_removed_is_found(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let kept = world.memory.kept().await.expect("kept");
    let epoch = roll_back(subject).await;
    subject.tamper("DELETE FROM {seal_rolls}").await;
    assert_eq!(world.check(&[]).await, Err(Finding::RollGone));
    // A second place remembers that epochs are attested, so this one is not taken for an old one.
    let found = OtherEpochs::Unattested { epoch, from: 7 };
    assert_eq!(world.set_back(&kept).await, Ok(Some(SetBack::Epochs(found))));
    assert_eq!(world.check(&[]).await, Err(Finding::Epochs(found)));
}

/// A roll of another's signing, with the key that signed it put beside ours.
pub async fn a_key_of_somebody_else_attests_nothing(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let epoch = roll_back(subject).await;
    let (tables, theirs) = (subject.seal(), SigningKey::from_bytes(&[9; 32]));
    let epochs = tables.epochs().await.expect("read");
    let before = Roll::unproven(&tables.rolls().await.expect("read")[0].note).expect("a roll");
    let line = Enrolled { epoch: epochs[1].clone(), how: How::Begun, size: 0, root: empty_root() };
    let forged = Roll { epochs: before.epochs.iter().cloned().chain([line]).collect(), ..before };
    let name = origin(forged.first);
    let verifier = VerifierKey::new(&name, theirs.verifying_key());
    assert_eq!(tables.add_key(&StoredKey { n: 2, verifier: verifier.to_string(), time: 0 }).await, Ok(true));
    let note = SignedNote::sign(forged.to_string(), &name, &[&theirs]).to_string();
    assert_eq!(tables.add_roll(&StoredRoll { n: 2, note }).await, Ok(true));
    assert!(matches!(world.check(&[]).await, Err(Finding::BadRoll { n: 2, .. })));
    let newest = world.memory.newest().await.expect("kept");
    assert_eq!(world.set_back(newest.as_slice()).await, Ok(Some(SetBack::Epochs(OtherEpochs::Unattested { epoch, from: 7 }))));
}

/// What somebody noted is held against the journal whatever epochs have begun, attested ones too.
pub async fn no_epoch_gives_up_what_was_noted(subject: &dyn Subject) {
    let world = World::sealed(subject).await;
    let noted = world.memory.kept().await.expect("kept");
    world.start_epoch(Parting { shared: Some(0), later_than: i64::MAX - 1 }).await;
    subject.tamper("DELETE FROM {seal_tiles}").await;
    subject.tamper("DELETE FROM {seal_checkpoints}").await;
    world.append("c", 0, 2).await;
    world.seal_all().await;
    assert!(world.check(&[]).await.is_ok_and(|checked| !checked.notices.is_empty()));
    let outside = Outside { noted: &noted, ..Outside::default() };
    let checked = check(&*subject.journal(), &*subject.seal(), &[], outside, |_| {}).await;
    assert!(checked.is_ok_and(|checked| checked.noted == 2), "nothing was changed, so the notes hold");
    subject.tamper("UPDATE {events} SET time = time + 1 WHERE position = 10").await;
    subject.tamper("DELETE FROM {seal_tiles}").await;
    subject.tamper("DELETE FROM {seal_checkpoints}").await;
    world.seal_all().await;
    let checked = check(&*subject.journal(), &*subject.seal(), &[], outside, |_| {}).await;
    assert_eq!(checked, Err(Finding::Contradicted { from: 6, size: 10 }.into()));
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
        "UPDATE {seal_rolls} SET note = ''",
        "DELETE FROM {seal_rolls}",
    ] {
        let refused = subject.sql(statement).await.expect_err(statement);
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
}
