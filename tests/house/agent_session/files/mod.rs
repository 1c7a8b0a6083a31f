//! A session's files at every event: seen, taken back, forked off, merged, kept and forgotten.

mod btrfs;
mod cli;
mod crash;
mod fidelity;
mod forks;
mod git;
mod gone;
mod keeping;
mod merge;
mod names;
mod past;
mod refused;
mod steps;
mod uncaptured;
mod undo;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::bench::{Bench, say, shell, write};

/// Of each path its kind, permission bits and bytes.
pub(super) type Contents = BTreeMap<String, (char, u32, Vec<u8>)>;

/// What a folder holds.
pub(super) fn holds(root: &Path) -> Contents {
    let mut found = BTreeMap::new();
    look(root, root, &mut found);
    found
}

fn look(root: &Path, folder: &Path, found: &mut Contents) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).expect("beneath").display().to_string();
        let seen = path.symlink_metadata().expect("there");
        let mode = seen.permissions().mode() & 0o7777;
        if seen.is_symlink() {
            let target = std::fs::read_link(&path).expect("a link");
            found.insert(name, ('l', 0, target.into_os_string().into_encoded_bytes()));
        } else if seen.is_dir() {
            found.insert(name, ('d', mode, Vec::new()));
            look(root, &path, found);
        } else {
            found.insert(name, ('f', mode, std::fs::read(&path).expect("readable")));
        }
    }
}

/// Two files in two turns, changed by a tool and by a command, and the end.
pub(super) fn script() -> Vec<Value> {
    vec![write("a.txt", "one\n"), shell("printf 'two\\n' >> a.txt; mkdir -p d/e; printf x > d/b.bin; chmod 755 d/b.bin"), say("done")]
}

impl Bench {
    pub(super) async fn snapshots(&self, session: &str) -> Vec<Value> {
        self.world.get(&format!("/api/v1/sessions/{session}/snapshots")).await["items"].as_array().expect("items").clone()
    }

    /// Position of the n-th call's snapshot, from 1; of the run's beginning with 0.
    pub(super) async fn step(&self, session: &str, n: usize) -> u64 {
        let snapshots = self.snapshots(session).await;
        let calls: Vec<_> = snapshots.iter().filter(|item| item["cause"] == "call").collect();
        let item = if n == 0 { &snapshots[0] } else { calls[n - 1] };
        item["position"].as_u64().expect("a position")
    }

    pub(super) fn copy_of(&self, fork: &str) -> PathBuf {
        self.world.home().join("forks").join(fork)
    }
}
