//! The files of a project as a tree that never changes: taken, compared, merged, and laid out again.
//!
//! **What a snapshot holds**: regular files with their bytes, permission bits and times of change; symbolic links by their
//! target's text; folders with their permission bits, empty ones too; names of any bytes. `.git` is kept like everything else
//! and no rule applies inside it. Not held: owners, extended attributes, ACLs, set-user-id and set-group-id of files, which
//! names are one file (hard links become files of their own), which of its zeros are holes, and the times of folders and links.
//!
//! **What is left out** ([`Rules`]) is said in the result and in the snapshot ([`LeftOut`]): folders whose names are in the list
//! of caches, folders that `.gitignore` names (single files that it names are kept: they are settings and keys of people, not
//! caches), files above a size, sockets, pipes and devices, other file systems mounted inside, what may not be read, what lies too deep.
//!
//! **Taking** ([`Tracker::take`]) walks the folder and reads only what changed since the last time, by size, times, inode and
//! mode of each file; a folder is listed only if its own times changed. A file whose time is so near to the walk that a later write could bear the same one is read again
//! next time. A file that changes while it is read is read again; one that never rests is said to be unsteady. On btrfs a
//! subvolume in which nothing was written is recognised without a walk. Passing files of our own are in no snapshot; those whose writer
//! was killed are removed where a walk meets them.
//!
//! **Laying out** ([`checkout`], [`restore`]) goes beneath an open root and through no link. Restoring first takes a snapshot of what is
//! there, touches only what differs, leaves alone what snapshots leave out, and does not overwrite what somebody changed
//! meanwhile.
//!
//! **Putting together** ([`merge`]) goes by file, and by line in texts. A repository of git is one thing (`git_unit`).
//!
//! **Times**: a laid-out folder has the recorded times, so that build tools see the order they saw before. A restored file gets the
//! present time: what was built from its other version, and left out of snapshots, must look old beside it.

mod blame;
mod btrfs;
mod btrfs_search;
mod checkout;
mod diff;
mod entry;
mod error;
mod fork;
mod git_unit;
mod index;
mod lines;
mod load;
mod merge;
mod place;
mod restore;
mod rules;
mod snapshot;
mod steady;
mod take;
#[cfg(test)]
mod tests;
mod unchanged;
mod walk;

pub use blame::{Blame, Written, blame};
pub use btrfs::{Subvolume, create_subvolume, delete_subvolume, snapshot_subvolume, subvolume};
pub use checkout::{Laid, Near, checkout};
pub use diff::{Change, ChangeKind, diff};
pub use entry::{Entry, Folder, Item};
pub use error::{Refusal, TreeError};
pub use fork::{Forked, fork};
pub use lines::{Hunk, LineChange, Lines, line_diff};
pub use load::{entry_at, file_at, list};
pub use merge::{Choice, Conflict, Merged, Wish, merge};
pub use restore::{Restored, bring, restore};
pub use rules::{Rules, USUAL_CACHES, Why};
pub use snapshot::{LeftOut, Snapshot, mark};
pub use take::{Taken, Tracker};
