//! Takes snapshots of one folder, one after the other.

use std::convert::Infallible;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::AtFlags;
use rustix::time::{ClockId, clock_gettime};

use super::btrfs::{self, Subvolume};
use super::btrfs_search;
use super::diff::{Change, between, diff};
use super::entry::{Entry, Folder};
use super::index::{Known, KnownFolder, Stamp};
use super::steady::{self, Outcome};
use super::unchanged::stays_left_out;
use super::walk::{Changed, Walk};
use super::{Rules, Snapshot, TreeError, Why};
use crate::cas::{Address, Epoch, Hold, Kind, Subject, Writer, Written};
use crate::fileops::Root;
use crate::side_by_side::side_by_side;
use crate::temp_file::TempFile;

/// How often a folder is looked at again when entries come and go meanwhile.
const ROUNDS: usize = 3;
/// Snapshots whose trees are remembered: who asks what changed names the one before the last.
const SHOWN: usize = 2;
/// Files to read from which on several threads read.
const PARALLEL_FROM: usize = 16;
/// Folders to ask for their times from which on several threads ask.
const PARALLEL_ASKED: usize = 200;

/// A snapshot that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// For the event to name.
    pub name: Address,
    pub snapshot: Snapshot,
    /// Files that were read.
    pub read: u64,
    /// Folders that were listed.
    pub listed: u64,
    /// What the store did not have.
    pub written: Written,
    /// Paths of files and folders that changed all the while; what is kept of them may be of different moments.
    pub unsteady: Vec<Vec<u8>>,
    /// False when the file system said that nothing was written since the last time.
    pub walked: bool,
}

/// Remembers what a folder held when a subject's snapshot of it was taken last.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    known: Option<Arc<KnownFolder>>,
    epoch: Option<Epoch>,
    quiet: Option<(Subvolume, Rules, Taken)>,
    /// The transaction up to which what is known of a subvolume is complete.
    seen: Option<(Subvolume, Rules, u64)>,
    /// The last two snapshots that were taken, the newest last.
    shown: Vec<(Address, Arc<KnownFolder>)>,
    /// By which what is known was found.
    rules: Option<Rules>,
    unsaved: u64,
}

impl Tracker {
    /// What [`Tracker::save`] wrote; nothing known if it is missing, damaged or another subject's.
    pub fn load(subject: &Subject, file: &Path) -> Self {
        let decoded = std::fs::read(file).ok().and_then(|stored| subject.open_apart(&stored)).and_then(|plain| KnownFolder::decode(&plain));
        match decoded {
            Some((known, epoch)) => Self { known: Some(Arc::new(known)), epoch: Some(epoch), ..Self::default() },
            None => Self::default(),
        }
    }

    /// Files that were read since it was loaded or saved; so many would be read again if it were lost now.
    pub fn unsaved(&self) -> u64 {
        self.unsaved
    }

    /// Keeps it for the next start, sealed. It is a cache and not synced; an older one is as right, and more is read.
    pub fn save(&mut self, subject: &Subject, file: &Path) -> Result<(), TreeError> {
        let (Some(known), Some(epoch)) = (&self.known, self.epoch) else { return Ok(()) };
        let stored = subject.seal_apart(&known.encode(epoch))?;
        let shown = file.to_string_lossy().into_owned();
        let failed = |errno| TreeError::at(shown.as_bytes(), errno);
        let invalid = || failed(rustix::io::Errno::INVAL);
        let name = file.file_name().and_then(|name| name.to_str()).ok_or_else(invalid)?;
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let io = |error: std::io::Error| failed(rustix::io::Errno::from_io_error(&error).unwrap_or(rustix::io::Errno::IO));
        let folder = std::fs::File::open(parent).map_err(io)?;
        let temp = TempFile::create(folder.as_fd()).map_err(failed)?;
        temp.file().write_all(&stored).map_err(io)?;
        temp.replace(name).map_err(failed)?;
        self.unsaved = 0;
        Ok(())
    }

    /// Takes a snapshot; it is durable when this returns. `hold` is of the subject's store and must be kept until what names
    /// the snapshot is durable too.
    pub fn take(&mut self, subject: &Subject, root: &Root, rules: &Rules, _hold: &Hold) -> Result<Taken, TreeError> {
        let epoch = subject.objects().epoch()?;
        if self.epoch != Some(epoch) {
            self.forget_missing(subject)?;
            self.epoch = Some(epoch);
        }
        let now = now();
        // The kernel tells of bytes that were written only when they have reached the disk.
        let is_subvolume = btrfs::subvolume(root).ok().flatten().is_some();
        let committed = if is_subvolume { btrfs_search::commit(root) } else { None };
        let subvolume = committed.and_then(|_| btrfs::subvolume(root).ok().flatten());
        if let (Some((then, same, taken)), Some(subvolume)) = (&self.quiet, &subvolume)
            && then == subvolume
            && same == rules
        {
            return Ok(Taken { read: 0, listed: 0, written: Written::default(), walked: false, ..taken.clone() });
        }
        let changed = subvolume.as_ref().and_then(|subvolume| self.changed(root, rules, subvolume));
        let looked = self.look(subject, root, rules, now, changed.as_ref());
        (self.quiet, self.seen) = (None, None);
        if looked.is_err() {
            // What was seen may not have been stored; the next look asks the store.
            self.epoch = None;
        }
        let (taken, stays) = looked?;
        self.show(taken.name);
        let rested = taken.unsteady.is_empty();
        if let (Some(subvolume), Some(transaction)) = (subvolume, committed)
            && rested
            && stays
        {
            self.seen = Some((subvolume, rules.clone(), transaction));
        }
        self.quiet =
            subvolume.filter(|subvolume| rested && subvolume.settled(now)).map(|subvolume| (subvolume, rules.clone(), taken.clone()));
        Ok(taken)
    }

    fn show(&mut self, name: Address) {
        self.shown.retain(|(shown, _)| *shown != name);
        if self.shown.len() == SHOWN {
            self.shown.remove(0);
        }
        self.shown.extend(self.known.clone().map(|known| (name, known)));
    }

    /// What differs between a snapshot and the last one that was taken.
    pub fn changes(&self, subject: &Subject, before: &Address, taken: &Address) -> Result<Vec<Change>, TreeError> {
        let shown = |name: &Address| self.shown.iter().find(|(shown, _)| shown == name).map(|(_, known)| known);
        match (shown(before), shown(taken)) {
            (Some(before), Some(taken)) => between(before, taken),
            _ => diff(subject, before, taken),
        }
    }

    /// What changed since the last look; `None` where only a look tells.
    fn changed(&self, root: &Root, rules: &Rules, subvolume: &Subvolume) -> Option<Changed> {
        let (_, _, transaction) = self.seen.as_ref().filter(|(then, same, _)| then.is(subvolume) && same == rules)?;
        btrfs_search::changed_since(root, *transaction)
    }

    /// What was taken, and whether what was left out stays so while its folder does not change.
    fn look(
        &mut self,
        subject: &Subject,
        root: &Root,
        rules: &Rules,
        mut now: i64,
        changed: Option<&Changed>,
    ) -> Result<(Taken, bool), TreeError> {
        let writer = subject.writer();
        let mut read = 0;
        for round in 1..=ROUNDS {
            // Who is surprised looks at everything.
            let changed = changed.filter(|_| round == 1);
            let remembers = round == 1 && self.rules.as_ref() == Some(rules);
            let (mut found, mut walk) = Walk::run(root.as_fd(), rules, now, self.known.as_ref(), (changed, remembers))?;
            let mut unsteady = Vec::new();
            let to_read = std::mem::take(&mut walk.to_read);
            read += to_read.len() as u64;
            self.unsaved += to_read.len() as u64;
            for (path, outcome) in to_read.iter().zip(read_all(root, &to_read, rules, now, &writer)?) {
                match outcome {
                    Outcome::File { known, unsteady: restless } => {
                        Arc::make_mut(&mut found).insert(path, known);
                        if restless {
                            unsteady.push(path.clone());
                        }
                    }
                    Outcome::Gone => {
                        walk.surprised = true;
                        walk.leave_out(path, Why::Unsteady);
                        Arc::make_mut(&mut found).doubt(path);
                    }
                    Outcome::LeftOut(why) => {
                        walk.leave_out(path, why);
                        Arc::make_mut(&mut found).doubt(path);
                    }
                }
            }
            let same = write(&writer, &mut found, self.known.as_ref())?;
            let moved = if same { Vec::new() } else { changed_folders(root, &walk.folders) };
            self.known = Some(found);
            self.rules = Some(rules.clone());
            if (walk.surprised || !moved.is_empty()) && round < ROUNDS {
                now = self::now();
                continue;
            }
            unsteady.extend(moved);
            let stays = walk.left_out.iter().all(|left_out| stays_left_out(left_out.why));
            return Ok((self.finish(writer, walk, read, unsteady)?, stays));
        }
        Err(TreeError::Restless)
    }

    fn finish(&self, writer: Writer<'_>, walk: Walk<'_>, read: u64, unsteady: Vec<Vec<u8>>) -> Result<Taken, TreeError> {
        let known = self.known.as_ref().ok_or(TreeError::Restless)?;
        let (mut files, mut bytes) = (0, 0);
        count(known, &mut files, &mut bytes);
        let snapshot = Snapshot::new(known.object.unwrap_or(Address::ZERO), files, bytes, walk.left_out);
        let name = writer.put(Kind::Snapshot, &snapshot.encode())?;
        let listed = walk.listed;
        Ok(Taken { name, snapshot, read, listed, written: writer.commit()?, unsteady, walked: true })
    }

    /// A sweep may have removed what no snapshot named any more: it must be read and written again.
    fn forget_missing(&mut self, subject: &Subject) -> Result<(), TreeError> {
        (self.quiet, self.seen) = (None, None);
        if let Some(known) = &mut self.known {
            keep_stored(subject, Arc::make_mut(known))?;
        }
        Ok(())
    }

    /// For a copy of the folder that has its inodes and times.
    pub(super) fn forked(&self) -> Self {
        Self { quiet: None, seen: None, ..self.clone() }
    }

    pub(super) fn stamp_at(&self, path: &[u8]) -> Option<Stamp> {
        match self.known.as_ref()?.find(path)? {
            Known::File { stamp, .. } | Known::Link { stamp, .. } => Some(*stamp),
            Known::Folder(_) => None,
        }
    }

    /// The file at a path, if it was found at rest.
    pub(super) fn settled_file(&self, path: &[u8]) -> Option<(Stamp, crate::cas::Content)> {
        match self.known.as_ref()?.find(path)? {
            Known::File { stamp, settled: true, content } => Some((*stamp, *content)),
            _ => None,
        }
    }
}

/// Nanoseconds since 1970, as file systems stamp (the last tick's time).
fn now() -> i64 {
    let time = clock_gettime(ClockId::RealtimeCoarse);
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}

/// Outcomes in the order of the paths.
fn read_all(root: &Root, paths: &[Vec<u8>], rules: &Rules, now: i64, writer: &Writer<'_>) -> Result<Vec<Outcome>, TreeError> {
    let one = |path: &Vec<u8>| steady::read(root.as_fd(), path, rules, now, writer);
    if paths.len() < PARALLEL_FROM { paths.iter().map(one).collect() } else { side_by_side(paths, one) }
}

/// Writes folders, innermost first, that are not as they were; true if none was.
fn write(writer: &Writer<'_>, found: &mut Arc<KnownFolder>, old: Option<&Arc<KnownFolder>>) -> Result<bool, TreeError> {
    if old.is_some_and(|old| Arc::ptr_eq(old, found)) && found.object.is_some() {
        return Ok(true);
    }
    let found = Arc::make_mut(found);
    for (name, known) in &mut found.entries {
        if let Known::Folder(folder) = known {
            let old = old.and_then(|old| old.get(name)).and_then(|old| if let Known::Folder(old) = old { Some(old) } else { None });
            write(writer, folder, old)?;
        }
    }
    if let Some(old) = old
        && let Some(object) = old.object
        && old.entries.len() == found.entries.len()
        && old.entries.iter().zip(&found.entries).all(|((a, old), (b, new))| a == b && old.item() == new.item())
    {
        found.object = Some(object);
        return Ok(true);
    }
    let entries = found.entries.iter().map(|(name, known)| Entry { name: name.clone(), item: known.item() }).collect();
    found.object = Some(writer.put(Kind::Folder, &Folder { entries }.encode())?);
    Ok(false)
}

/// Folders that are no longer as they were when they were entered.
fn changed_folders(root: &Root, folders: &[(Vec<u8>, Stamp)]) -> Vec<Vec<u8>> {
    let changed = |(path, stamp): &(Vec<u8>, Stamp)| {
        let name = if path.is_empty() { b".".as_slice() } else { path };
        // Only compared, never opened: a link on the way makes it another folder, which is what we ask.
        let same = rustix::fs::statat(root, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|stat| Stamp::of(&stat) == *stamp);
        Ok::<_, Infallible>((!same).then(|| path.clone()))
    };
    let asked: Result<Vec<_>, Infallible> =
        if folders.len() < PARALLEL_ASKED { folders.iter().map(changed).collect() } else { side_by_side(folders, changed) };
    let Ok(moved) = asked;
    moved.into_iter().flatten().collect()
}

fn count(folder: &KnownFolder, files: &mut u64, bytes: &mut u64) {
    for (_, known) in &folder.entries {
        match known {
            Known::File { content, .. } => {
                *files += 1;
                *bytes += content.size;
            }
            Known::Link { .. } => *files += 1,
            Known::Folder(folder) => count(folder, files, bytes),
        }
    }
}

fn keep_stored(subject: &Subject, folder: &mut KnownFolder) -> Result<(), TreeError> {
    if let Some(object) = folder.object
        && !subject.objects().has(&object)?
    {
        folder.object = None;
    }
    for (_, known) in &mut folder.entries {
        match known {
            // A list of chunks that is gone or damaged is as good as a missing file.
            Known::File { settled, content, .. } => *settled &= content.stored(subject).unwrap_or(false),
            Known::Link { .. } => {}
            Known::Folder(folder) => keep_stored(subject, Arc::make_mut(folder))?,
        }
    }
    Ok(())
}
