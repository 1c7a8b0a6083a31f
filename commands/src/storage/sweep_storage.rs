//! Removes from the store what no event keeps, or says what would go.
//!
//! First what the projects' retention lets go is released, as events; then the store is marked from the journal, twice, the second time while
//! nobody can write (decision 10). Working copies in which nobody works any more go too. Only the platform's admin may ask for it: the store is that of all teams.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use opensail_eventstore::LeaseError;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::dead_copies::Which;
use super::release_snapshots::{of_project, of_session};
use super::roots::{Gathered, stream_of_project, stream_of_session};
use crate::agent_session::state;
use crate::ports::snapshots::{AskRoots, Swept, Total};
use crate::{Caller, CommandError, Commands};

/// One sweep at a time, over all processes of a store.
const LEASE: &str = "storage-sweep";
/// How long one may take before another may begin beside it; the store's own lock keeps the two apart then.
const LEASE_TTL: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy, Debug)]
pub struct SweepStorage {
    /// Nothing is released and nothing removed.
    pub dry_run: bool,
}

/// What a sweep let go and removed, or would.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SweptStorage {
    /// Snapshots that retention let go.
    pub released: u64,
    /// Working copies of forks in which nobody works any more.
    pub copies: Total,
    pub store: Swept,
}

/// Of each stream, the snapshots that retention would let go.
type LetGo = BTreeMap<String, BTreeSet<String>>;

impl Commands {
    pub async fn sweep_storage(&self, caller: &Caller, wish: SweepStorage) -> Result<SweptStorage, CommandError> {
        self.check_platform_admin(caller).await?;
        let holder = format!("sweep/{}", Uuid::now_v7());
        let lease = self.leases().acquire(LEASE, &holder, LEASE_TTL).await.map_err(|error| match error {
            LeaseError::Held { .. } => state("sweep_under_way", "a sweep is under way; wait for its end"),
            LeaseError::Unavailable(why) => CommandError::unavailable(why),
        })?;
        let swept = self.sweep_under_lease(wish).await;
        self.give_back(&lease).await;
        swept
    }

    async fn sweep_under_lease(&self, wish: SweepStorage) -> Result<SweptStorage, CommandError> {
        let gathered = self.gathered().await?;
        let mut without = LetGo::new();
        let mut released = 0;
        for (project, sessions) in gathered.projects().collect::<Vec<_>>() {
            if !wish.dry_run {
                released += self.release(project, &sessions).await?;
                continue;
            }
            let retention = self.retention_of(project).await?;
            let now = self.clock().now();
            if let Some(retention) = retention {
                let events = self.project_events(project).await?;
                without.insert(stream_of_project(project), of_project(&events, retention, now).into_iter().collect());
            }
            for session in sessions {
                let files = self.read_session_files(session).await?;
                without.insert(stream_of_session(session), of_session(&files, retention, now).into_iter().collect());
            }
        }
        released += without.values().map(|snapshots| snapshots.len() as u64).sum::<u64>();
        let dead = self.copies_of(Which::Dead).await?;
        let copies = if wish.dry_run { self.size_of_copies(&dead).await? } else { self.remove_copies(&dead).await };
        let roots = self.ask_roots(gathered, without);
        Ok(SweptStorage { released, copies, store: self.snapshots().sweep(roots, wish.dry_run).await? })
    }

    /// Each call reads on to the journal's end.
    fn ask_roots(&self, gathered: Gathered, without: LetGo) -> AskRoots {
        let state = Arc::new((self.clone(), Mutex::new(gathered), without));
        Arc::new(move || {
            let state = Arc::clone(&state);
            async move {
                let (commands, gathered, without) = &*state;
                let mut gathered = gathered.lock().await;
                commands.gather(&mut gathered).await.map_err(|error| error.log_text())?;
                Ok(gathered.roots(without))
            }
            .boxed()
        })
    }
}
