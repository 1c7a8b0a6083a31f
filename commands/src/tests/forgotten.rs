//! What was forgotten before a restore is forgotten once more.

use opensail_domain::agent_session::AgentSessionCommand as C;
use opensail_domain::agent_session::event::UndoStarted;

use super::worked::Worked;
use crate::Caller;

/// An undo that a crash left open is ended first; its session's key is destroyed already, so the names of the files are not told.
#[tokio::test]
async fn a_session_with_an_open_undo_is_forgotten_when_it_is_ended() {
    let Worked { world, ada, session } = Worked::new().await;
    let fence = world.lease("project", "w").await;
    let undo = UndoStarted { to: 1, before: "1".repeat(64), goal: "2".repeat(64), requested_by: ada };
    world.drive(&fence, session, C::StartUndo(undo)).await.expect("begun");

    let (subject, restore) = (format!("session-{session}"), Caller::system("restore"));
    let again = async || world.a.forget_again(&restore.clone().next_command(), &subject, "it held a secret").await;
    assert_eq!(again().await, Ok(false), "it is open still");
    assert_eq!(world.count("agent_session.forgotten").await, 0);
    assert_eq!(world.b.keyring().is_destroyed(&subject).await, Ok(true), "but nobody reads it any more");
    assert_eq!(world.b.settle_files(session).await, Ok(true));
    let undone = world.events().await.into_iter().find(|event| event.event_type == "agent_session.undone").expect("ended");
    assert!(!undone.payload.contains("spared"), "{}", undone.payload);
    assert_eq!(again().await, Ok(true));
    assert_eq!(again().await, Ok(true));
    assert_eq!(world.count("agent_session.forgotten").await, 1);
}
