//! A process that is killed while it takes snapshots and goes back: what it said it took is whole, and the next one goes on.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::super::*;
use super::world::timeless;
use crate::cas::test_key::subject;
use crate::cas::{Address, LocalStore, Objects, Sweep};
use crate::fileops::Root;

const FOLDER: &str = "OPENSAIL_TEST_TREE_CRASH";
const KILLS: usize = 15;
const FILES: u32 = 12;

/// Every file of a state says which state it is.
fn fill(project: &Path, state: u32) {
    for number in 0..FILES {
        let folder = project.join((number % 3).to_string());
        std::fs::create_dir_all(&folder).expect("folder");
        std::fs::write(folder.join(number.to_string()), format!("{state} ").repeat(500)).expect("written");
    }
}

/// Not a test by itself: takes, goes back and sweeps until it is killed, and names each snapshot that it took.
#[test]
fn child_that_takes_and_goes_back() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (project, index) = (Path::new(&folder).join("project"), Path::new(&folder).join("index"));
    let store = LocalStore::open(&Path::new(&folder).join("blobs")).expect("store");
    let subject = subject(Arc::new(store.clone()), 1);
    let (root, rules) = (Root::open(&project).expect("root"), Rules::default());
    let mut tracker = Tracker::load(&subject, &index);
    let mut taken: Vec<Address> = Vec::new();
    let first = std::process::id();
    for state in first.. {
        let hold = store.hold().expect("held");
        fill(&project, state);
        taken.push(tracker.take(&subject, &root, &rules, &hold).expect("taken").name);
        println!("taken {state} {}", taken[taken.len() - 1]);
        tracker.save(&subject, &index).expect("saved");
        if state % 2 == 0 {
            restore(&subject, &mut tracker, &root, &rules, &taken[0], &hold).expect("restored");
        }
        drop(hold);
        if state % 5 == 0 {
            // Young by a day: only what is rewritten goes. All that this process took lives.
            let sweep = Sweep { grace: Duration::from_secs(86_400), dry_run: false };
            store
                .sweep(&sweep, &mut |live| taken.iter().try_for_each(|name| mark(&subject, name, live).map_err(|_| unreachable!())))
                .expect("swept");
        }
    }
}

#[test]
fn a_kill_at_any_point_loses_no_snapshot_that_was_taken() {
    let folder = tempfile::tempdir().expect("tempdir");
    let project = folder.path().join("project");
    std::fs::create_dir(&project).expect("project");
    let mut taken: Vec<(String, Address)> = Vec::new();
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "tree::tests::killed::child_that_takes_and_goes_back", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"));
        let (mut line, mut said) = (String::new(), 0);
        while said <= kill {
            line.clear();
            assert!(lines.read_line(&mut line).expect("read") > 0, "the child ended by itself");
            said += usize::from(note(&line, &mut taken));
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        let mut rest = String::new();
        lines.read_to_string(&mut rest).expect("read");
        for line in rest.rfind('\n').map_or("", |end| &rest[..end]).lines() {
            note(line, &mut taken);
        }
        let store = LocalStore::open(&folder.path().join("blobs")).expect("store");
        let subject = subject(Arc::new(store.clone()), 1);
        for (state, name) in &taken {
            for number in 0..FILES {
                let path = format!("{}/{number}", number % 3);
                let bytes = file_at(&subject, name, path.as_bytes(), 100_000).expect("read").expect("a file");
                assert_eq!(bytes, format!("{state} ").repeat(500).into_bytes(), "{path} of {state}");
            }
        }
        // What the dead one left behind is no obstacle: the folder goes back to any snapshot.
        let (state, name) = &taken[kill % taken.len()];
        let root = Root::open(&project).expect("root");
        let hold = store.hold().expect("held");
        let mut tracker = Tracker::load(&subject, &folder.path().join("index"));
        let restored = restore(&subject, &mut tracker, &root, &Rules::default(), name, &hold).expect("restored");
        assert_eq!(restored.spared, Vec::<Vec<u8>>::new());
        let files = timeless(&project);
        let passing = files.keys().filter(|name| name.ends_with(b".tmp")).count();
        assert_eq!(passing, 0, "what the dead one was writing is removed");
        let whole = files.values().filter(|(_, _, bytes)| *bytes == format!("{state} ").repeat(500).into_bytes()).count();
        assert_eq!(whole, FILES as usize);
    }
}

fn note(line: &str, taken: &mut Vec<(String, Address)>) -> bool {
    // The test harness may have begun the line.
    let Some((_, said)) = line.split_once("taken ") else { return false };
    let (state, name) = said.trim().split_once(' ').expect("a state and a name");
    taken.push((state.to_owned(), name.parse().expect("an address")));
    true
}
