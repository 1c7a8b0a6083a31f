//! A process that is killed while it writes: what it said was durable is there and whole, and nothing else is in the way.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use super::*;

/// Set for the child that is to be killed.
const FOLDER: &str = "OPENSAIL_TEST_CAS_CRASH";
const KILLS: usize = 12;

fn object(number: u32) -> (Address, Vec<u8>) {
    let bytes = number.to_le_bytes().repeat(2000);
    (Address::of(&bytes), bytes)
}

/// Not a test by itself: writes packs until it is killed and says after each what is durable.
#[test]
fn child_that_writes() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let store = LocalStore::open(Path::new(&folder)).expect("open");
    let first = std::process::id().wrapping_mul(1_000_000);
    for number in (first..).step_by(3) {
        let _held = store.hold().expect("held");
        let batch = store.batch();
        batch.write(&[object(number), object(number + 1)]).expect("written");
        batch.write(&[object(number + 2)]).expect("written");
        batch.publish().expect("published");
        println!("durable {number}");
    }
}

#[test]
fn a_killed_writer_loses_nothing_that_was_durable() {
    let folder = tempfile::tempdir().expect("tempdir");
    let mut durable = Vec::new();
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "cas::tests::crash::child_that_writes", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        let mut said = 0;
        // Each is killed a little later in its work; what the pipe still holds was said before the kill.
        while said <= kill * 3 {
            line.clear();
            assert!(lines.read_line(&mut line).expect("read") > 0, "the child ended by itself");
            said += note(&line, &mut durable);
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        let mut rest = String::new();
        lines.read_to_string(&mut rest).expect("read");
        let whole = rest.rfind('\n').map_or("", |end| &rest[..end]);
        for line in whole.lines() {
            note(line, &mut durable);
        }
        let store = LocalStore::open(folder.path()).expect("open");
        for number in durable.iter().flat_map(|first| *first..*first + 3) {
            let (name, bytes) = object(number);
            assert_eq!(store.read(&name), Ok(bytes));
        }
    }
    let left = std::fs::read_dir(folder.path().join("packs")).expect("readable");
    assert!(
        left.map(|entry| entry.expect("entry").file_name()).all(|name| name == "epoch.spare" || name.to_string_lossy().ends_with(".pack"))
    );
}

fn note(line: &str, durable: &mut Vec<u32>) -> usize {
    // The test harness may have begun the line.
    let Some((_, number)) = line.split_once("durable ") else { return 0 };
    durable.push(number.trim().parse().expect("a number"));
    1
}
