//! Four increments give 4, whichever way the aggregate is run.

use std::sync::Arc;

use async_trait::async_trait;
use cqrs_es::{AggregateContext, CqrsFramework, EventStore};
use opensail_domain::kernel::{Decider, DecodeError, Event, Rejection, RejectionKind, Upcaster};
use serde_json::{Value, json};

use super::world::World;
use crate::aggregate::Cqrs;
use crate::aggregate::store::JournalStore;
use crate::{Caller, Change, Command, CommandError, Place, Shown};

#[derive(Debug)]
struct Counter;

#[derive(Clone, PartialEq, Debug)]
struct Incremented;

#[derive(Clone, PartialEq, Debug, thiserror::Error)]
#[error("no")]
struct Never;

impl Rejection for Never {
    fn code(&self) -> &'static str {
        "never"
    }
    fn kind(&self) -> RejectionKind {
        RejectionKind::State
    }
}

impl Event for Incremented {
    const TYPES: &'static [(&'static str, u32)] = &[("counter.incremented", 1)];
    const UPCASTERS: &'static [Upcaster] = &[];
    fn event_type(&self) -> &'static str {
        "counter.incremented"
    }
    fn version(&self) -> u32 {
        1
    }
    fn encode(&self) -> Value {
        json!({})
    }
    fn decode(_: &str, _: u32, _: Value) -> Result<Self, DecodeError> {
        Ok(Incremented)
    }
    fn schemas() -> Vec<(&'static str, u32, Value)> {
        vec![]
    }
}

impl Decider for Counter {
    const TYPE: &'static str = "counter";
    type Command = ();
    type Event = Incremented;
    type State = u64;
    type Rejection = Never;
    fn decide(_: &u64, (): ()) -> Result<Vec<Incremented>, Never> {
        Ok(vec![Incremented])
    }
    fn evolve(state: &mut u64, _: &Incremented) {
        *state += 1;
    }
}

struct Increment(u32);

fn place() -> Place {
    Place { tenant: "t".into(), project: None }
}

#[async_trait]
impl Command for Increment {
    type Answer = u64;
    async fn decide(&self, change: &mut Change) -> Result<u64, CommandError> {
        let mut count = 0;
        for _ in 0..self.0 {
            count = *change.decide::<Counter>("one", place(), ()).await?;
        }
        Ok(count)
    }
    fn shows(&self, _: &u64) -> Shown {
        Shown::Nothing
    }
}

#[tokio::test]
async fn from_the_cache() {
    let world = World::new().await;
    let mut counts = vec![];
    for _ in 0..4 {
        counts.push(world.a.execute(&Caller::system("test"), &Increment(1)).await.expect("done").answer);
    }
    assert_eq!(counts, [1, 2, 3, 4]);
    assert_eq!(*world.b.load::<Counter>("one", true).await.expect("loaded").state, 4);
}

#[tokio::test]
async fn in_one_append() {
    let world = World::new().await;
    let done = world.a.execute(&Caller::system("test"), &Increment(4)).await.expect("done");
    assert_eq!((done.answer, done.versions[0].1), (4, 4));
    assert_eq!(*world.a.load::<Counter>("one", false).await.expect("loaded").state, 4);
    assert_eq!(*world.b.load::<Counter>("one", true).await.expect("loaded").state, 4);
}

#[tokio::test]
async fn by_two_nodes_in_turns() {
    let world = World::new().await;
    for node in [&world.a, &world.b, &world.a, &world.b] {
        node.execute(&Caller::system("test"), &Increment(1)).await.expect("done");
    }
    assert_eq!(*world.b.load::<Counter>("one", false).await.expect("loaded").state, 4);
    assert_eq!(*world.a.load::<Counter>("one", true).await.expect("loaded").state, 4);
}

#[tokio::test]
async fn by_the_framework_of_cqrs_es() {
    let world = World::new().await;
    for _ in 0..4 {
        let store = JournalStore::new(world.a.clone(), Caller::system("test"), place());
        CqrsFramework::<Cqrs<Counter>, _>::new(store, vec![], ()).execute("one", ()).await.expect("done");
    }
    let store = JournalStore::new(world.b.clone(), Caller::system("test"), place());
    let mut context = EventStore::<Cqrs<Counter>>::load_aggregate(&store, "one").await.expect("loaded");
    assert_eq!(context.aggregate().state, 4);
    let events = EventStore::<Cqrs<Counter>>::load_events(&store, "one").await.expect("loaded");
    assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_broken_connection_counts_once() {
    let world = World::new().await;
    let journal = Arc::new(super::fakes::Breaking { inner: Arc::new(world.store.clone()), breaks: 0.into() });
    let node = world.node(journal.clone());
    for broken in [0, 1, 2, 0] {
        journal.breaks.store(broken, std::sync::atomic::Ordering::SeqCst);
        node.execute(&Caller::system("test"), &Increment(1)).await.expect("done");
    }
    assert_eq!(*world.b.load::<Counter>("one", true).await.expect("loaded").state, 4);
    journal.breaks.store(3, std::sync::atomic::Ordering::SeqCst);
    let caller = Caller::system("test");
    let outcome = node.execute(&caller, &Increment(1)).await;
    assert_eq!(outcome.map(|_| ()), Err(CommandError::Unknown { command_id: caller.command_id }));
    assert!(node.execute(&caller, &Increment(1)).await.expect("told").repeated);
    assert_eq!(*world.b.load::<Counter>("one", true).await.expect("loaded").state, 5);
}
