//! A working copy of its own of a folder, at a snapshot: by a copy of the subvolume where there is one, else laid out anew.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::io::Errno;

use super::btrfs::{snapshot_subvolume, subvolume};
use super::checkout::{Near, checkout};
use super::restore::restore;
use super::{Laid, Restored, Rules, TreeError};
use crate::cas::{Address, Hold, Subject};
use crate::fileops::{Root, create_root};

/// How a copy was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Forked {
    /// As a subvolume: with what snapshots leave out, as it is in the source now.
    Subvolume(Box<Restored>),
    /// Written, or shared file by file.
    Laid(Laid),
}

/// Makes `parent/name`, which must not exist, a copy of `source` as it was at a snapshot; without a source it is written from the store.
/// The tracker is the source's and stays so. After an error nobody should be told of the folder; what is there can be removed.
pub fn fork(
    subject: &Subject,
    source: Option<Near<'_>>,
    rules: &Rules,
    snapshot: &Address,
    (parent, name): (&Path, &CStr),
    hold: &Hold,
) -> Result<Forked, TreeError> {
    let shown = parent.to_string_lossy().into_owned();
    let above = Root::open(parent)?;
    let dir = super::walk::open_dir(above.as_fd(), c".").map_err(|errno| TreeError::at(shown.as_bytes(), errno))?;
    let into = parent.join(Path::new(std::ffi::OsStr::from_bytes(name.to_bytes())));
    if let Some(source) = source
        && subvolume(source.root)?.is_some()
        && copied(source.root, dir.as_fd(), name)?
    {
        // Inodes and times are the same in the copy, so what is known of the source is known of it.
        let mut tracker = source.tracker.forked();
        let root = Root::open(&into)?;
        return restore(subject, &mut tracker, &root, rules, snapshot, hold).map(|restored| Forked::Subvolume(Box::new(restored)));
    }
    create_root(&into)?;
    checkout(subject, snapshot, &Root::open(&into)?, source).map(Forked::Laid)
}

/// False where the two lie on different file systems, or subvolumes may not be made.
fn copied(source: &Root, parent: BorrowedFd<'_>, name: &CStr) -> Result<bool, TreeError> {
    let at = |errno| TreeError::at(name.to_bytes(), errno);
    match snapshot_subvolume(source, parent, name) {
        Ok(()) => Ok(true),
        Err(error) if [Errno::XDEV, Errno::NOTTY, Errno::PERM, Errno::INVAL].into_iter().any(|errno| error == at(errno)) => Ok(false),
        Err(error) => Err(error),
    }
}
