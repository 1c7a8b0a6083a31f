//! Snapshots in the content-addressed store of this machine, sealed under their project's key.
//!
//! Every call goes to a thread that may block. What is known of a folder (its index) is kept in memory and, sealed, beside the store as a
//! cache: without it a folder is read anew.

mod folders;
mod sealer;
mod sweep;
#[cfg(test)]
mod tests;
mod translate;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use opensail_commands::ports::snapshots::{
    AskRoots, Blamed, BlamedLine, Captured, Choices, Held, LeftOut, MAX_TOLD_LEFT_OUT, MAX_TOLD_PATHS, Merge, PathChange, PutBack, Sides,
    SnapshotEntry, SnapshotError, Snapshots, Swept, Total, WorkingCopy,
};
use opensail_csi::cas::{Address, Hold, LocalStore, Objects, Subject};
use opensail_csi::fileops::Root;
use opensail_csi::names::{meant, told};
use opensail_csi::tree::{self, Rules, TreeError};
use opensail_domain::agent_session::event::Tree;
use opensail_domain::kernel::ProjectId;
use opensail_eventstore::vault::keyring::{KeyError, Keyring};

use crate::crash::crash_point;
use folders::Folders;
use sealer::KeySealer;
use translate::{address, choice, conflict, failed, left_out, lossy, path_change, refused};

/// Largest text that lines are blamed in, in bytes.
const MAX_BLAMED: u64 = 4 * 1024 * 1024;

/// [`Snapshots`] over a local store; clones share everything.
#[derive(Clone)]
pub struct LocalSnapshots {
    store: LocalStore,
    keys: Arc<Keyring>,
    folders: Arc<Folders>,
    /// Where working copies are made.
    copies: PathBuf,
    rules: Rules,
}

impl LocalSnapshots {
    /// `indexes`: where what is known of folders is kept; made when it is needed. `copies`: where working copies are made.
    pub fn new(store: LocalStore, keys: Arc<Keyring>, indexes: PathBuf, copies: PathBuf, rules: Rules) -> Self {
        Self { store, keys, folders: Arc::new(Folders::new(indexes)), copies, rules }
    }

    /// Removes what killed processes left half made; it is made again when it is needed. May take as long as there is to remove.
    pub fn clear_drafts(&self) {
        folders::clear_drafts(&self.copies);
    }

    async fn subject(&self, project: ProjectId) -> Result<Subject, SnapshotError> {
        let key = self.keys.current(&format!("project-{project}")).await.map_err(|error| match error {
            KeyError::Destroyed(_) => SnapshotError::Forgotten,
            error => SnapshotError::Unavailable(error.to_string()),
        })?;
        Ok(Subject::new(Arc::new(self.store.clone()), Arc::new(KeySealer::new(key))))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        project: ProjectId,
        work: impl FnOnce(&Self, &Subject) -> Result<T, SnapshotError> + Send + 'static,
    ) -> Result<T, SnapshotError> {
        let (own, subject) = (self.clone(), self.subject(project).await?);
        off_thread(move || work(&own, &subject)).await
    }

    fn hold(&self) -> Result<Hold, SnapshotError> {
        self.store.hold().map_err(|error| failed(error.into()))
    }

    fn take(&self, subject: &Subject, root: &Path, before: Option<&str>) -> Result<Captured, SnapshotError> {
        crash_point!("before_capture");
        let hold = self.hold()?;
        let opened = open(root)?;
        let before = before.map(address).transpose()?;
        let taken = self.folders.with(subject, root, |tracker| {
            let taken = tracker.take(subject, &opened, &self.rules, &hold)?;
            // What was before may have been swept: then nothing is told about it.
            let changes = before.and_then(|before| tracker.changes(subject, &before, &taken.name).ok());
            Ok((taken, changes))
        });
        let (taken, changes) = taken.map_err(failed)?;
        crash_point!("after_capture");
        let paths = changes.iter().flatten().take(MAX_TOLD_PATHS).map(|change| told(&change.path)).collect();
        let (files, bytes, left_out) = (taken.snapshot.files, taken.snapshot.bytes, taken.snapshot.left_out_count);
        let tree = Tree { snapshot: taken.name.to_string(), files, bytes, left_out };
        Ok(Captured { tree, changed: changes.map(|changes| changes.len() as u64), paths, held: Held::new(hold) })
    }

    fn put_back_now(&self, subject: &Subject, root: &Path, before: &str, goal: &str) -> Result<PutBack, SnapshotError> {
        crash_point!("before_put_back");
        let (hold, opened) = (self.hold()?, open(root)?);
        let (before, goal) = (address(before)?, address(goal)?);
        let restored = self.folders.with(subject, root, |tracker| {
            let now = tracker.take(subject, &opened, &self.rules, &hold)?;
            // Whatever somebody changed since the plan was made stays.
            let wish = tree::Wish { lines: false, resumes: true, choose: &|_| Some(tree::Choice::Ours) };
            let merged = tree::merge(subject, [&before, &now.name, &goal], wish, &hold)?;
            let restored = tree::bring(subject, tracker, &opened, now, &merged.snapshot)?;
            Ok((merged.decided, restored))
        });
        let (mut spared, restored) = restored.map_err(failed)?;
        crash_point!("after_put_back");
        spared.extend(restored.spared);
        spared.extend(restored.refused.iter().map(|(path, _)| path.clone()));
        spared.sort();
        spared.dedup();
        let after = self.take(subject, root, None)?;
        let spared = spared.iter().map(|path| told(path)).collect();
        let refused = restored.refused.iter().map(refused).collect();
        Ok(PutBack { after, changed: restored.changed.len() as u64, spared, refused })
    }
}

/// Links on the way are refused, and everything beneath is opened through this handle.
fn open(root: &Path) -> Result<Root, SnapshotError> {
    Root::open(root).map_err(|error| failed(error.into()))
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T, SnapshotError> + Send + 'static) -> Result<T, SnapshotError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(SnapshotError::Unavailable(error.to_string())))
}

#[async_trait]
impl Snapshots for LocalSnapshots {
    async fn capture(&self, project: ProjectId, root: &Path, before: Option<&str>) -> Result<Captured, SnapshotError> {
        let (root, before) = (root.to_path_buf(), before.map(str::to_owned));
        self.blocking(project, move |own, subject| own.take(subject, &root, before.as_deref())).await
    }

    async fn merge(&self, project: ProjectId, sides: &Sides, lines: bool, choices: &Choices) -> Result<Merge, SnapshotError> {
        let (sides, choices) = (sides.clone(), choices.clone());
        self.blocking(project, move |own, subject| {
            let hold = own.hold()?;
            let [base, ours, theirs] = [&sides.base, &sides.ours, &sides.theirs].map(|side| address(side));
            let decided: BTreeMap<Vec<u8>, _> = choices.paths.iter().map(|(path, choice)| (meant(path), *choice)).collect();
            let choose = |path: &[u8]| decided.get(path).copied().or(choices.rest).map(choice);
            let wish = tree::Wish { lines, resumes: false, choose: &choose };
            let merged = tree::merge(subject, [&base?, &ours?, &theirs?], wish, &hold).map_err(failed)?;
            let conflicts = merged.conflicts.into_iter().map(conflict).collect();
            // As whoever decided spelt them.
            let decided = choices.paths.keys().filter(|path| merged.decided.contains(&meant(path))).cloned().collect();
            Ok(Merge { snapshot: merged.snapshot.to_string(), conflicts, decided, held: Held::new(hold) })
        })
        .await
    }

    async fn put_back(&self, project: ProjectId, root: &Path, before: &str, goal: &str) -> Result<PutBack, SnapshotError> {
        let (root, before, goal) = (root.to_path_buf(), before.to_owned(), goal.to_owned());
        self.blocking(project, move |own, subject| own.put_back_now(subject, &root, &before, &goal)).await
    }

    async fn lay_out(&self, project: ProjectId, snapshot: &str, near: &Path, into: &Path) -> Result<bool, SnapshotError> {
        let (snapshot, near, into) = (address(snapshot)?, near.to_path_buf(), into.to_path_buf());
        self.blocking(project, move |own, subject| {
            let hold = own.hold()?;
            folders::lay_out(&own.folders, subject, &own.rules, &snapshot, (&near, &into), &hold)
        })
        .await
    }

    async fn discard(&self, root: &Path) -> Result<(), SnapshotError> {
        let (own, root) = (self.clone(), root.to_path_buf());
        off_thread(move || {
            own.folders.forget(&root);
            own.clear_drafts();
            folders::remove(&root)
        })
        .await
    }

    async fn copies(&self, beneath: &Path) -> Result<Vec<WorkingCopy>, SnapshotError> {
        let beneath = beneath.to_path_buf();
        off_thread(move || folders::copies(&beneath)).await
    }

    async fn copy_size(&self, root: &Path) -> Result<Total, SnapshotError> {
        let root = root.to_path_buf();
        off_thread(move || folders::size(&root)).await
    }

    async fn changes(&self, project: ProjectId, before: &str, after: &str) -> Result<Vec<PathChange>, SnapshotError> {
        let (before, after) = (address(before)?, address(after)?);
        self.blocking(project, move |_, subject| {
            let changes = tree::diff(subject, &before, &after).map_err(failed)?;
            Ok(changes.into_iter().map(path_change).collect())
        })
        .await
    }

    async fn read(&self, project: ProjectId, snapshot: &str, path: &str, limit: u64) -> Result<Option<Bytes>, SnapshotError> {
        let (snapshot, path) = (address(snapshot)?, path.to_owned());
        self.blocking(project, move |_, subject| {
            let found = tree::file_at(subject, &snapshot, &meant(&path), limit).map_err(failed)?;
            Ok(found.map(Bytes::from))
        })
        .await
    }

    async fn tree(
        &self,
        project: ProjectId,
        snapshot: &str,
        path: &str,
        depth: u32,
        limit: usize,
    ) -> Result<Option<(Vec<SnapshotEntry>, bool)>, SnapshotError> {
        let (snapshot, path) = (address(snapshot)?, path.to_owned());
        self.blocking(project, move |_, subject| translate::tree(subject, &snapshot, &path, depth, limit).map_err(failed)).await
    }

    async fn left_out(&self, project: ProjectId, snapshot: &str) -> Result<LeftOut, SnapshotError> {
        let snapshot = address(snapshot)?;
        self.blocking(project, move |_, subject| {
            let snapshot = tree::Snapshot::load(subject, &snapshot).map_err(failed)?;
            let paths = snapshot.left_out.iter().take(MAX_TOLD_LEFT_OUT).map(left_out).collect();
            Ok(LeftOut { paths, total: snapshot.left_out_count })
        })
        .await
    }

    async fn blame(&self, project: ProjectId, snapshots: &[String], path: &str) -> Result<Blamed, SnapshotError> {
        let snapshots: Vec<Address> = snapshots.iter().map(|name| address(name)).collect::<Result<_, _>>()?;
        let path = path.to_owned();
        self.blocking(project, move |_, subject| {
            let blamed = tree::blame(subject, &snapshots, &meant(&path), MAX_BLAMED).map_err(|error| match failed(error) {
                SnapshotError::TooLarge { size, .. } => SnapshotError::TooLarge { size, limit: MAX_BLAMED },
                error => error,
            })?;
            let told = |line: tree::Written| BlamedLine { text: lossy(&line.line), snapshot: line.snapshot };
            Ok(match blamed {
                tree::Blame::Lines(lines) => Blamed::Lines(lines.into_iter().map(told).collect()),
                tree::Blame::Nothing => Blamed::Nothing,
                tree::Blame::Link => Blamed::Link,
                tree::Blame::Folder => Blamed::Folder,
            })
        })
        .await
    }

    async fn sweep(&self, roots: AskRoots, dry_run: bool) -> Result<Swept, SnapshotError> {
        if !dry_run {
            let own = self.clone();
            off_thread(move || {
                own.clear_drafts();
                Ok(())
            })
            .await?;
        }
        sweep::sweep(self, roots, dry_run).await
    }
}

/// For the parts of this adapter.
type Tried<T> = Result<T, TreeError>;
