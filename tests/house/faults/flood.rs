//! One team floods the journal through HTTP while its database stands still: the flood is told to come again and loses nothing that was
//! acknowledged, and another team's word waits for what is under way and no longer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opensail_eventstore::append::UNDER_WAY;
use opensail_tests::cluster::{ADMIN, Cluster, Node};
use opensail_tests::world::{Answer, until};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use sqlx::{Executor, PgConnection};
use tokio::task::JoinSet;

use crate::PROGRAM;

/// As large as it may be; encrypted, 490 of them fill what a team may have waiting, and 60 a batch.
const TASK_BYTES: usize = 100_000;
/// More than wait, are under way and come again, so that it fills on a slow machine too.
const FLOOD: usize = 900;
/// Few enough to be asked well within the patience of a batch with the database (10 s).
const WAVE: usize = 30;

/// By position, the session that was made.
type Written = BTreeMap<u64, String>;

/// A server on which nobody works, and a team that asks for sessions.
struct Busy {
    cluster: Cluster,
    node: Node,
    team: String,
    asks: Arc<Asks>,
    /// Who was told that too much waits.
    refused: Arc<AtomicUsize>,
}

struct Asks {
    url: String,
    http: reqwest::Client,
    token: String,
}

impl Asks {
    /// A client that does as it is told: it comes again when it is asked to, and not before, with the key of the first time.
    async fn ask(&self, number: usize, refused: &AtomicUsize) -> (u64, String) {
        let request = self.http.post(&self.url).json(&json!({ "task": format!("{number} {}", "x".repeat(TASK_BYTES - 8)) }));
        let made = self.until_done(request, &number.to_string(), refused).await;
        (made["position"].as_u64().expect("a position"), made["id"].as_str().expect("an id").to_owned())
    }

    async fn until_done(&self, request: reqwest::RequestBuilder, key: &str, refused: &AtomicUsize) -> Value {
        let request = request.bearer_auth(&self.token).header("Idempotency-Key", key);
        loop {
            let answer = Answer::of(request.try_clone().expect("no stream").send().await.expect("an answer")).await;
            if answer.status.is_success() {
                return answer.body;
            }
            assert_eq!(
                (answer.status.as_u16(), &answer.headers["content-type"]),
                (503, &HeaderValue::from_static("application/problem+json"))
            );
            let seconds: u64 = answer.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
            // Not done: too much waits, or the database has stood still for too long. Done, and not shown yet: behind.
            assert!(
                seconds >= 1 && ["overloaded", "unavailable", "behind"].iter().any(|code| answer.body["code"] == *code),
                "{}",
                answer.text
            );
            refused.fetch_add(usize::from(answer.body["code"] == "overloaded"), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }
}

impl Busy {
    async fn start() -> Busy {
        let cluster = Cluster::new(PROGRAM, &[]).await;
        let node = cluster.start("api").await;
        let token = cluster.sign_in(&node, ADMIN).await;
        let worker = cluster.start("worker").await;
        let (team, project, _) = cluster.project(&node, &token).await;
        // Nobody takes up what is asked for: only the team writes.
        assert_eq!(worker.stop().await, Some(0));
        let url = format!("{}/api/v1/projects/{project}/sessions", node.url);
        let asks = Arc::new(Asks { url, http: cluster.http.clone(), token });
        Busy { cluster, node, team, asks, refused: Arc::default() }
    }

    /// Nobody writes until it is released.
    async fn held(&self) -> PgConnection {
        let mut owner = self.cluster.database.owner().await;
        owner.execute("BEGIN; LOCK TABLE journal.command_results IN EXCLUSIVE MODE").await.expect("nobody writes");
        owner
    }

    fn ask(&self, answers: &mut JoinSet<(u64, String)>, number: usize) {
        let (asks, refused) = (self.asks.clone(), self.refused.clone());
        answers.spawn(async move { asks.ask(number, &refused).await });
    }

    /// Appends of the process that wait for their turn; none while it is too busy to tell.
    async fn waiting(&self) -> Option<usize> {
        let ready = self.cluster.ask(&self.node, "", reqwest::Method::GET, "/readyz", None).await.body;
        let journal = ready["back_ends"].as_array()?.iter().find(|back_end| back_end["name"] == "journal")?;
        Some(journal["waiting_appends"].as_f64()? as usize)
    }

    /// What the team's audit says was asked for.
    async fn written(&self) -> Written {
        let (mut written, mut after) = (Written::new(), String::new());
        loop {
            let path = format!("/api/v1/audit/events?team_id={}&type=agent_session.requested&order=asc&limit=200{after}", self.team);
            // The views have as much to do as the journal had.
            let page: Value = until("the audit to have caught up", async || {
                let answer = self.cluster.ask(&self.node, &self.asks.token, reqwest::Method::GET, &path, None).await;
                (answer.body["code"] != "behind").then(|| answer.expect(200))
            })
            .await;
            for event in page["items"].as_array().expect("items") {
                let id = event["stream"].as_str().and_then(|stream| stream.strip_prefix("agent_session-")).expect("a session");
                written.insert(event["position"].as_u64().expect("a position"), id.to_owned());
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return written,
            }
        }
    }
}

async fn acknowledged(mut answers: JoinSet<(u64, String)>) -> Written {
    let mut acknowledged = Written::new();
    while let Some(answer) = answers.join_next().await {
        let (position, id) = answer.expect("no panic");
        assert_eq!(acknowledged.insert(position, id), None, "one position, given twice");
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_asked_to_come_again_and_loses_nothing() {
    let busy = Busy::start().await;
    let mut held = busy.held().await;
    let mut answers = JoinSet::new();
    (0..FLOOD).for_each(|number| busy.ask(&mut answers, number));
    until("the team's queue to be full", async || (busy.refused.load(Ordering::SeqCst) > 0).then_some(())).await;
    held.execute("ROLLBACK").await.expect("released");

    let acknowledged = acknowledged(answers).await;
    let ids = |of: &Written| of.values().cloned().collect::<BTreeSet<_>>();
    let written = busy.written().await;
    assert_eq!((acknowledged.len(), written.len()), (FLOOD, FLOOD));
    assert_eq!(ids(&written), ids(&acknowledged), "what was acknowledged is there once, and nothing else");
    println!("{} answers of {FLOOD} asked to come again", busy.refused.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_teams_word_waits_for_what_is_under_way_and_no_longer() {
    let busy = Busy::start().await;
    let quiet = busy.cluster.post(&busy.node, &busy.asks.token, "/api/v1/teams", json!({ "name": "quiet" })).await.expect(201);
    let mut held = busy.held().await;
    let mut look = busy.cluster.database.owner().await;
    let batches = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND application_name = 'opensail journal append' AND wait_event_type = 'Lock'";
    let mut answers = JoinSet::new();
    // One at a time until they only wait, so that it is known what is under way: as many batches as there may be, of one each.
    let mut under_way = 0;
    for number in 0..=UNDER_WAY {
        busy.ask(&mut answers, number);
        under_way = until("it to be under way or waiting", async || {
            let under_way = sqlx::query_scalar::<_, i64>(batches).fetch_one(&mut look).await.expect("an answer") as usize;
            (under_way + busy.waiting().await? == number + 1).then_some(under_way)
        })
        .await;
    }
    (UNDER_WAY + 1..WAVE).for_each(|number| busy.ask(&mut answers, number));
    until("all others to wait", async || (busy.waiting().await? == WAVE - under_way).then_some(())).await;
    let quiet = format!("{}/api/v1/teams/{}", busy.node.url, quiet["id"].as_str().expect("an id"));
    let (asks, request) = (busy.asks.clone(), busy.cluster.http.patch(quiet).json(&json!({ "name": "heard" })));
    let word = tokio::spawn(async move { asks.until_done(request, "word", &AtomicUsize::new(0)).await });
    until("the word to wait", async || (busy.waiting().await? > WAVE - under_way).then_some(())).await;
    held.execute("ROLLBACK").await.expect("released");

    let word = word.await.expect("no panic")["position"].as_u64().expect("a position");
    let before = acknowledged(answers).await.range(..word).count();
    // One of the busy team's is taken in turn with it.
    assert!(before <= under_way + 1, "{before} of the busy team's were written before the word, though only {under_way} were under way");
}
