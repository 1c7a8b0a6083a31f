//! The tree's arithmetic beside an implementation that is not ours, frozen vectors, and what a verifier must refuse.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use tlog_tiles::tlog;
use uuid::Uuid;

use super::edge::Edge;
use super::leaf::{Hash, entry, leaf_hash};
use super::tables::{Outcome, Piece, Sealing, StoredCheckpoint, StoredEpoch, StoredKey, StoredRoll};
use super::tree::{consistency, empty_root, inclusion, join, parts, perfect};
use super::*;
use crate::append::{Append, Part};
use crate::envelope::{Actor, ActorKind, CommandId, Epoch, NewEvent, Recorded, StreamId};
use crate::journal::ReadError;

/// Reads hashes of the other implementation, which stores them in an order of its own.
struct Stored(Vec<tlog::Hash>);

impl tlog::HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

fn entries(count: u64) -> Vec<[u8; 56]> {
    (0..count).map(|n| entry(&[n as u8; 32], n + 1, n / 2 + 1, 1_764_000_000_000_000 + n as i64)).collect()
}

fn theirs(entries: &[[u8; 56]]) -> Stored {
    let mut stored = Stored(Vec::new());
    for (n, entry) in entries.iter().enumerate() {
        let new = tlog::stored_hashes(n as u64, entry, &stored).expect("hashes");
        stored.0.extend(new);
    }
    stored
}

fn over(leaves: &[Hash], ranges: &[std::ops::Range<u64>]) -> Vec<Hash> {
    let whole = |range: &std::ops::Range<u64>| {
        let part = |node: &tree::Node| perfect(&leaves[(node.index << node.height) as usize..((node.index + 1) << node.height) as usize]);
        join(&parts(range).iter().map(part).collect::<Vec<_>>())
    };
    ranges.iter().map(whole).collect()
}

fn root(leaves: &[Hash]) -> Hash {
    over(leaves, std::slice::from_ref(&(0..leaves.len() as u64)))[0]
}

/// Every proof of every tree up to 70 leaves: equal to theirs, accepted by them, accepted by us, and refused when anything is changed.
#[test]
fn proofs_agree_with_an_independent_implementation() {
    let entries = entries(70);
    let stored = theirs(&entries);
    let leaves: Vec<Hash> = entries.iter().map(leaf_hash).collect();
    for size in 1..=70 {
        let their_root = tlog::tree_hash(size, &stored).expect("a root");
        let our_root = root(&leaves[..size as usize]);
        assert_eq!(their_root.0, our_root, "{size}");
        for index in 0..size {
            let ours = over(&leaves, &inclusion(index, size));
            let theirs = tlog::prove_record(size, index, &stored).expect("a proof");
            assert_eq!(theirs.iter().map(|hash| hash.0).collect::<Vec<_>>(), ours, "{index} in {size}");
            let ours: Vec<_> = ours.into_iter().map(tlog::Hash).collect();
            tlog::check_record(&ours, size, their_root, index, tlog::Hash(leaves[index as usize])).expect("they accept it");
            let ours: Vec<Hash> = ours.into_iter().map(|hash| hash.0).collect();
            assert!(proof::includes(&our_root, size, index, &leaves[index as usize], &ours));
            assert!(!proof::includes(&our_root, size, (index + 1) % size, &leaves[index as usize], &ours) || size == 1);
            assert!(!proof::includes(&our_root, size, index, &[9; 32], &ours));
            assert!(!proof::includes(&our_root, size, index, &leaves[index as usize], &[ours.clone(), vec![[0; 32]]].concat()));
            let old = index + 1;
            let ours = over(&leaves, &consistency(old, size));
            let theirs = tlog::prove_tree(size, old, &stored).expect("a proof");
            assert_eq!(theirs.iter().map(|hash| hash.0).collect::<Vec<_>>(), ours, "{old} in {size}");
            let old_root = root(&leaves[..old as usize]);
            assert!(proof::extends(&old_root, old, &our_root, size, &ours), "{old} in {size}");
            assert!(!proof::extends(&[9; 32], old, &our_root, size, &ours));
            assert!(!proof::extends(&old_root, old, &[9; 32], size, &ours));
            assert!(old == size || !proof::extends(&old_root, old, &our_root, size, &ours[1..]));
        }
    }
    assert_eq!(root(&[]), empty_root());
    assert!(proof::extends(&empty_root(), 0, &root(&leaves), 70, &[]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// Whatever the portions, the edge has the root of the whole tree, and its pieces are the tree's hashes without a gap.
    #[test]
    fn the_edge_is_the_tree(portions in proptest::collection::vec(0usize..300, 1..6)) {
        let count = portions.iter().sum::<usize>();
        let leaves: Vec<Hash> = entries(count as u64).iter().map(leaf_hash).collect();
        let (mut edge, mut pieces, mut rest) = (Edge::default(), Vec::new(), leaves.as_slice());
        for portion in portions {
            let (now, later) = rest.split_at(portion);
            now.iter().for_each(|leaf| edge.push(*leaf, &mut pieces));
            edge.flush(&mut pieces);
            rest = later;
            prop_assert_eq!(edge.root(), root(&leaves[..edge.size() as usize]));
        }
        let level = |number: u32| pieces.iter().filter(|piece| piece.level == number).flat_map(|piece| piece.hashes.clone()).collect::<Vec<_>>();
        prop_assert!(pieces.iter().all(|piece| piece.first / 256 == (piece.first + piece.hashes.len() as u64 - 1) / 256));
        prop_assert_eq!(level(0), leaves.clone());
        prop_assert_eq!(level(1), leaves.chunks_exact(256).map(perfect).collect::<Vec<_>>());
    }
}

/// A tree in memory that counts how often it is asked.
struct Asked {
    size: u64,
    pieces: Vec<Piece>,
    times: AtomicUsize,
}

#[async_trait]
impl SealTables for Asked {
    async fn sealed(&self) -> Result<u64, ReadError> {
        self.times.fetch_add(1, Ordering::Relaxed);
        Ok(self.size)
    }
    async fn pieces(&self, level: u32, from: u64, to: u64) -> Result<Vec<Piece>, ReadError> {
        self.times.fetch_add(1, Ordering::Relaxed);
        Ok(self.pieces.iter().filter(|piece| piece.level == level && (from..to).contains(&piece.first)).cloned().collect())
    }
    async fn last_checkpoint(&self) -> Result<Option<StoredCheckpoint>, ReadError> {
        Ok(None)
    }
    async fn checkpoint_of(&self, _: u64) -> Result<Option<StoredCheckpoint>, ReadError> {
        Ok(None)
    }
    async fn checkpoints(&self, _: u64, _: u32) -> Result<Vec<StoredCheckpoint>, ReadError> {
        Ok(Vec::new())
    }
    async fn seal(&self, _: &Sealing) -> Result<Outcome, ReadError> {
        Ok(Outcome::Taken)
    }
    async fn keys(&self) -> Result<Vec<StoredKey>, ReadError> {
        Ok(Vec::new())
    }
    async fn add_key(&self, _: &StoredKey) -> Result<bool, ReadError> {
        Ok(false)
    }
    async fn before_the_first(&self) -> Result<Option<i64>, ReadError> {
        Ok(None)
    }
    async fn epochs(&self) -> Result<Vec<StoredEpoch>, ReadError> {
        Ok(Vec::new())
    }
    async fn rolls(&self) -> Result<Vec<StoredRoll>, ReadError> {
        Ok(Vec::new())
    }
    async fn add_roll(&self, _: &StoredRoll) -> Result<bool, ReadError> {
        Ok(false)
    }
}

/// An export proves page after page: how many events one has does not matter.
#[tokio::test]
async fn many_proofs_are_read_like_one() {
    let (size, leaves): (u64, Vec<Hash>) = (600, entries(600).iter().map(leaf_hash).collect());
    let (mut edge, mut pieces) = (Edge::default(), Vec::new());
    leaves.iter().for_each(|leaf| edge.push(*leaf, &mut pieces));
    edge.flush(&mut pieces);
    let asked = Arc::new(Asked { size, pieces, times: AtomicUsize::new(0) });
    let seal = Seal::new(asked.clone());
    let positions: Vec<u64> = (151..=350).collect();
    let proven = seal.inclusions(&positions, size).await.expect("proofs");
    assert_eq!(asked.times.load(Ordering::Relaxed), 5, "how far it is sealed, three tiles of leaves, one above them");
    assert_eq!(proven.iter().map(|one| one.position).collect::<Vec<_>>(), positions);
    for one in &proven {
        let index = one.position - 1;
        assert_eq!((one.leaf, &one.path), (leaves[index as usize], &over(&leaves, &inclusion(index, size))), "{index}");
        assert_eq!(seal.inclusion(one.position, size).await.as_ref(), Ok(one));
    }
    assert_eq!(seal.inclusions(&[], size).await, Ok(Vec::new()));
    for beyond in [0, size + 1] {
        assert_eq!(seal.inclusions(&[1, beyond], size).await, Err(SealError::Beyond(size)));
    }
}

fn epoch() -> Epoch {
    Epoch(Uuid::from_u128(0x0199_f3a0_c8f0_7d6e_8f3f_1b2a_4c5d_6e7f))
}

fn signing() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn checkpoint() -> Checkpoint {
    let origin = checkpoint::origin(epoch());
    Checkpoint { origin, size: 3, root: [5; 32], epoch: epoch(), time: 1_764_037_133_123_456, next_key: None }
}

fn event() -> Recorded {
    Recorded {
        position: 3,
        tenant_position: 2,
        epoch: epoch(),
        event_id: Uuid::from_u128(1),
        stream: StreamId::new("agent_session", Uuid::from_u128(2)),
        stream_version: 1,
        event_type: "agent_session.requested".into(),
        version: 1,
        tenant: Uuid::from_u128(3).to_string(),
        project: Some(Uuid::from_u128(4).to_string()),
        actor: Actor { kind: ActorKind::User, id: Uuid::from_u128(5).to_string(), name: String::new() },
        command_id: CommandId(Uuid::from_u128(6)),
        correlation_id: Uuid::from_u128(7),
        causation_id: None,
        client_address: Some("ünï".into()),
        time: 1_764_037_133_123_456,
        payload: r#"{"a":1,"b":"\u0000"}"#.into(),
        content_hash: [0; 32],
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Added to, never changed: outsiders hold proofs that rest on these bytes.
#[test]
fn the_bytes_are_frozen() {
    let event = event();
    let leaves: Vec<Hash> = entries(5).iter().map(leaf_hash).collect();
    let made = json!({
        "content_hash": hex(&content_hash(&event)),
        "entry": hex(&entry(&content_hash(&event), event.position, event.tenant_position, event.time)),
        "leaf": hex(&leaf_of(&event)),
        "root_of_five": hex(&root(&leaves)),
        "path_of_third": over(&leaves, &inclusion(2, 5)).iter().map(|hash| hex(hash)).collect::<Vec<_>>(),
        "verifier": VerifierKey::new(&checkpoint().origin, signing().verifying_key()).to_string(),
        "note": SignedNote::sign(checkpoint().to_string(), &checkpoint().origin, &[&signing()]).to_string(),
    });
    let frozen: Value = serde_json::from_str(include_str!("../../tests/golden/seal.json")).expect("JSON");
    assert_eq!(made, frozen, "{made:#}");
}

/// The reader's content hash is the writer's.
#[test]
fn both_sides_hash_the_same_bytes() {
    let event = event();
    let new =
        NewEvent { event_id: event.event_id, event_type: event.event_type.clone(), version: event.version, payload: event.payload.clone() };
    for (project, causation_id, client_address) in
        [(event.project.clone(), None, None), (None, Some(Uuid::from_u128(9)), Some(String::new()))]
    {
        let read = Recorded { project: project.clone(), causation_id, client_address: client_address.clone(), ..event.clone() };
        let part = Part { stream: event.stream.clone(), expected: 0, tenant: event.tenant.clone(), project, events: vec![new.clone()] };
        let append = Append {
            command_id: event.command_id,
            fingerprint: None,
            fence: None,
            actor: event.actor.clone(),
            correlation_id: event.correlation_id,
            causation_id,
            client_address,
            parts: vec![part.clone()],
            guards: Vec::new(),
            vault: Vec::new(),
            answer: None,
        };
        assert_eq!(content_hash(&read), crate::append::content_hash(epoch(), &append, &part, 1, &new));
    }
}

/// Notes and checkpoints of ours are read by implementations that are not ours.
#[test]
fn notes_are_read_by_an_independent_implementation() {
    let name = checkpoint().origin;
    let note = SignedNote::sign(checkpoint().to_string(), &name, &[&signing()]).to_string();
    let verifier = VerifierKey::new(&name, signing().verifying_key()).to_string();
    let verifier = signed_note::StandardVerifier::new(&verifier).expect("they read the key");
    let verifiers = signed_note::VerifierList::new(vec![Box::new(verifier)]);
    let theirs = signed_note::Note::from_bytes(note.as_bytes()).expect("they read the note");
    let (signed, strangers) = theirs.verify(&verifiers).expect("they accept the signature");
    assert_eq!((signed.len(), strangers.len()), (1, 0));
    let theirs = tlog_tiles::Checkpoint::from_bytes(theirs.text()).expect("they read the checkpoint");
    assert_eq!((theirs.origin(), theirs.size(), theirs.hash().0), (name.as_str(), 3, [5; 32]));
}

#[test]
fn notes_are_refused_when_anything_is_changed() {
    let name = checkpoint().origin;
    let trusted = [VerifierKey::new(&name, signing().verifying_key())];
    let note = SignedNote::sign(checkpoint().to_string(), &name, &[&signing()]).to_string();
    assert_eq!(Checkpoint::open(&note, &trusted), Ok(checkpoint()));
    for (from, to) in [("\n3\n", "\n4\n"), ("\n3\n", "\n03\n"), ("epoch 0", "epoch 1"), ("time 1", "time 2"), ("\n\n", "\n")] {
        let changed = note.replacen(from, to, 1);
        assert_ne!(changed, note);
        assert!(Checkpoint::open(&changed, &trusted).is_err(), "{changed}");
    }
    let other = SigningKey::from_bytes(&[8; 32]);
    let stranger = SignedNote::sign(checkpoint().to_string(), &name, &[&other]).to_string();
    assert_eq!(Checkpoint::open(&stranger, &trusted), Err(note::NoteError::Untrusted));
    let both = SignedNote::sign(checkpoint().to_string(), &name, &[&other, &signing()]).to_string();
    assert_eq!(Checkpoint::open(&both, &trusted), Ok(checkpoint()));
    let verifier = trusted[0].to_string();
    assert_eq!(verifier.parse(), Ok(trusted[0].clone()));
    assert!(verifier.replace('+', "-").parse::<VerifierKey>().is_err());
}

/// The second place as a folder: what was kept comes back after a restart, and half a line does not matter.
#[tokio::test]
async fn the_folder_keeps_notes() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("checkpoints");
    let note = |size: u64| {
        let checkpoint = Checkpoint { size, ..checkpoint() };
        SignedNote::sign(checkpoint.to_string(), &checkpoint.origin, &[&signing()]).to_string()
    };
    let place = CheckpointFolder::new(&home);
    assert_eq!(place.kept().await, Ok(Vec::new()));
    place.keep(&note(1)).await.expect("kept");
    place.keep(&note(2)).await.expect("kept");
    // A later start seals less than was sealed: what is given up is remembered.
    place.keep(&note(9)).await.expect("kept");
    CheckpointFolder::new(&home).keep(&note(4)).await.expect("kept");
    let list = home.join(format!("{}.jsonl", epoch()));
    let mut text = std::fs::read_to_string(&list).expect("the list");
    text.push_str("{\"size\":");
    std::fs::write(&list, text).expect("written");
    let mut kept = CheckpointFolder::new(&home).kept().await.expect("read");
    kept.sort_by_key(String::len);
    assert!([1, 4, 9].map(note).iter().all(|note| kept.contains(note)), "{kept:?}");
    std::fs::remove_dir_all(&home).expect("removed");
    std::fs::write(&home, "in the way").expect("written");
    assert!(place.keep(&note(3)).await.is_err());
}
