//! What every second place of checkpoints must do.

use std::sync::Arc;

use ed25519_dalek::SigningKey;
use uuid::Uuid;

use crate::envelope::Epoch;
use crate::seal::checkpoint::origin;
use crate::seal::note::SignedNote;
use crate::seal::{Checkpoint, Roll, SecondPlace};

/// Microseconds since 1970, and those of a day.
const BEGUN: i64 = 1_764_037_133_123_456;
const DAY: i64 = 24 * 3600 * 1_000_000;

/// A signed note of so many positions, of the n-th day.
fn note(epoch: Epoch, day: i64, size: u64) -> String {
    let checkpoint = Checkpoint { origin: origin(epoch), size, root: [5; 32], epoch, time: BEGUN + day * DAY, next_key: None };
    SignedNote::sign(checkpoint.to_string(), &checkpoint.origin, &[&SigningKey::from_bytes(&[7; 32])]).to_string()
}

/// `open`: the place anew, as after a restart; empty at first.
pub async fn what_was_kept_comes_back(open: impl Fn() -> Arc<dyn SecondPlace>) {
    let (first, second) = (Epoch(Uuid::from_u128(1)), Epoch(Uuid::from_u128(2)));
    assert_eq!(open().kept().await, Ok(Vec::new()));
    assert_eq!(open().newest().await, Ok(None));
    let notes = [note(first, 0, 3), note(first, 1, 9), note(second, 1, 6), note(second, 2, 12), note(second, 2, 20)];
    let place = open();
    for note in &notes {
        place.keep(note).await.expect("kept");
        place.keep(note).await.expect("kept again");
        assert!(open().kept().await.expect("read").contains(note), "the newest is always there");
        assert_eq!(open().newest().await.as_ref(), Ok(&Some(note.clone())));
    }
    let kept = open().kept().await.expect("read");
    assert!(kept.iter().all(|note| notes.contains(note)), "{kept:?}");
    // What a restore to an earlier state left behind is remembered too.
    assert!(kept.contains(&notes[1]), "{kept:?}");
    rolls_come_back(&open, first).await;
}

async fn rolls_come_back(open: impl Fn() -> Arc<dyn SecondPlace>, first: Epoch) {
    let before = open().kept().await.expect("read");
    assert_eq!(open().rolls().await, Ok(Vec::new()));
    let roll = |time: i64| {
        let roll = Roll { first, time, epochs: Vec::new() };
        SignedNote::sign(roll.to_string(), &origin(first), &[&SigningKey::from_bytes(&[7; 32])]).to_string()
    };
    let rolls = [roll(BEGUN), roll(BEGUN + DAY)];
    for roll in &rolls {
        open().keep_roll(roll).await.expect("kept");
        open().keep_roll(roll).await.expect("kept again");
        assert!(open().rolls().await.expect("read").contains(roll), "the newest is always there");
    }
    let mut kept = open().rolls().await.expect("read");
    kept.sort_unstable();
    kept.dedup();
    assert_eq!(kept.len(), rolls.len());
    assert_eq!(open().kept().await.map(|kept| kept.len()), Ok(before.len()), "no roll is taken for a checkpoint");
}
