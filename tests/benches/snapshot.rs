//! How long a snapshot of a project takes: 10,000 files of 500 MB in 1,000 folders, taken for the first time, unchanged, with
//! one file changed and with 1 % changed; on the file system of the temporary folder, and on a subvolume of a btrfs that is
//! mounted for it where that is allowed. Sealing is the production scheme, everything is synced.
//!
//! Beside ours stands `git add --all` with `git write-tree`, which keeps an index too, but seals nothing and does not sync.
//! A missed goal is printed as missed. `BENCH_ROUNDS` sets the rounds per cell (30); the first snapshot is taken once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use opensail_csi::cas::{Hold, LocalStore, Objects, SealError, Sealer, Subject};
use opensail_csi::fileops::Root;
use opensail_csi::tree::{Near, Rules, Tracker, checkout, create_subvolume, fork};
use opensail_eventstore::sqlite::SqliteStore;
use opensail_eventstore::vault::keyring::{DataKey, Keyring, NONCE};
use opensail_tests::timing::{Times, machine};
use rand::RngCore;

const FILES: usize = 10_000;
const FOLDERS: usize = 1000;
/// Mean bytes of a file; half of them text that compresses, half noise.
const FILE_BYTES: usize = 50_000;
const GOAL: Duration = Duration::from_millis(50);
const GOAL_BTRFS: Duration = Duration::from_millis(5);

/// The production cipher under one subject's key.
struct Key(DataKey);

impl Sealer for Key {
    fn seal(&self, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = self.0.seal(b"bench", plain).map_err(|error| SealError::Unavailable(error.to_string()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, stored: &[u8]) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = stored.split_at_checked(NONCE).ok_or(SealError::Unsealed)?;
        self.0.open(b"bench", nonce, sealed).map_err(|_| SealError::Unsealed)
    }

    fn naming_key(&self) -> [u8; 32] {
        [7; 32]
    }
}

#[tokio::main]
async fn main() {
    // Cargo asks with --test when it only wants to know that it runs.
    let trial = std::env::args().any(|argument| argument == "--test");
    let rounds = std::env::var("BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(30);
    let (files, rounds) = if trial { (200, 2) } else { (FILES, rounds) };
    let home = tempfile::tempdir().expect("a folder");
    let vault = SqliteStore::open(home.path().join("journal.db")).await.expect("a vault");
    let keys = Keyring::new(Arc::new(vault), b"the installation's secret, 32 by");
    let key = keys.current("session-bench").await.expect("a key");
    println!("{}", machine());
    println!("{:<52} {:>6} {:>9} {:>9} {:>9}", "", "rounds", "p50 ms", "p99 ms", "worst ms");
    run("temporary folder", home.path(), None, files, rounds, key.clone());
    match Mounted::new(home.path()) {
        Some(mounted) => run("btrfs subvolume", &mounted.0, Some(&mounted.0), files, rounds, key),
        None => println!("SKIPPED: btrfs is only measured as root, with btrfs-progs and the right to mount"),
    }
}

struct World {
    project: PathBuf,
    subject: Subject,
    hold: Hold,
    tracker: Tracker,
    rules: Rules,
}

impl World {
    fn take(&mut self) -> opensail_csi::tree::Taken {
        let root = Root::open(&self.project).expect("a root");
        self.tracker.take(&self.subject, &root, &self.rules, &self.hold).expect("taken")
    }
}

fn run(place: &str, folder: &Path, btrfs: Option<&Path>, files: usize, rounds: usize, key: DataKey) {
    let project = folder.join("project");
    match btrfs {
        Some(top) => create_subvolume(std::fs::File::open(top).expect("the top"), c"project").expect("a subvolume"),
        None => std::fs::create_dir(&project).expect("a folder"),
    }
    let bytes = fill(&project, files);
    let store = LocalStore::open(&folder.join("blobs")).expect("a store");
    let hold = store.hold().expect("held");
    let subject = Subject::new(Arc::new(store), Arc::new(Key(key)));
    let mut world = World { project, subject, hold, tracker: Tracker::default(), rules: Rules::default() };
    let goal = if btrfs.is_some() { GOAL_BTRFS } else { GOAL };

    let start = Instant::now();
    let first = world.take();
    let took = start.elapsed();
    assert_eq!(first.snapshot.files, files as u64);
    println!(
        "{place}: first, {files} files, {} MB, {} MB stored: {:.0} ms, {:.0} MB/s",
        bytes / 1_000_000,
        first.written.bytes / 1_000_000,
        ms(took),
        bytes as f64 / 1e6 / took.as_secs_f64()
    );
    // Files that were written a moment before the first look are read once more.
    while world.take().read > 0 {}
    world.take();
    let cell = |what: &str| format!("{place}: {what}");
    let times = (0..rounds).map(|_| timed(|| assert_eq!(world.take().read, 0))).collect();
    report(&cell("unchanged"), times, Some(goal));
    for (what, share) in [("one file changed", 1), ("1 % changed", files / 100)] {
        let mut times = Vec::new();
        for round in 0..rounds {
            for number in 0..share {
                write(&world.project, (round * 131 + number * 97) % files);
            }
            times.push(timed(|| assert!(world.take().read >= share as u64)));
            while world.take().read > 0 {}
        }
        report(&cell(what), times, Some(goal));
        report(&cell(&format!("{what}: bare flush of these bytes")), bare(folder, &world.project, share, rounds), None);
    }
    copies(place, folder, &mut world, btrfs, rounds.min(5));
    git(place, folder, &world.project, files, rounds);
}

/// What no snapshot can be quicker than where the file system is asked what changed: the project's bytes brought to the disk, and as many
/// again written into one file of the store and flushed. Where it is not asked, only the second.
fn bare(folder: &Path, project: &Path, share: usize, rounds: usize) -> Vec<Duration> {
    let asked = std::fs::File::open(project).expect("a folder");
    let is_btrfs = opensail_csi::tree::subvolume(&Root::open(project).expect("a root")).is_ok_and(|found| found.is_some());
    (0..rounds)
        .map(|round| {
            let bytes: usize = (0..share).map(|number| write(project, (round * 139 + number * 83) % FILES.min(share * 100))).sum();
            let noise = vec![round as u8; bytes];
            timed(|| {
                if is_btrfs {
                    rustix::fs::syncfs(&asked).expect("synced");
                }
                let mut file = tempfile::NamedTempFile::new_in(folder).expect("a file");
                std::io::Write::write_all(&mut file, &noise).and_then(|()| file.as_file().sync_all()).expect("flushed");
            })
        })
        .collect()
}

/// The project at its present state in another folder.
fn copies(place: &str, folder: &Path, world: &mut World, btrfs: Option<&Path>, rounds: usize) {
    let taken = world.take();
    let root = Root::open(&world.project).expect("a root");
    let near = Near { root: &root, tracker: &world.tracker };
    let mut times = Vec::new();
    for round in 0..rounds {
        let into = folder.join(format!("copy-{round}"));
        std::fs::create_dir(&into).expect("a folder");
        let into_root = Root::open(&into).expect("a root");
        times.push(timed(|| assert!(checkout(&world.subject, &taken.name, &into_root, Some(near)).is_ok())));
        std::fs::remove_dir_all(&into).expect("removed");
    }
    report(&format!("{place}: laid out in an empty folder, synced"), times, None);
    if let Some(top) = btrfs {
        let times = (0..rounds)
            .map(|round| {
                let name = std::ffi::CString::new(format!("fork-{round}")).expect("a name");
                timed(|| drop(fork(&world.subject, Some(near), &world.rules, &taken.name, (top, &name), &world.hold).expect("forked")))
            })
            .collect();
        report(&format!("{place}: forked by a copy of the subvolume"), times, None);
    }
}

fn git(place: &str, folder: &Path, project: &Path, files: usize, rounds: usize) {
    let store = folder.join("git");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(&store).arg("--work-tree").arg(project).args(["-c", "core.fsync=none"]).args(arguments);
        command.output().is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "--quiet"]) {
        println!("SKIPPED: git is not installed");
        return;
    }
    let snapshot = || assert!(git(&["add", "--all"]) && git(&["write-tree"]));
    report(&format!("{place}: git, first"), vec![timed(snapshot)], None);
    report(&format!("{place}: git, unchanged"), (0..rounds).map(|_| timed(snapshot)).collect(), None);
    for (what, share) in [("one file changed", 1), ("1 % changed", files / 100)] {
        let mut times = Vec::new();
        for round in 0..rounds {
            for number in 0..share {
                write(project, (round * 137 + number * 89) % files);
            }
            times.push(timed(snapshot));
        }
        report(&format!("{place}: git, {what}"), times, None);
    }
}

fn fill(project: &Path, files: usize) -> usize {
    for folder in 0..FOLDERS.min(files) {
        std::fs::create_dir_all(project.join(format!("{}/{folder}", folder % 20))).expect("a folder");
    }
    (0..files).map(|number| write(project, number)).sum()
}

/// A file's new bytes; sizes from a tenth of the mean to almost twice it.
fn write(project: &Path, number: usize) -> usize {
    let size = FILE_BYTES / 10 + (number * 7919) % (FILE_BYTES * 9 / 5);
    let mut bytes = vec![0; size];
    rand::rng().fill_bytes(&mut bytes);
    if number.is_multiple_of(2) {
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = if at % 40 == 39 { b'\n' } else { b"etaoin shrdlu(){};="[usize::from(*byte) % 19] };
        }
    }
    let folder = number % FOLDERS;
    std::fs::write(project.join(format!("{}/{folder}/file-{number}.rs", folder % 20)), &bytes).expect("written");
    size
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn report(what: &str, times: Vec<Duration>, goal: Option<Duration>) {
    let times = Times::from(times);
    let met = |goal: f64| if times.ms(0.5) <= goal { "met at p50" } else { "MISSED" };
    let verdict = goal.map(ms).map_or(String::new(), |goal| format!("  goal {goal:.0} ms {}", met(goal)));
    println!("{what:<52} {:>6} {:>9.2} {:>9.2} {:>9.2}{verdict}", times.count(), times.ms(0.5), times.ms(0.99), times.ms(1.0));
}

/// A btrfs of eight gigabytes in a sparse file.
struct Mounted(PathBuf);

impl Mounted {
    fn new(folder: &Path) -> Option<Self> {
        let (image, top) = (folder.join("image"), folder.join("top"));
        std::fs::create_dir(&top).expect("a folder");
        std::fs::File::create(&image).and_then(|file| file.set_len(8 << 30)).expect("an image");
        let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
            Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
        };
        let mounted = run("mkfs.btrfs", &["-q".as_ref(), image.as_ref()])
            && run("mount", &["-o".as_ref(), "loop".as_ref(), image.as_ref(), top.as_ref()]);
        mounted.then_some(Self(top))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if !Command::new("umount").arg(&self.0).status().is_ok_and(|status| status.success()) {
            eprintln!("the btrfs at {} could not be unmounted", self.0.display());
        }
    }
}
