//! The operations against a real file system, mostly as an attacker would have them.

mod changes;
mod escapes;
mod full_disk;
mod listings;
mod roots;
mod searches;
mod service;

use std::path::{Path, PathBuf};

use super::*;

/// A project with a neighbour that holds a secret.
struct World {
    folder: tempfile::TempDir,
    root: Root,
}

const SECRET: &[u8] = b"the neighbour's secret";

fn world() -> World {
    let folder = tempfile::tempdir().expect("tempdir");
    // The temporary folder itself may be reached through a link.
    let base = folder.path().canonicalize().expect("canonical");
    std::fs::create_dir(base.join("project")).expect("mkdir");
    std::fs::create_dir(base.join("neighbour")).expect("mkdir");
    std::fs::write(base.join("neighbour/secret"), SECRET).expect("secret");
    let root = Root::open(&base.join("project")).expect("root");
    World { folder, root }
}

impl World {
    fn path(&self, beneath: &str) -> PathBuf {
        self.base().join("project").join(beneath)
    }

    fn base(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("canonical")
    }

    fn file(&self, beneath: &str, content: &str) -> PathBuf {
        let path = self.path(beneath);
        std::fs::create_dir_all(path.parent().expect("parent")).expect("mkdir");
        std::fs::write(&path, content).expect("write");
        path
    }

    fn link(&self, beneath: &str, target: impl AsRef<Path>) {
        std::os::unix::fs::symlink(target, self.path(beneath)).expect("symlink");
    }

    fn content(&self, beneath: &str) -> Option<String> {
        std::fs::read_to_string(self.path(beneath)).ok()
    }

    /// Every name in the project, however deep.
    fn everything(&self) -> Vec<String> {
        fn gather(folder: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).expect("readable") {
                let path = entry.expect("entry").path();
                found.push(path.to_string_lossy().into_owned());
                if path.is_dir() && !path.is_symlink() {
                    gather(&path, found);
                }
            }
        }
        let mut found = Vec::new();
        gather(&self.path(""), &mut found);
        let prefix = self.path("").to_string_lossy().into_owned();
        let mut found: Vec<String> = found.into_iter().map(|path| path.replacen(&prefix, "", 1)).collect();
        found.sort();
        found
    }

    fn write(&self, path: &str, before: Option<&str>, after: &str) -> Result<Applied, FileError> {
        apply(&self.root, &change(path, before, Some(after)))
    }

    fn delete(&self, path: &str, before: Option<&str>) -> Result<Applied, FileError> {
        apply(&self.root, &change(path, before, None))
    }
}

/// Contents stand for their hashes.
fn change(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
    Change {
        path: path.into(),
        before: before.map(|content| hash(content.as_bytes())),
        after: after.map(|content| content.to_owned().into()),
        mode: None,
        allow_git: false,
    }
}

/// Ends the loop of another thread when this one is done, also when it fails: a failing test must not hang.
struct Until<'f>(&'f std::sync::atomic::AtomicBool);

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

fn hash(bytes: &[u8]) -> String {
    super::read::hash_of(bytes)
}

fn forbidden<T: std::fmt::Debug>(outcome: Result<T, FileError>) -> String {
    match outcome {
        Err(FileError::Forbidden { why, .. }) => why,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn invalid<T: std::fmt::Debug>(outcome: Result<T, FileError>) -> String {
    match outcome {
        Err(FileError::Invalid { why, .. }) => why,
        other => panic!("expected `Invalid`, got {other:?}"),
    }
}
