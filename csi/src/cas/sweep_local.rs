//! Mark and sweep of a local store.
//!
//! Order is everything. (1) Mark from the roots. (2) Copy what lives out of packs that are to go; adding harms nobody. (3) Take
//! the lock that writers share, or give up. Now whatever was ever found present and reused is named by a root, or was
//! abandoned. (4) Mark again: nodes seen before are not read again, so it is short. (5) A pack goes only if each object in it is unmarked,
//! or lies in a pack that stays and was just read and verified there. (6) A new epoch is durable before the first removal,
//! also on a disk without a free byte. A crash anywhere leaves copies too many and never one too few.

use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::SystemTime;

use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;

use super::local::{LocalStore, SHARD_DIGITS, from_errno, open_folder};
use super::pack::Slot;
use super::sweep::{Live, Sweep, Swept, Total};
use super::{Address, CasError, Objects, drafts, hold};
use crate::temp_file::sync_folder;

/// A pack is written anew when at least one part in this many of its bytes is dead.
const REWRITE_SHARE: u64 = 4;
/// Packs below this many bytes are put together when there are more than [`MANY_SMALL`].
const SMALL_BYTES: u64 = 1024 * 1024;
const MANY_SMALL: usize = 32;
/// Bytes of a new pack.
const PACK_BYTES: usize = 16 * 1024 * 1024;

struct Pack {
    name: Arc<str>,
    slots: Vec<Slot>,
    young: bool,
}

impl Pack {
    fn bytes(&self, of: impl Fn(&Slot) -> bool) -> u64 {
        self.slots.iter().filter(|slot| of(slot)).map(|slot| u64::from(slot.length)).sum()
    }
}

pub(super) fn sweep(store: &LocalStore, wish: &Sweep, mark: &mut dyn FnMut(&mut Live) -> Result<(), CasError>) -> Result<Swept, CasError> {
    // Two sweeps at once would each rely on copies that the other removes.
    let _alone = hold::exclusive(store.root())?;
    let oldest_young = SystemTime::now().checked_sub(wish.grace).unwrap_or(SystemTime::UNIX_EPOCH);
    store.packs().refresh()?;
    let packs = look(store, oldest_young)?;
    let mut live = Live::default();
    mark(&mut live)?;
    let mut doomed = choose(&packs, &live);
    let mut swept = Swept::default();
    let mut copied = HashSet::new();
    if !wish.dry_run {
        copied = match copy_survivors(store, &packs, &mut doomed, &live, &mut swept) {
            // What needs no copy can go all the same, and makes room for the next sweep.
            Err(CasError::Full) => {
                doomed.retain(|at| packs[*at].slots.iter().all(|slot| !live.contains(&slot.name)));
                swept = Swept::default();
                HashSet::new()
            }
            copied => copied?,
        };
    }
    let lock = if wish.dry_run { None } else { Some(hold::exclusive(store.packs().folder())?) };
    if lock.is_some() {
        drafts::clear(store.packs());
        mark(&mut live)?;
        doomed.retain(|at| packs[*at].slots.iter().all(|slot| !live.contains(&slot.name) || copied.contains(&slot.name)));
    }
    let loose = loose_to_go(store, &live, oldest_young, &mut swept)?;
    count(&packs, &doomed, &live, wish.dry_run, &mut swept);
    if lock.is_some() && !(doomed.is_empty() && loose.is_empty()) {
        store.packs().next_epoch()?;
        for (shard, names) in &loose {
            for name in names {
                rustix::fs::unlinkat(shard, name.as_str(), AtFlags::empty()).map_err(from_errno)?;
            }
            sync_folder(shard).map_err(from_errno)?;
        }
        let names: Vec<_> = doomed.iter().map(|at| Arc::clone(&packs[*at].name)).collect();
        store.packs().remove(&names)?;
        store.packs().spare_epoch();
    }
    swept.missing = missing(store, &live)?;
    Ok(swept)
}

/// All packs there are, with what lies in them.
fn look(store: &LocalStore, oldest_young: SystemTime) -> Result<Vec<Pack>, CasError> {
    let mut packs = Vec::new();
    for name in store.packs().list()? {
        let young = match is_young(store.packs().folder(), &name, oldest_young) {
            Ok(young) => young,
            Err(Errno::NOENT) => continue,
            Err(errno) => return Err(from_errno(errno)),
        };
        packs.push(Pack { slots: store.packs().slots(&name)?, name, young });
    }
    packs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(packs)
}

fn is_young(folder: &OwnedFd, name: &str, oldest_young: SystemTime) -> Result<bool, Errno> {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let since_epoch = oldest_young.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mtime = (stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or_default());
    Ok(mtime > (i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX), i64::from(since_epoch.subsec_nanos())))
}

/// Indexes of the packs that shall go.
fn choose(packs: &[Pack], live: &Live) -> Vec<usize> {
    let old = |at: &usize| !packs[*at].young && !packs[*at].slots.is_empty();
    let small: Vec<usize> = (0..packs.len()).filter(old).filter(|at| packs[*at].bytes(|_| true) < SMALL_BYTES).collect();
    let merge: HashSet<usize> = if small.len() > MANY_SMALL { small.into_iter().collect() } else { HashSet::new() };
    (0..packs.len())
        .filter(old)
        .filter(|at| {
            let dead = packs[*at].bytes(|slot| !live.contains(&slot.name));
            merge.contains(at) || (dead > 0 && dead >= packs[*at].bytes(|_| true) / REWRITE_SHARE)
        })
        .collect()
}

/// Writes what lives in doomed packs into new ones; spares a pack of which it cannot read all. Returns the names of objects
/// that were verified to lie in packs that stay.
fn copy_survivors(
    store: &LocalStore,
    packs: &[Pack],
    doomed: &mut Vec<usize>,
    live: &Live,
    swept: &mut Swept,
) -> Result<HashSet<Address>, CasError> {
    let staying: HashMap<Address, (usize, Slot)> = (0..packs.len())
        .filter(|at| !doomed.contains(at))
        .flat_map(|at| packs[at].slots.iter().map(move |slot| (slot.name, (at, *slot))))
        .collect();
    // Like every writer: else somebody who opens the store takes its drafts for leftovers.
    let _held = store.hold()?;
    let batch = store.batch();
    let (mut safe, mut gathered, mut bytes) = (HashSet::new(), Vec::new(), 0);
    let mut spared = Vec::new();
    for at in doomed.iter() {
        for slot in packs[*at].slots.iter().filter(|slot| live.contains(&slot.name)) {
            if safe.contains(&slot.name) {
                continue;
            }
            if let Some((other, there)) = staying.get(&slot.name)
                && store.packs().read_at(&packs[*other].name, there).is_ok()
            {
                safe.insert(slot.name);
                continue;
            }
            match store.packs().read_at(&packs[*at].name, slot) {
                Ok(object) => {
                    swept.moved.count(object.len() as u64);
                    bytes += object.len();
                    gathered.push((slot.name, object));
                    safe.insert(slot.name);
                }
                Err(CasError::Damaged(_) | CasError::Missing(_)) => {
                    swept.unreadable.count(u64::from(slot.length));
                    spared.push(*at);
                }
                Err(error) => return Err(error),
            }
            if bytes >= PACK_BYTES {
                batch.write(&std::mem::take(&mut gathered))?;
                bytes = 0;
            }
        }
    }
    batch.write(&gathered)?;
    batch.publish()?;
    doomed.retain(|at| !spared.contains(at));
    Ok(safe)
}

/// Old unmarked blobs, with their open folders.
fn loose_to_go(
    store: &LocalStore,
    live: &Live,
    oldest_young: SystemTime,
    swept: &mut Swept,
) -> Result<Vec<(OwnedFd, Vec<String>)>, CasError> {
    let mut to_go = Vec::new();
    for shard in 0..=u8::MAX {
        let digits = format!("{shard:02x}");
        let folder = open_folder(store.root(), &digits).map_err(from_errno)?;
        let mut names = Vec::new();
        for entry in Dir::read_from(&folder).map_err(from_errno)? {
            let entry = entry.map_err(from_errno)?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if name.len() + SHARD_DIGITS != 64 {
                continue;
            }
            let Ok(address) = format!("{digits}{name}").parse::<Address>() else { continue };
            let bytes = match rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => u64::try_from(stat.st_size).unwrap_or_default(),
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(from_errno(errno)),
            };
            if live.contains(&address) {
                swept.live.count(bytes);
            } else if is_young(&folder, name, oldest_young).map_err(from_errno)? {
                swept.young.count(bytes);
            } else {
                swept.removed.count(bytes);
                names.push(name.to_owned());
            }
        }
        if !names.is_empty() {
            to_go.push((folder, names));
        }
    }
    Ok(to_go)
}

fn count(packs: &[Pack], doomed: &[usize], live: &Live, dry_run: bool, swept: &mut Swept) {
    let mut seen = HashSet::new();
    for (at, pack) in packs.iter().enumerate() {
        let goes = doomed.contains(&at);
        for slot in &pack.slots {
            let total: &mut Total = match (live.contains(&slot.name), goes, pack.young) {
                (true, true, _) if dry_run => {
                    swept.moved.count(u64::from(slot.length));
                    &mut swept.live
                }
                (true, ..) => &mut swept.live,
                (false, true, _) => &mut swept.removed,
                (false, false, true) => &mut swept.young,
                (false, false, false) => &mut swept.later,
            };
            if !live.contains(&slot.name) || seen.insert(slot.name) {
                total.count(u64::from(slot.length));
            }
        }
    }
}

fn missing(store: &LocalStore, live: &Live) -> Result<u64, CasError> {
    let mut missing = 0;
    for name in live.names() {
        missing += u64::from(!store.has(name)?);
    }
    Ok(missing)
}
