//! A folder, a store and a subject; and what a folder holds, for comparing.

use std::collections::BTreeMap;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::*;
use crate::cas::test_key::subject;
use crate::cas::{Address, Hold, LocalStore, Subject};
use crate::fileops::Root;

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) store: LocalStore,
    pub(super) subject: Subject,
    pub(super) tracker: Tracker,
}

impl World {
    pub(super) fn new() -> Self {
        Self::within(tempfile::tempdir().expect("tempdir"))
    }

    pub(super) fn within(folder: tempfile::TempDir) -> Self {
        let store = LocalStore::open(&folder.path().join("blobs")).expect("store");
        std::fs::create_dir(folder.path().join("project")).expect("project");
        Self { subject: subject(Arc::new(store.clone()), 1), store, folder, tracker: Tracker::default() }
    }

    pub(super) fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.project().join(path)
    }

    pub(super) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, bytes).expect("written");
    }

    pub(super) fn hold(&self) -> Hold {
        crate::cas::Objects::hold(&self.store).expect("held")
    }

    pub(super) fn take(&mut self) -> Taken {
        let (root, hold) = (Root::open(&self.project()).expect("root"), self.hold());
        self.tracker.take(&self.subject, &root, &Rules::default(), &hold).expect("taken")
    }

    /// By a walk that knows nothing.
    pub(super) fn take_anew(&mut self) -> Taken {
        self.tracker = Tracker::default();
        self.take()
    }

    pub(super) fn restore(&mut self, target: &Address) -> Restored {
        let (root, hold) = (Root::open(&self.project()).expect("root"), self.hold());
        restore(&self.subject, &mut self.tracker, &root, &Rules::default(), target, &hold).expect("restored")
    }

    pub(super) fn checkout(&self, snapshot: &Address) -> tempfile::TempDir {
        let into = tempfile::tempdir_in(self.folder.path()).expect("a folder");
        checkout(&self.subject, snapshot, &Root::open(into.path()).expect("root"), None).expect("laid out");
        into
    }
}

/// Kind and mode, time in nanoseconds (files), bytes or target.
pub(super) type State = BTreeMap<Vec<u8>, (u32, i128, Vec<u8>)>;

pub(super) fn state(root: &Path) -> State {
    let mut state = State::new();
    add(root, root, &mut state);
    state
}

/// Without the times.
pub(super) fn timeless(root: &Path) -> State {
    state(root).into_iter().map(|(path, (mode, _, bytes))| (path, (mode, 0, bytes))).collect()
}

fn add(root: &Path, folder: &Path, state: &mut State) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("entry").path();
        let meta = path.symlink_metadata().expect("metadata");
        let (time, bytes) = if meta.is_dir() {
            add(root, &path, state);
            (0, Vec::new())
        } else if meta.is_symlink() {
            (0, std::fs::read_link(&path).expect("target").into_os_string().into_vec())
        } else {
            (i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()), std::fs::read(&path).expect("bytes"))
        };
        let mode = if meta.is_symlink() { 0o120_000 } else { meta.permissions().mode() };
        let name = path.strip_prefix(root).expect("beneath").as_os_str().as_bytes().to_vec();
        state.insert(name, (mode, time, bytes));
    }
}
