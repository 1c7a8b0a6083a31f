//! What passes between processes, and what stays true when it does not: the suites of the relays, and several real processes over one
//! PostgreSQL and one data folder.

mod author;
mod nodes;
mod outages;
mod parked_work;
mod pieces;
mod publisher;
mod rights;
mod sealing;
mod secured;
mod stranger;
mod suites;
mod workers;

use author::Author;
use opensail_deploy::cli::events::Frame;
use opensail_eventstore::conformance::relay::servers::{Kind, RelayServer};
use opensail_tests::cluster::{ADMIN, Cluster, Node};
use opensail_tests::watch::Watch;
use serde_json::Value;

use crate::PROGRAM;

/// A cluster whose model the test writes, with real relays if they are wanted.
struct Fleet {
    author: Author,
    redis: Option<RelayServer>,
    nats: Option<RelayServer>,
    cluster: Cluster,
}

impl Fleet {
    async fn with_relays() -> Fleet {
        Fleet::new(Some(RelayServer::start(Kind::Redis).await), Some(RelayServer::start(Kind::Nats).await)).await
    }

    /// Only PostgreSQL between the processes.
    async fn without_relays() -> Fleet {
        Fleet::new(None, None).await
    }

    async fn new(redis: Option<RelayServer>, nats: Option<RelayServer>) -> Fleet {
        let author = Author::start().await;
        let (redis_url, nats_url) = (redis.as_ref().map(RelayServer::url), nats.as_ref().map(RelayServer::url));
        let mut settings = author.settings().to_vec();
        settings.push(("OPENSAIL_REGISTRATION", "open"));
        settings.extend(redis_url.as_deref().map(|url| ("REDIS_URL", url)));
        settings.extend(nats_url.as_deref().map(|url| ("NATS_URL", url)));
        let authority =
            |relay: &Option<RelayServer>| relay.as_ref()?.guarded.as_ref().map(|guarded| guarded.authority.display().to_string());
        let (redis_authority, nats_authority) = (authority(&redis), authority(&nats));
        settings.extend(redis_authority.as_deref().map(|file| ("REDIS_CA_FILE", file)));
        settings.extend(nats_authority.as_deref().map(|file| ("NATS_CA_FILE", file)));
        let cluster = Cluster::new(PROGRAM, &settings).await;
        Fleet { author, redis, nats, cluster }
    }

    /// Two API nodes, each with nothing else in it.
    async fn two_api_nodes(&self) -> (Node, Node) {
        self.two("api").await
    }

    async fn two_workers(&self) -> (Node, Node) {
        self.two("worker").await
    }

    async fn two(&self, role: &str) -> (Node, Node) {
        // Both at once: they must not stand in each other's way over an empty database.
        let (mut one, mut other) = (self.cluster.begin(role), self.cluster.begin(role));
        one.ready(&self.cluster.http).await;
        other.ready(&self.cluster.http).await;
        (one, other)
    }

    async fn admin(&self, node: &Node) -> String {
        self.cluster.sign_in(node, ADMIN).await
    }

    async fn watch(&self, node: &Node, token: &str, session: &str, after: Option<&str>) -> Watch {
        let path = format!("/api/v1/sessions/{session}/stream");
        Watch::at(&self.cluster.http, &node.url, token, &path, after).await.expect("a stream")
    }

    /// The session completes, and what it took happened once: one run, and so many turns.
    async fn completes_once(&self, node: &Node, token: &str, session: &str, turns: usize) {
        self.cluster.session_is(node, token, session, &["completed"]).await;
        let events = self.cluster.events(node, token, session).await;
        let count = |name: &str| events.iter().filter(|event| event["type"] == format!("agent_session.{name}")).count();
        assert_eq!(["run_started", "turn_started", "completed"].map(count), [1, turns, 1]);
    }

    /// A reader saw what the journal has of the session, at whichever nodes.
    async fn saw_it_all(&self, node: &Node, token: &str, session: &str, seen: &[Frame]) {
        let place = |frame: &Frame| frame.id.as_ref()?.rsplit('.').next()?.parse::<u64>().ok();
        let seen: Vec<u64> = seen.iter().filter_map(place).filter(|position| *position > 0).collect();
        let events = self.cluster.events(node, token, session).await;
        let listed: Vec<u64> = events.iter().map(|event| event["position"].as_u64().expect("a position")).collect();
        assert_eq!(seen, listed, "no gap, no repeat");
    }
}

/// Reads on until the text of the turn that is being written is this; answers the durable events that came meanwhile.
async fn until_text(watch: &mut Watch, wanted: &str) -> Vec<Frame> {
    until_text_from(watch, "", wanted).await
}

/// The same for who has read a beginning already. Each piece joins the one before, or begins anew.
async fn until_text_from(watch: &mut Watch, have: &str, wanted: &str) -> Vec<Frame> {
    let (mut text, mut seen) = (have.to_owned(), Vec::new());
    while text != wanted {
        let frame = watch.next().await.expect("the stream goes on");
        if frame.id.is_some() {
            seen.push(frame);
        } else if frame.event == "delta" {
            let delta: Value = serde_json::from_str(&frame.data).expect("JSON");
            let offset = usize::try_from(delta["offset"].as_u64().expect("an offset")).expect("small");
            assert!(offset == 0 || offset == text.len(), "{delta} does not join {text:?}");
            text.truncate(offset);
            text.push_str(delta["text"].as_str().expect("a text"));
            assert!(wanted.starts_with(&text), "{text:?} is no beginning of {wanted:?}");
        }
    }
    seen
}
