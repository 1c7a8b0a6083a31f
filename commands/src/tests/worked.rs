//! A session that has worked, in a store that has room for its files, and a fork of it.

use std::sync::atomic::Ordering;

use opensail_domain::kernel::{AccountId, SessionId};

use super::world::World;
use crate::Caller;
use crate::agent_session::ForkSession;

/// A house with one finished session in it.
pub(super) struct Worked {
    pub(super) world: World,
    pub(super) ada: AccountId,
    pub(super) session: SessionId,
}

impl Worked {
    pub(super) async fn new() -> Worked {
        let world = World::new().await;
        world.snapshots.room.store(true, Ordering::SeqCst);
        let ada = world.person("ada@example.org").await;
        let team = world.team(ada).await;
        let project = world.project(ada, team).await;
        let session = world.session(ada, project).await;
        world.works(session).await;
        Worked { world, ada, session }
    }

    /// A fork of all of it, which does not begin.
    pub(super) async fn fork(&self) -> SessionId {
        let (at, message, model, edit_mode, budget) = (None, None, None, None, None);
        let wish = ForkSession { session_id: self.session, at, message, model, edit_mode, budget, start: false };
        self.world.a.fork_session(&Caller::person(self.ada), &wish).await.expect("a fork").answer.session_id
    }
}
