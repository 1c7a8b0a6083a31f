//! Everything that a store is asked for in its life, once or with each filter.

use std::time::Duration;

use opensail_eventstore::append::{Fence, Guard};
use opensail_eventstore::conformance::{append, one, part};
use opensail_eventstore::seal::tables::{LastEvent, Outcome, Piece, SealTables, Sealing, StoredCheckpoint, StoredKey, StoredRoll};
use opensail_eventstore::snapshot::{Snapshot, SnapshotKey, SnapshotTable};
use opensail_eventstore::vault::{Vault, VaultWrite};
use opensail_eventstore::{CommandId, Epoch, Filter, Journal, Leases, StreamId};
use uuid::Uuid;

use super::filled::EVENTS;

pub(super) const BIG: &str = "big";
pub(super) const MIDDLE: &str = "middle";
/// Followed by two digits.
pub(super) const SMALL: &str = "small";
/// Has nothing but the last hundred events.
pub(super) const LATE: &str = "late";
pub(super) const LONG: &str = "long";
pub(super) const RARE: &str = "test.rare";

/// Events asked for at once.
pub(super) const PAGE: usize = 256;

/// Parts of statements that must have been heard of, so that a change of the store does not leave this test with nothing to look at.
const MUST: [&str; 14] = [
    "INSERT INTO .*events",
    "INSERT INTO .*command_results",
    "INSERT INTO .*tenant_heads",
    "DELETE FROM .*command_results",
    "FROM .*command_results",
    "FROM .*leases",
    "ORDER BY stream_version DESC LIMIT 1",
    "DELETE FROM .*vault",
    "INSERT INTO .*vault",
    "UPDATE .*leases",
    "FROM .*seal_tiles",
    "FROM .*seal_checkpoints",
    "FROM .*snapshots",
    "halves",
];

pub(super) fn all_were_seen<'a>(texts: impl Iterator<Item = &'a str>) {
    let texts: Vec<_> = texts.collect();
    for must in MUST {
        let found = texts.iter().any(|text| match must.split_once(".*") {
            Some((before, after)) => text.split(before).skip(1).any(|rest| rest.trim_start_matches("journal.").starts_with(after)),
            None => text.contains(must),
        });
        assert!(found, "nothing was asked like {must}");
    }
}

/// For the `round`-th time, from 0, since it changes what stands there.
pub(super) async fn everything(store: &(impl Journal + Vault + Leases + SealTables + SnapshotTable), round: u64) {
    read(store).await;
    vault(store).await;
    leases(store).await;
    snapshots(store).await;
    seal(store, round).await;
    appends(store, round).await;
}

async fn read(journal: &impl Journal) {
    journal.head().await.expect("read");
    let epoch = Epoch(Uuid::nil());
    journal.check_epoch(epoch).await.expect_err("another epoch");
    for id in [CommandId(Uuid::from_u128(5)), CommandId(Uuid::now_v7())] {
        journal.command(id).await.expect("read");
    }
    journal.position_at(EVENTS as i64 / 2).await.expect("read");
    journal.read_at(&[1, 7, EVENTS / 2, EVENTS]).await.expect("read");
    for (stream, versions) in [(LONG, [0, 5_000, 9_990]), ("s3", [0, 5, 20]), ("nothing", [0, 1, 2])] {
        let stream = StreamId::new("test", stream);
        journal.stream_version(&stream).await.expect("read");
        for after in versions {
            journal.read_stream(&stream, after, PAGE).await.expect("read");
            journal.read_facts(&stream, after, PAGE).await.expect("read");
        }
    }
    let teams = |names: &[&str]| Filter { tenants: names.iter().map(|name| (*name).to_owned()).collect(), ..Filter::default() };
    let streams = |names: &[&str]| Filter { streams: names.iter().map(|name| StreamId::new("test", name)).collect(), ..Filter::default() };
    let (small, other) = (format!("{SMALL}11"), format!("{SMALL}32"));
    let anywhere = [
        Filter::default(),
        teams(&[BIG]),
        teams(&[MIDDLE]),
        teams(&[&small]),
        teams(&[LATE]),
        teams(&["nobody"]),
        teams(&[&small, &other]),
        teams(&[&small, LATE]),
        teams(&[MIDDLE, LATE]),
        teams(&[BIG, MIDDLE, &small]),
        streams(&["s3"]),
        streams(&["s3", "s4990", "nothing"]),
        streams(&[LONG]),
        Filter { types: vec![RARE.into()], ..teams(&[&small]) },
        Filter { stream_types: vec!["other".into()], ..teams(&[&small]) },
        Filter { types: vec![RARE.into()], ..streams(&["s3", "s4"]) },
    ];
    for filter in &anywhere {
        for after in [0, 50_000, EVENTS - 100] {
            journal.read_all(after, PAGE, filter).await.expect("read");
        }
    }
    // Of every tenant: who reads so has seen the journal up to where it goes on, so only what came since is looked at.
    let since = [
        Filter { types: vec![RARE.into()], ..Filter::default() },
        Filter { stream_types: vec!["other".into()], ..Filter::default() },
        Filter { types: vec!["test.happened7".into(), RARE.into()], stream_types: vec!["test".into()], ..Filter::default() },
    ];
    for filter in &since {
        journal.read_all(EVENTS - 1_000, PAGE, filter).await.expect("read");
    }
}

async fn vault(vault: &impl Vault) {
    for (kind, key) in [("few", "group/5000"), ("many", "group/77"), ("none", "nothing")] {
        vault.get(kind, key).await.expect("read");
    }
    vault.list("few", "group/").await.expect("read");
    vault.list("none", "").await.expect("read");
    vault.put("many", "new", b"value", None).await.expect("written");
    vault.swap("many", "new", Some(b"value"), b"other", None).await.expect("written");
    vault.swap("many", "newer", None, b"first", Some(i64::MAX)).await.expect("written");
    vault.take("many", "new").await.expect("taken");
    vault.delete("many", "newer").await.expect("deleted");
}

async fn leases(leases: &impl Leases) {
    let ttl = Duration::from_secs(60);
    let lease = leases.acquire("new", "me", ttl).await.expect("acquired");
    leases.acquire("r5", "me", ttl).await.ok();
    leases.acquire("new", "somebody", ttl).await.expect_err("it is held");
    let lease = leases.renew(&lease, ttl).await.expect("renewed");
    leases.release(&lease).await.expect("released");
}

async fn snapshots(table: &impl SnapshotTable) {
    let key = |stream: &str| SnapshotKey { stream: StreamId::new("test", stream), aggregate_type: "test".into(), schema_hash: [0; 32] };
    for stream in ["s5", "nothing"] {
        table.load(&key(stream)).await.expect("read");
        table.save(&key(stream), &Snapshot { version: 1, state: (*b"state").into() }).await.expect("saved");
    }
    table.forget(&key("s5").stream).await.expect("forgotten");
}

async fn seal(seal: &(impl SealTables + Journal), round: u64) {
    seal.sealed().await.expect("read");
    for (level, from, to) in [(0, 0, 256), (0, EVENTS - 256, EVENTS), (1, 0, 256), (2, 0, 256)] {
        seal.pieces(level, from, to).await.expect("read");
    }
    seal.last_checkpoint().await.expect("read");
    seal.checkpoint_of(EVENTS / 2).await.expect("read");
    seal.checkpoint_of(EVENTS * 2).await.expect("read");
    seal.checkpoints(EVENTS / 2, 100).await.expect("read");
    seal.keys().await.expect("read");
    seal.epochs().await.expect("read");
    seal.rolls().await.expect("read");
    seal.add_roll(&StoredRoll { n: 1 + round, note: "a roll".into() }).await.expect("written");
    let pieces = vec![Piece { level: 0, first: EVENTS + round, hashes: vec![[7; 32]] }];
    let last_event = seal.read_at(&[EVENTS]).await.expect("read").last().map(LastEvent::of);
    let checkpoint = StoredCheckpoint { n: EVENTS + 1 + round, size: EVENTS + 1 + round, note: "a note".into() };
    assert_eq!(seal.seal(&Sealing { pieces, checkpoint, last_event }).await, Ok(Outcome::Written));
    seal.add_key(&StoredKey { n: 1 + round, verifier: "a key".into(), time: 1 }).await.expect("written");
}

async fn appends(store: &(impl Journal + Leases), round: u64) {
    let lease = store.acquire("fenced", "me", Duration::from_secs(60)).await.expect("acquired");
    let fence = Fence { resource: lease.resource.clone(), token: lease.token };
    let of = |tenant: &str, stream: &str, expected, count| {
        let mut part = part(stream, expected, count);
        part.tenant = tenant.into();
        part
    };
    let (team, long) = (format!("new{round}"), 10_000 + 4 * round);
    let mut whole = append(vec![of(BIG, LONG, long, 3), of(&team, &team, 0, 70), of(LATE, "s4999", 20 + round, 1)]);
    whole.fence = Some(fence);
    whole.guards = vec![Guard { stream: StreamId::new("test", "s3"), version: 20 }];
    whole.vault = vec![
        VaultWrite::Put { kind: "many".into(), key: "in an append".into(), value: b"value".to_vec(), expires: None },
        VaultWrite::Delete { kind: "many".into(), key: "group/9".into() },
    ];
    store.append(whole.clone()).await.expect("appended");
    assert!(store.append(whole).await.expect("known").repeated);
    store.append(append(vec![of(BIG, LONG, long + 3, 1)])).await.expect("appended");
    store.append(append(vec![of(BIG, LONG, 3, 1)])).await.expect_err("an old version");
    store.append(one("s3")).await.expect_err("it is there");
    let mut ghost = one("by a ghost");
    ghost.fence = Some(Fence { resource: "r5".into(), token: 7 });
    store.append(ghost).await.expect_err("fenced");
}
