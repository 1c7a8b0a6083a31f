//! Mark and sweep: what the journal names is marked, and the store removes the rest.

use std::collections::HashMap;

use opensail_commands::ports::snapshots::{AskRoots, Roots, SnapshotError, Swept, Total};
use opensail_csi::cas::{self, Address, CasError, Live, Objects, Subject, Sweep};
use opensail_csi::tree::{self, TreeError};
use opensail_domain::kernel::ProjectId;
use tokio::runtime::Handle;

use super::translate::failed;
use super::{LocalSnapshots, off_thread};
use crate::crash::crash_point;

pub(super) async fn sweep(own: &LocalSnapshots, roots: AskRoots, dry_run: bool) -> Result<Swept, SnapshotError> {
    let (own, handle) = (own.clone(), Handle::current());
    off_thread(move || {
        let wish = Sweep { dry_run, ..Sweep::default() };
        let mut subjects = HashMap::new();
        let mut mark = |live: &mut Live| {
            crash_point!("before_mark");
            let named = handle.block_on(roots()).map_err(CasError::Unavailable)?;
            for project in named.snapshots.iter().map(|(project, _)| *project) {
                if let std::collections::hash_map::Entry::Vacant(slot) = subjects.entry(project) {
                    slot.insert(subject(&own, &handle, project)?);
                }
            }
            marked(&subjects, &named, live)?;
            crash_point!("after_mark");
            Ok(())
        };
        let swept = own.store.sweep(&wish, &mut mark).map_err(|error| failed(error.into()))?;
        crash_point!("after_sweep");
        Ok(told(swept))
    })
    .await
}

/// `None`: its key was destroyed, so there is nothing left to keep.
fn subject(own: &LocalSnapshots, handle: &Handle, project: ProjectId) -> Result<Option<Subject>, CasError> {
    match handle.block_on(own.subject(project)) {
        Ok(subject) => Ok(Some(subject)),
        Err(SnapshotError::Forgotten) => Ok(None),
        Err(error) => Err(CasError::Unavailable(error.to_string())),
    }
}

/// Snapshots first: what is marked already is not gone into.
fn marked(subjects: &HashMap<ProjectId, Option<Subject>>, named: &Roots, live: &mut Live) -> Result<(), CasError> {
    for (project, snapshot) in &named.snapshots {
        let (Some(Some(subject)), Ok(snapshot)) = (subjects.get(project), snapshot.parse::<Address>()) else { continue };
        match tree::mark(subject, &snapshot, live) {
            // Named and not there: told as missing, and no reason to keep everything else for ever.
            Ok(()) | Err(TreeError::Store(CasError::Missing(_))) => {}
            Err(TreeError::Store(error)) => return Err(error),
            Err(error) => return Err(CasError::Unavailable(error.to_string())),
        }
    }
    for blob in named.blobs.iter().filter_map(|blob| blob.parse::<Address>().ok()) {
        live.add(blob);
    }
    for name in named.perhaps.iter().filter_map(|name| name.parse::<Address>().ok()) {
        live.add_if_stored(name);
    }
    Ok(())
}

fn told(swept: cas::Swept) -> Swept {
    let total = |total: cas::Total| Total { objects: total.objects, bytes: total.bytes };
    Swept {
        live: total(swept.live),
        young: total(swept.young),
        later: total(swept.later),
        removed: total(swept.removed),
        moved: total(swept.moved),
        unreadable: total(swept.unreadable),
        missing: swept.missing,
    }
}
