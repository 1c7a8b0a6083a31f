//! Relays that die, come back empty, or fall silent while they are used: everything goes on, more slowly.

use std::collections::{BTreeSet, HashSet};

use opensail_eventstore::Journal;
use opensail_eventstore::conformance::relay::proxy::Wire;
use opensail_eventstore::relay::{LiveRelay, RedisLive};
use opensail_tests::cluster::Node;
use opensail_tests::world::until;
use serde_json::{Value, json};

use super::{Fleet, until_text, until_text_from};

async fn readiness(fleet: &Fleet, node: &Node) -> (u16, Value) {
    let answer = fleet.cluster.ask(node, "", reqwest::Method::GET, "/readyz", None).await;
    (answer.status.as_u16(), answer.body["status"].clone())
}

pub(super) async fn readiness_is(fleet: &Fleet, nodes: &[&Node], wanted: &str) {
    for node in nodes {
        until(&format!("a node to be {wanted}"), async || {
            let (code, status) = readiness(fleet, node).await;
            assert_eq!(code, 200, "a relay makes no node unready");
            (status == wanted).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_dies_and_comes_back_empty_while_words_flow() {
    let mut fleet = Fleet::with_relays().await;
    let (node, worker) = (fleet.cluster.start("api").await, fleet.cluster.start("worker").await);
    let token = fleet.admin(&node).await;
    let (_, project, _) = fleet.cluster.project(&node, &token).await;
    let words = fleet.author.answer();
    let session = fleet.cluster.session(&node, &token, &project, json!({ "task": "sail" })).await;
    let mut watch = fleet.watch(&node, &token, &session, None).await;
    words.write("one ");
    let mut seen = until_text(&mut watch, "one ").await;

    fleet.redis.as_mut().expect("a Redis").kill().await;
    words.write("two ");
    readiness_is(&fleet, &[&node, &worker], "degraded").await;
    words.write("three ");
    fleet.redis.as_mut().expect("a Redis").back_empty().await;
    readiness_is(&fleet, &[&node, &worker], "ready").await;
    words.write("four");
    // Who watched has the whole of it, and so has who comes now.
    let mut late = fleet.watch(&node, &token, &session, None).await;
    until_text(&mut late, "one two three four").await;
    drop(words);
    seen.extend(watch.until("end").await);
    let durable = seen.iter().filter(|frame| frame.event.starts_with("agent_session.")).count();
    assert_eq!(durable, fleet.cluster.events(&node, &token, &session).await.len());
    let shown = fleet.cluster.events(&node, &token, &session).await;
    let completed = shown.iter().find(|event| event["type"] == "agent_session.turn_completed").expect("a turn");
    assert_eq!(completed["data"]["answer"]["text"], "one two three four");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_dies_and_comes_back_empty() {
    let mut fleet = Fleet::with_relays().await;
    let node = fleet.cluster.start("api").await;
    let (one, other) = fleet.two_workers().await;
    let token = fleet.admin(&node).await;
    let (_, project, _) = fleet.cluster.project(&node, &token).await;
    fleet.nats.as_mut().expect("a NATS").kill().await;
    readiness_is(&fleet, &[&node, &one, &other], "degraded").await;
    // Nobody says that there is work; it is found.
    let session = fleet.cluster.session(&node, &token, &project, json!({ "task": "sail" })).await;
    fleet.completes_once(&node, &token, &session, 1).await;
    fleet.nats.as_mut().expect("a NATS").back_empty().await;
    readiness_is(&fleet, &[&node, &one, &other], "ready").await;
    let session = fleet.cluster.session(&node, &token, &project, json!({ "task": "sail" })).await;
    fleet.completes_once(&node, &token, &session, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relays_that_fall_silent_hold_nobody_up() {
    let fleet = Fleet::with_relays().await;
    let (node, worker) = (fleet.cluster.start("api").await, fleet.cluster.start("worker").await);
    let token = fleet.admin(&node).await;
    let (_, project, _) = fleet.cluster.project(&node, &token).await;
    let relays = [fleet.redis.as_ref().expect("a Redis"), fleet.nats.as_ref().expect("a NATS")];
    for wire in [Wire::Silent, Wire::Cut] {
        relays.iter().for_each(|relay| relay.wire(wire));
        let session = fleet.cluster.session(&node, &token, &project, json!({ "task": "sail" })).await;
        fleet.completes_once(&node, &token, &session, 1).await;
        readiness_is(&fleet, &[&node, &worker], "degraded").await;
    }
    relays.iter().for_each(|relay| relay.wire(Wire::Whole));
    readiness_is(&fleet, &[&node, &worker], "ready").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_relays_bring_everything_late_and_whole() {
    let fleet = Fleet::with_relays().await;
    let (node, _worker) = (fleet.cluster.start("api").await, fleet.cluster.start("worker").await);
    let token = fleet.admin(&node).await;
    let (_, project, _) = fleet.cluster.project(&node, &token).await;
    [&fleet.redis, &fleet.nats].into_iter().flatten().for_each(|relay| relay.wire(Wire::Slow));
    let words = fleet.author.answer();
    let session = fleet.cluster.session(&node, &token, &project, json!({ "task": "sail" })).await;
    let mut watch = fleet.watch(&node, &token, &session, None).await;
    let text: String = (0..50).map(|number| format!("word{number} ")).collect();
    text.split_inclusive(' ').for_each(|word| words.write(word));
    let mut seen = until_text(&mut watch, &text).await;
    drop(words);
    seen.extend(watch.until("end").await);
    let durable = seen.iter().filter(|frame| frame.event.starts_with("agent_session.")).count();
    assert_eq!(durable, fleet.cluster.events(&node, &token, &session).await.len());
    fleet.completes_once(&node, &token, &session, 1).await;
}

/// Somebody on the relay tells everything again, twice, and later than it was said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_doubles_nothing() {
    let fleet = Fleet::with_relays().await;
    let (node, _worker) = (fleet.cluster.start("api").await, fleet.cluster.start("worker").await);
    let token = fleet.admin(&node).await;
    let (_, project, _) = fleet.cluster.project(&node, &token).await;
    let epoch = fleet.cluster.database.journal().await.head().await.expect("a head").epoch;
    let url = fleet.redis.as_ref().expect("a Redis").url();
    let relay = RedisLive::start(url.parse().expect("an address"), &epoch.to_string().replace('-', ""));
    let mut heard = relay.hear();
    let (told_of, mut echoes) = tokio::sync::watch::channel((0_usize, HashSet::new()));
    let echo = tokio::spawn(async move {
        let (mut known, mut waiting) = (BTreeSet::new(), Vec::new());
        while let Ok(message) = heard.recv().await {
            if !known.insert(message.message.to_vec()) {
                continue;
            }
            told_of.send_modify(|(_, topics)| {
                topics.insert(message.topic);
            });
            waiting.push(message);
            // The newest first, so that the old come after the new.
            if waiting.len() == 3 {
                for message in waiting.drain(..).rev() {
                    relay.tell(message.topic, message.message.to_vec());
                    relay.tell(message.topic, message.message.to_vec());
                }
                told_of.send_modify(|(times, _)| *times += 1);
            }
        }
    });
    let words = fleet.author.answer();
    let session = fleet.cluster.session(&node, &token, &project, json!({ "task": "sail" })).await;
    let mut watch = fleet.watch(&node, &token, &session, None).await;
    let mut text = String::new();
    let mut seen = Vec::new();
    for number in 0..20 {
        let word = format!("word{number} ");
        words.write(&word);
        seen.extend(until_text_from(&mut watch, &text, &format!("{text}{word}")).await);
        text.push_str(&word);
    }
    echoes.wait_for(|(times, _)| *times > 3).await.expect("it echoes");
    drop(words);
    seen.extend(watch.until("end").await);
    // Not words alone: also that the journal has grown.
    echoes.wait_for(|(_, topics)| topics.len() == 2).await.expect("it echoes");
    let positions: Vec<&str> =
        seen.iter().filter(|frame| frame.event.starts_with("agent_session.")).filter_map(|frame| frame.id.as_deref()).collect();
    assert_eq!(positions.len(), fleet.cluster.events(&node, &token, &session).await.len());
    fleet.completes_once(&node, &token, &session, 1).await;
    echo.abort();
}

/// A start does not wait for a relay that is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_starts_without_its_relays() {
    let mut fleet = Fleet::with_relays().await;
    fleet.redis.as_mut().expect("a Redis").kill().await;
    fleet.nats.as_mut().expect("a NATS").kill().await;
    let node = fleet.cluster.start("all").await;
    readiness_is(&fleet, &[&node], "degraded").await;
    let token = fleet.admin(&node).await;
    let (_, project, _) = fleet.cluster.project(&node, &token).await;
    let session = fleet.cluster.session(&node, &token, &project, json!({ "task": "sail" })).await;
    fleet.completes_once(&node, &token, &session, 1).await;
    assert_eq!(node.stop().await, Some(0));
}
