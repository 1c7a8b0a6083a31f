//! Who attests the journal's epochs: the seal's key, in a [`Roll`] beside them. An epoch and the roll that names it are written at once, so that
//! one without the other was not begun by us.
//!
//! A journal that has no roll yet gets one when it is first served: its epochs of before are taken as they are found, once. That it happened is
//! remembered in the second places too, so that whoever takes the roll out of the database does not bring it about again.

use std::sync::Arc;

use ed25519_dalek::SigningKey;

use super::checkpoint::{Checkpoint, origin};
use super::keys;
use super::leaf::Hash;
use super::note::{SignedNote, VerifierKey};
use super::reader::{Seal, SealError};
use super::roll::{Enrolled, How, Roll};
use super::set_back::Parting;
use super::tables::{SealTables, StoredEpoch, StoredRoll};
use super::tree::empty_root;
use crate::clock;
use crate::envelope::Position;
use crate::vault::keyring::Keyring;

/// What a new epoch is signed with: everything but the epoch itself.
pub struct Attestation {
    key: SigningKey,
    /// Of the epochs before it.
    roll: Roll,
    size: u64,
    root: Hash,
}

impl Attestation {
    /// For an epoch after those of the roll, which shares with them what `parting` says; `head` is the journal's end.
    pub async fn prepare(
        tables: &Arc<dyn SealTables>,
        keyring: &Keyring,
        roll: Roll,
        head: Position,
        parting: &Parting,
    ) -> Result<Attestation, SealError> {
        let size = tables.sealed().await?.min(parting.shared.unwrap_or(head));
        let root = if size == 0 { empty_root() } else { Seal::new(tables.clone()).root(size).await? };
        Ok(Attestation { key: signing(tables, keyring).await?, roll, size, root })
    }

    /// The roll with the epoch in it, signed.
    pub(crate) fn roll_with(&self, epoch: StoredEpoch) -> String {
        let mut roll = self.roll.clone();
        roll.time = clock::now().max(epoch.time);
        roll.epochs.push(Enrolled { epoch, how: How::Begun, size: self.size, root: self.root });
        sign(&roll, &[&self.key])
    }
}

/// The journal's roll, made if there is none. `outside`: rolls of the second places, in no order.
pub async fn settle(tables: &Arc<dyn SealTables>, keyring: &Keyring, outside: &[String]) -> Result<Roll, SealError> {
    loop {
        let stored = tables.rolls().await?;
        let ours = own(tables, keyring).await?;
        if !stored.is_empty() {
            // One that somebody else wrote after it attests nothing.
            let newest = stored.iter().rev().find_map(|stored| Roll::open(&stored.note, &ours).ok());
            return newest.ok_or(SealError::NoRoll);
        }
        let roll = taken_over(&tables.epochs().await?, outside, &ours)?;
        let key = signing(tables, keyring).await?;
        if tables.add_roll(&StoredRoll { n: 1, note: sign(&roll, &[&key]) }).await? {
            return Ok(roll);
        }
    }
}

/// Every epoch that the journal has, for whoever begins another one: those that nobody attests are disowned.
pub async fn reckoned(tables: &Arc<dyn SealTables>, keyring: &Keyring, outside: &[String]) -> Result<Roll, SealError> {
    let known = match settle(tables, keyring, outside).await {
        Ok(roll) => Some(roll),
        Err(SealError::NoRoll) => None,
        Err(error) => return Err(error),
    };
    let epochs = tables.epochs().await?;
    let first = epochs.first().ok_or(SealError::NoEpoch)?.id;
    let line = |(n, epoch): (usize, &StoredEpoch)| {
        let attested = known.as_ref().and_then(|roll| roll.find(epoch.id)).filter(|enrolled| enrolled.epoch == *epoch);
        attested.cloned().unwrap_or_else(|| over_nothing(epoch, if n == 0 { How::Begun } else { How::Disowned }))
    };
    Ok(Roll { first, time: known.as_ref().map_or(0, |roll| roll.time), epochs: epochs.iter().enumerate().map(line).collect() })
}

/// The newest roll once more, signed by the keys that sign the next checkpoint, unless it is: by both where one takes over from the other. Whoever
/// trusts the checkpoint's key finds the epochs signed by it.
pub(super) async fn hand_over(tables: &Arc<dyn SealTables>, keyring: &Keyring, keys: &[&SigningKey]) -> Result<(), SealError> {
    let roll = settle(tables, keyring, &[]).await?;
    let stored = tables.rolls().await?;
    let signed = |key: &&SigningKey| {
        let verifier = VerifierKey::new(&origin(roll.first), key.verifying_key());
        stored.last().is_some_and(|last| Roll::open(&last.note, &[verifier]).is_ok())
    };
    if keys.iter().all(signed) {
        return Ok(());
    }
    let n = stored.last().map_or(0, |last| last.n) + 1;
    // Somebody who was faster has written the same.
    tables.add_roll(&StoredRoll { n, note: sign(&Roll { time: clock::now().max(roll.time), ..roll }, keys) }).await?;
    Ok(())
}

fn sign(roll: &Roll, keys: &[&SigningKey]) -> String {
    SignedNote::sign(roll.to_string(), &origin(roll.first), keys).to_string()
}

fn over_nothing(epoch: &StoredEpoch, how: How) -> Enrolled {
    Enrolled { epoch: epoch.clone(), how, size: 0, root: empty_root() }
}

/// Epochs of before there were rolls. Where a second place remembers one, only what that names is taken: the rest came here later.
fn taken_over(epochs: &[StoredEpoch], outside: &[String], ours: &[VerifierKey]) -> Result<Roll, SealError> {
    let first = epochs.first().ok_or(SealError::NoEpoch)?;
    let of_this = |note: &&String| Roll::unproven(note).is_ok_and(|roll| roll.first == first.id);
    let remembered: Vec<&String> = outside.iter().filter(of_this).collect();
    let newest = remembered.iter().filter_map(|note| Roll::open(note, ours).ok()).max_by_key(|roll| roll.time);
    let take = |(n, epoch): (usize, &StoredEpoch)| match (n, &newest) {
        (_, Some(roll)) => roll.find(epoch.id).filter(|enrolled| enrolled.epoch == *epoch).cloned(),
        (0, None) => Some(over_nothing(epoch, How::Begun)),
        (_, None) => remembered.is_empty().then(|| over_nothing(epoch, How::Found)),
    };
    Ok(Roll { first: first.id, time: clock::now(), epochs: epochs.iter().enumerate().filter_map(take).collect() })
}

/// Public halves of the keys that the secret gives, whatever the database says that they are.
async fn own(tables: &Arc<dyn SealTables>, keyring: &Keyring) -> Result<Vec<VerifierKey>, SealError> {
    let name = origin(tables.epochs().await?.first().ok_or(SealError::NoEpoch)?.id);
    let mut ours = Vec::new();
    for key in tables.keys().await? {
        ours.push(VerifierKey::new(&name, keys::signing(keyring, key.n).await?.verifying_key()));
    }
    Ok(ours)
}

/// The key that signs: of the newest checkpoint, and not one that is not announced yet.
async fn signing(tables: &Arc<dyn SealTables>, keyring: &Keyring) -> Result<SigningKey, SealError> {
    let (newest, _) = keys::current(tables, keyring).await?;
    let n = match tables.last_checkpoint().await? {
        Some(last) => keys::signer_of(tables, &last.note).await?.unwrap_or(newest),
        None => newest,
    };
    keys::signing(keyring, n).await
}

/// Signs a text with the key of the checkpoint, whose readers trust it already.
pub(super) async fn countersign(
    tables: &Arc<dyn SealTables>,
    keyring: &Keyring,
    checkpoint: &str,
    text: String,
) -> Result<String, SealError> {
    let (newest, _) = keys::current(tables, keyring).await?;
    let n = keys::signer_of(tables, checkpoint).await?.unwrap_or(newest);
    let name = Checkpoint::unproven(checkpoint)?.origin;
    Ok(SignedNote::sign(text, &name, &[&keys::signing(keyring, n).await?]).to_string())
}
