//! Working copies that are thrown away.

use std::sync::atomic::Ordering;

use super::worked::Worked;
use super::world::code;
use crate::agent_session::DiscardSession;
use crate::ports::snapshots::WorkingCopy;
use crate::{Caller, CommandError};

/// Force is for what can never be kept. What can be kept in a moment is not lost for it.
#[tokio::test]
async fn a_forced_discard_waits_for_a_store_that_is_away() {
    let worked = Worked::new().await;
    let fork = worked.fork().await;
    let Worked { world, ada, .. } = worked;
    let root = world.a.working_copy(&world.a.session_core(fork).await.expect("a fork").1).await.expect("a place");
    world.snapshots.copies.lock().expect("lock").push(WorkingCopy { name: fork.to_string(), root });
    let discard = async |force| world.a.discard_session(&Caller::person(ada), DiscardSession { session_id: fork, force }).await.map(|_| ());

    world.snapshots.away.store(true, Ordering::SeqCst);
    assert!(matches!(discard(true).await, Err(CommandError::Unavailable { .. })));
    world.snapshots.away.store(false, Ordering::SeqCst);
    world.snapshots.room.store(false, Ordering::SeqCst);
    assert_eq!(discard(false).await, Err(CommandError::StoreFull));
    assert_eq!(world.count("agent_session.workspace_discarded").await, 0);
    assert_eq!(discard(true).await, Ok(()));
    assert_eq!(world.count("agent_session.workspace_discarded").await, 1);
    let undone = crate::agent_session::UndoSession { session_id: fork, to: 1, choices: Default::default() };
    assert_eq!(code(world.a.undo_session(&Caller::person(ada), undone).await), "workspace_discarded");
}
