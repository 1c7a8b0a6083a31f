//! Everything that works in the background, started together.

use std::sync::Arc;
use std::time::Duration;

use opensail_commands::Commands;
use opensail_commands::ports::sandbox::Sandbox;
use opensail_eventstore::Leases;
use opensail_eventstore::subscription::Tail;
use opensail_projections::{Feed, Queries};

use crate::agent_session::{SettleSessions, TakeUpSessions};
use crate::project::{CaptureProjects, PrepareProjects};
use crate::reconciler::{self, Reconciler};
use crate::supervisor::{OnError, OnStop, Supervisor};

/// The reconcilers look at least this often, whether they were woken or not.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What the workers work with, handed over once by the composition root; clones share everything.
#[derive(Clone)]
pub struct Hands {
    pub commands: Commands,
    pub queries: Queries,
    /// Wakes the reconcilers when the views have moved.
    pub feed: Feed,
    pub tail: Tail,
    pub leases: Arc<dyn Leases>,
    pub sandbox: Arc<dyn Sandbox>,
    /// Node and boot id of this process; also the holder of its leases.
    pub worker: String,
}

/// Starts the reconcilers under the supervisor, whose `stop` ends them: runs are abandoned, not ended, their commands killed and
/// their leases given back.
pub fn start(supervisor: &Supervisor, hands: Hands) {
    let feed = hands.feed.clone();
    let reconcilers: [(&'static str, Arc<dyn Reconciler>); 4] = [
        ("take_up_sessions", Arc::new(TakeUpSessions::new(hands.clone()))),
        ("settle_sessions", Arc::new(SettleSessions::new(hands.clone()))),
        ("capture_projects", Arc::new(CaptureProjects::new(hands.clone()))),
        ("prepare_projects", Arc::new(PrepareProjects::new(hands))),
    ];
    for (name, reconciler) in reconcilers {
        let views = feed.watch();
        supervisor.spawn(name, OnError::Restart, OnStop::Finish, move |stop| {
            reconciler::run(reconciler.clone(), views.clone(), LOOK_EVERY, stop)
        });
    }
}
