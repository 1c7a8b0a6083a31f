//! What one event names in the store. A new event breaks the build here, so that it is not forgotten.

use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::PlannedChange;
use opensail_domain::kernel::Private;
use opensail_domain::project::ProjectEvent;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Named<'e> {
    /// Snapshots of what was there.
    pub(super) taken: Vec<&'e str>,
    /// Snapshots that an undo or a merge works with.
    pub(super) planned: Vec<&'e str>,
    /// Snapshots that are no longer kept.
    pub(super) released: Vec<&'e str>,
    pub(super) blobs: Vec<&'e str>,
    /// Hashes of files' bytes, which look like names and name nothing in the store.
    pub(super) digests: Vec<&'e str>,
}

impl<'e> Named<'e> {
    pub(super) fn snapshots(&self) -> impl Iterator<Item = &'e str> {
        self.taken.iter().chain(&self.planned).copied()
    }

    pub(super) fn by_session(event: &'e AgentSessionEvent) -> Self {
        use AgentSessionEvent as E;
        let nothing = Self::default();
        match event {
            E::WorkspaceCaptured(e) => Self { taken: vec![&e.tree.snapshot], ..nothing },
            E::Undone(e) => Self { taken: vec![&e.tree.snapshot], ..nothing },
            E::Forked(e) => Self { taken: vec![&e.origin.snapshot], ..nothing },
            E::UndoStarted(e) => Self { taken: vec![&e.before], planned: vec![&e.goal], ..nothing },
            E::MergeStarted(e) => Self { taken: vec![&e.theirs], planned: vec![&e.base, &e.before, &e.goal], ..nothing },
            E::Merged(e) => Self { planned: vec![&e.theirs, &e.tree.snapshot], ..nothing },
            E::ForkMergeStarted(e) => Self { taken: vec![&e.before], ..nothing },
            E::ForkMerged(e) => Self { taken: vec![&e.tree.snapshot], planned: vec![&e.before, &e.theirs], ..nothing },
            E::WorkspaceDiscarded(e) => Self { taken: e.last.iter().map(|tree| tree.snapshot.as_str()).collect(), ..nothing },
            E::SnapshotsReleased(e) => Self { released: e.snapshots.iter().map(String::as_str).collect(), ..nothing },
            E::ToolCallStarted(e) => Self::by_changes(e.changes.as_ref().and_then(Private::value).map_or(&[], Vec::as_slice)),
            E::ToolCallCompleted(e) => Self { blobs: e.full_output.iter().map(|full| full.hash.as_str()).collect(), ..nothing },
            E::Requested(_)
            | E::RunStarted(_)
            | E::TurnStarted(_)
            | E::TurnCompleted(_)
            | E::TurnFailed(_)
            | E::ApprovalRequested(_)
            | E::ApprovalAnswered(_)
            | E::ApprovalTimedOut(_)
            | E::MessageAdded(_)
            | E::Requeued(_)
            | E::Paused(_)
            | E::Resumed(_)
            | E::CancelRequested(_)
            | E::Completed(_)
            | E::Failed(_)
            | E::Cancelled(_)
            | E::LimitReached(_)
            | E::Forgotten(_)
            | E::CaptureFailed(_)
            | E::SnapshotNamed(_) => nothing,
        }
    }

    pub(super) fn by_project(event: &'e ProjectEvent) -> Self {
        use ProjectEvent as E;
        let nothing = Self::default();
        match event {
            E::WorkspaceCaptured(e) => Self { taken: vec![&e.tree.snapshot], ..nothing },
            E::SnapshotsReleased(e) => Self { released: e.snapshots.iter().map(String::as_str).collect(), ..nothing },
            E::FileWritten(e) => Self { digests: e.before.iter().chain([&e.after]).map(String::as_str).collect(), ..nothing },
            E::FileDeleted(e) => Self { digests: vec![&e.before], ..nothing },
            E::Created(_) | E::Prepared(_) | E::PreparationFailed(_) | E::Renamed(_) | E::Deleted(_) | E::RetentionSet(_) => nothing,
        }
    }

    fn by_changes(changes: &'e [PlannedChange]) -> Self {
        let texts = |of: fn(&PlannedChange) -> [&Option<String>; 2]| changes.iter().flat_map(of).filter_map(Option::as_deref).collect();
        Self {
            blobs: texts(|change| [&change.before_blob, &change.after_blob]),
            digests: texts(|change| [&change.before, &change.after]),
            ..Self::default()
        }
    }
}
