//! Merges that meet others at the same files.

use opensail_domain::agent_session::AgentSessionCommand as C;
use opensail_domain::agent_session::command::CompleteCall;
use opensail_domain::agent_session::event::Effect;
use opensail_domain::agent_session::message::{Answer, CallOutcome, Tokens, ToolCall};
use opensail_domain::kernel::SessionId;
use opensail_eventstore::Fence;

use super::worked::Worked;
use super::world::code;
use crate::agent_session::{AddMessage, MergeSession};
use crate::ports::snapshots::Choices;
use crate::{Caller, Commands};

/// One run with one command in the shell, whose files nobody captures.
async fn works_uncaptured(commands: &Commands, fence: &Fence, session: SessionId) {
    let call = ToolCall { call_id: "2-0".into(), tool: "bash_exec".into(), arguments: "{}".into() };
    let answer = Answer { text: String::new(), tool_calls: vec![call] };
    let completed = CompleteCall {
        call_id: "2-0".into(),
        outcome: CallOutcome::Ok,
        output: String::new(),
        full_output: None,
        exit_code: Some(0),
        duration_ms: 1,
    };
    for command in [
        C::BeginRun { worker: "w".into() },
        C::StartTurn,
        C::CompleteTurn { answer, model: "m".into(), tokens: Tokens::default(), micro_usd: None, duration_ms: 1 },
        C::StartCall { call_id: "2-0".into(), effect: Effect::Shell, changes: None },
        C::CompleteCall(Box::new(completed)),
        C::Complete,
    ] {
        commands.drive(&Caller::agent(session, "scripted"), fence.clone(), session, command).await.expect("driven");
    }
}

/// Whoever has the lease until then goes on in the files: a merge that looked before would not see its last step.
#[tokio::test]
async fn a_merge_looks_at_the_sessions_when_it_has_the_lease() {
    let worked = Worked::new().await;
    let fork = worked.fork().await;
    let Worked { world, ada, session: session_id } = worked;
    let captured = world.count("agent_session.workspace_captured").await;

    let (fence, commands) = (world.lease("project", "w").await, world.b.clone());
    let goes_on = async move {
        let message = AddMessage { session_id, text: "on".into() };
        commands.execute(&Caller::person(ada), &message).await.expect("said");
        works_uncaptured(&commands, &fence, session_id).await;
    };
    *world.doors.before_acquire.lock().expect("lock") = Some(Box::new(|| Box::pin(goes_on)));
    let merge = MergeSession { session_id: fork, into: None, choices: Choices::default() };
    // This store keeps nothing that could be merged; what comes before that is what counts here.
    assert_eq!(code(world.a.merge_session(&Caller::person(ada), merge).await), "snapshot_released");
    let events = world.events().await;
    let made_up: Vec<_> = events.iter().filter(|event| event.event_type == "agent_session.workspace_captured").collect();
    assert_eq!(made_up.len(), captured + 1);
    assert!(
        made_up[captured].stream.to_string().ends_with(&session_id.to_string()) && made_up[captured].payload.contains(r#""late":true"#)
    );
}
