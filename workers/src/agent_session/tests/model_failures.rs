//! A model that fails.

use std::time::Duration;

use opensail_commands::ports::clock::Clock;
use opensail_commands::ports::model::ModelErrorKind;
use opensail_domain::agent_session::event::{Budget, EditMode};
use opensail_domain::agent_session::{AgentSessionCommand as C, AgentSessionEvent as E};
use opensail_domain::kernel::MessageId;

use crate::test_world::{Line, World, says};

#[tokio::test]
async fn what_the_provider_asks_for_is_waited_for() {
    let world = World::new().await;
    world.model.then(Line::Fails(ModelErrorKind::RateLimited, Some(Duration::from_secs(600)))).then(says("done"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let begun = world.clock.now();
    let say = |text: &str| C::AddMessage { message_id: MessageId(uuid::Uuid::now_v7()), text: text.into(), added_by: world.account };
    let people = async {
        let story = world.until(session, |story| story.status() == "paused").await;
        let until = story.events.iter().find_map(|event| match event {
            E::Paused(paused) => Some(paused.until),
            _ => None,
        });
        assert!(until.expect("a time") >= begun + 600_000_000);
        // A message does not shorten the wait.
        world.tell(session, say("hurry")).await;
        assert_eq!(world.model.asked.lock().expect("unbroken").len(), 1);
        world.clock.forward(Duration::from_secs(601));
        world.tell(session, say("now")).await;
    };
    let (story, ()) = tokio::join!(world.run(session), people);
    assert_eq!(story.status(), "completed");
    assert_eq!(world.model.asked.lock().expect("unbroken").len(), 2);
    assert_eq!(world.model.asked.lock().expect("unbroken")[1].attempt_index, 1);
    assert!(story.types().contains(&"resumed"));
}

#[tokio::test]
async fn a_short_failure_is_tried_again_as_the_same_turn() {
    let world = World::new().await;
    world.model.then(Line::Fails(ModelErrorKind::Overloaded, None)).then(says("done"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let story = world.run(session).await;
    assert_eq!(story.types()[2..], ["turn_started", "turn_failed", "turn_started", "turn_completed", "completed"]);
    let again = story.events.iter().filter_map(|event| match event {
        E::TurnStarted(e) => Some((e.turn, e.attempt)),
        _ => None,
    });
    assert_eq!(again.collect::<Vec<_>>(), [(1, 1), (1, 2)]);
}

#[tokio::test]
async fn an_empty_answer_is_a_failure() {
    let world = World::new().await;
    world.model.then(says("  ")).then(says("done"));
    let session = world.request(EditMode::Allow, Budget::default()).await;
    let story = world.run(session).await;
    assert!(story.events.iter().any(|event| matches!(event, E::TurnFailed(e) if e.code == "empty_answer" && e.retryable)));
    assert_eq!(story.status(), "completed");
}

#[tokio::test]
async fn what_cannot_be_helped_fails_the_session_with_its_code() {
    for (kind, code) in [(ModelErrorKind::Unauthorized, "unauthorized"), (ModelErrorKind::NotConfigured, "not_configured")] {
        let world = World::new().await;
        world.model.then(Line::Fails(kind, None));
        let session = world.request(EditMode::Allow, Budget::default()).await;
        let story = world.run(session).await;
        assert!(matches!(story.events.last(), Some(E::Failed(e)) if e.reason == code && e.detail.text() == "as told"));
    }
}
