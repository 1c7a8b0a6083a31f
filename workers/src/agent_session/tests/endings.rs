//! How sessions end, each in its own way.

use opensail_commands::ports::model::WantedCall;
use opensail_commands::ports::sandbox::SandboxEnd;
use opensail_domain::agent_session::AgentSessionCommand as C;
use opensail_domain::agent_session::event::{Budget, CancelRequested, EditMode};
use opensail_domain::agent_session::message::{CallOutcome as O, Message};
use opensail_domain::agent_session::{AgentSession, Ending};
use opensail_domain::kernel::MessageId;
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use crate::agent_session::{Halt, run_session};
use crate::test_world::{Line, Play, World, calls, says, turn};

#[tokio::test]
async fn nonsense_of_the_model_is_told_to_it() {
    let world = World::new().await;
    let nonsense = vec![
        WantedCall { tool: "launch".into(), arguments: "{}".into() },
        WantedCall { tool: "read_file".into(), arguments: "{not json".into() },
    ];
    world.model.then(turn("", nonsense)).then(says("sorry"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let story = world.run(session).await;
    assert_eq!(story.status(), "completed");
    let results = story.results();
    assert!(results[0].0 == O::Invalid && results[0].1.contains("read_file, write_file"), "{}", results[0].1);
    assert!(results[1].0 == O::Invalid && results[1].1.contains("no valid JSON"), "{}", results[1].1);
    let asked = world.model.asked.lock().expect("unbroken");
    assert!(matches!(asked[1].messages.last(), Some(Message::Tool { call_id, .. }) if call_id == "1-2"));
}

#[tokio::test]
async fn steps_and_tokens_and_money_are_limits() {
    let steps = Budget { max_steps: 1, ..Budget::default() };
    let tokens = Budget { max_tokens: 15, ..Budget::default() };
    let money = Budget { max_micro_usd: Some(20), ..Budget::default() };
    for (budget, limit) in [(steps, "max_steps"), (tokens, "max_tokens"), (money, "max_micro_usd")] {
        let world = World::new().await;
        world.model.then(calls(&[("list_dir", json!({"dir_path": "."}))])).then(says("never asked"));
        let session = world.request(EditMode::Allow, budget).await;
        let story = world.run(session).await;
        assert_eq!(story.status(), "limit_reached");
        assert!(matches!(story.state, AgentSession::Finished(_, Ending::LimitReached(reached)) if reached.as_str() == limit), "{limit}");
    }
}

#[tokio::test]
async fn the_last_word_at_the_last_step_is_an_end_and_no_limit() {
    let world = World::new().await;
    world.model.then(says("done"));
    let session = world.request(EditMode::Allow, Budget { max_steps: 1, ..Budget::default() }).await;
    assert_eq!(world.run(session).await.status(), "completed");
}

#[tokio::test]
async fn a_command_gets_no_more_time_than_the_session_has() {
    let world = World::new().await;
    world.model.then(calls(&[("bash_exec", json!({"command": "sleep 100"}))]));
    world.sandbox.then(Play::Ends("so far", SandboxEnd::TimedOut));
    let session = world.request(EditMode::Allow, Budget { max_seconds: 1, ..Budget::default() }).await;
    let story = world.run(session).await;
    assert_eq!(story.status(), "limit_reached");
    assert!(story.results()[0].0 == O::TimedOut && story.results()[0].1.contains("so far"));
    assert!(world.sandbox.ran.lock().expect("unbroken")[0].timeout <= Duration::from_secs(1));
}

#[tokio::test]
async fn cancelling_stops_a_running_command_and_keeps_what_it_printed() {
    let world = World::new().await;
    world.model.then(calls(&[("bash_exec", json!({"command": "sleep 100"})), ("bash_exec", json!({"command": "second"}))]));
    world.sandbox.then(Play::Hangs("partial\n"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let people = async {
        world.until(session, |story| story.types().contains(&"tool_call_started")).await;
        world.tell(session, C::Cancel(CancelRequested { requested_by: world.account })).await;
    };
    let (story, ()) = tokio::join!(world.run(session), people);
    assert_eq!(story.status(), "cancelled");
    let results = story.results();
    assert_eq!(results.len(), 1);
    assert!(results[0].0 == O::Cancelled && results[0].1.starts_with("partial\n"), "{}", results[0].1);
}

#[tokio::test]
async fn cancelling_stops_the_model() {
    let world = World::new().await;
    world.model.then(Line::Hangs);
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let people = async {
        world.until(session, |story| story.types().contains(&"turn_started")).await;
        world.tell(session, C::Cancel(CancelRequested { requested_by: world.account })).await;
    };
    let (story, ()) = tokio::join!(world.run(session), people);
    assert_eq!(story.status(), "cancelled");
    assert_eq!(story.types()[2..], ["turn_started", "cancel_requested", "turn_failed", "cancelled"]);
}

#[tokio::test]
async fn cancelling_ends_an_open_question() {
    let world = World::new().await;
    world.model.then(calls(&[("bash_exec", json!({"command": "id"}))]));
    let session = world.request(EditMode::Ask, Budget::default()).await;
    let people = async {
        world.until(session, |story| story.status() == "waiting_approval").await;
        world.tell(session, C::Cancel(CancelRequested { requested_by: world.account })).await;
    };
    let (story, ()) = tokio::join!(world.run(session), people);
    assert_eq!(story.status(), "cancelled");
}

#[tokio::test]
async fn a_message_to_a_finished_session_is_answered() {
    let world = World::new().await;
    world.model.then(says("one")).then(says("two"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    world.run(session).await;
    let message = C::AddMessage { message_id: MessageId(uuid::Uuid::now_v7()), text: "and now?".into(), added_by: world.account };
    world.tell(session, message).await;
    let story = world.run(session).await;
    assert_eq!(story.status(), "completed");
    assert!(matches!(story.transcript().messages.last(), Some(Message::Assistant(answer)) if answer.text == "two"));
}

#[tokio::test]
async fn who_lost_the_lease_writes_nothing_more() {
    let world = World::new().await;
    world.model.then(says("done"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let lost = world.lease().await;
    world.hands.leases.release(&lost).await.expect("released");
    world.lease().await;
    let before = world.story(session).await.events.len();
    let ended = run_session(world.hands.clone(), session, async |_| Ok(world.root.clone()), lost.fence(), CancellationToken::new()).await;
    assert_eq!(ended, Err(Halt::Lost));
    assert_eq!(world.story(session).await.events.len(), before);
}

#[tokio::test]
async fn a_run_that_is_abandoned_records_no_end_of_its_command() {
    let world = World::new().await;
    world.model.then(calls(&[("bash_exec", json!({"command": "sleep 100"}))])).then(says("I looked"));
    world.sandbox.then(Play::Hangs("partial"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let (lease, halt) = (world.lease().await, CancellationToken::new());
    let run = run_session(world.hands.clone(), session, async |_| Ok(world.root.clone()), lease.fence(), halt.clone());
    let stop = async {
        world.until(session, |story| story.types().contains(&"tool_call_started")).await;
        halt.cancel();
    };
    let (ended, ()) = tokio::join!(run, stop);
    assert_eq!(ended, Err(Halt::Lost));
    assert_eq!(world.story(session).await.types().last(), Some(&"tool_call_started"));
    world.hands.leases.release(&lease).await.expect("released");
    let story = world.run(session).await;
    assert_eq!((story.status(), story.results()[0].0), ("completed", O::Interrupted));
}
