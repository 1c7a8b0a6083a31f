//! How soon an appended event reaches who follows its session over server-sent events: with one reader, and with 1,000 on as many sessions; and
//! what the server holds in memory for each of them while nothing comes.
//!
//! A message added to a waiting session is one event. The time runs from the moment that the journal gave the event, before it was made durable, to the
//! moment that its reader has it; the readers and the server share the machine. `BENCH_ROUNDS` sets the messages per cell (2000); a
//! word on the command line (`sqlite`, `postgres`) runs only that database.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opensail_tests::timing::{Times, on_each_database, own_memory};
use opensail_tests::world::World;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

const PROGRAM: &str = env!("CARGO_BIN_EXE_opensail-under-test");
const READERS: usize = 1000;
/// Milliseconds, p50 and p99.
const GOAL_ALONE: [f64; 2] = [1.5, 5.0];
const GOAL_MANY: [f64; 2] = [4.0, 15.0];
const GOAL_BYTES: u64 = 4096;
/// Messages under way at once.
const AT_ONCE: usize = 4;

#[tokio::main]
async fn main() {
    // Cargo asks with --test when it only wants to know that it runs.
    let trial = std::env::args().any(|argument| argument == "--test");
    let rounds = std::env::var("BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000);
    let (readers, rounds) = if trial { (10, 20) } else { (READERS, rounds) };
    on_each_database(PROGRAM, async |world| measure(world, readers, rounds).await).await;
}

async fn measure(mut world: World, readers: usize, rounds: usize) {
    world.serve(&[]).await;
    let (project, _) = world.project("boat").await;
    world.stop().await;
    // Nobody works, so the sessions wait and nothing is appended but the messages.
    world.serve_as("api", &[]).await;
    let mut sessions = Vec::with_capacity(readers);
    for _ in 0..readers {
        sessions.push(world.session(&project, json!({ "task": "wait", "model": "scripted:tour" })).await);
    }
    println!("{:<40} {:>8} {:>9} {:>9} {:>9}", "", "events", "p50 ms", "p99 ms", "worst ms");
    let (heard, mut received) = mpsc::unbounded_channel();
    follow(&world, &sessions[0], heard.clone()).await;
    report("one reader", run(&world, &sessions[..1], rounds, 1, &mut received).await, GOAL_ALONE);
    let before = own_memory(world.server_pid());
    for session in &sessions[1..] {
        follow(&world, session, heard.clone()).await;
    }
    let each = own_memory(world.server_pid()).saturating_sub(before) / (readers as u64 - 1);
    report(&format!("{readers} readers"), run(&world, &sessions, rounds, 1, &mut received).await, GOAL_MANY);
    let name = format!("{readers} readers, {AT_ONCE} messages at once");
    report(&name, run(&world, &sessions, rounds, AT_ONCE, &mut received).await, GOAL_MANY);
    let verdict = if each <= GOAL_BYTES { "met" } else { "MISSED" };
    println!("memory of the server for each idle reader: {each} bytes, goal {GOAL_BYTES} {verdict}");
    world.stop().await;
}

/// Opens a stream on a connection of its own and returns once it flows; every event's delay is told.
async fn follow(world: &World, session: &str, heard: mpsc::UnboundedSender<Duration>) {
    let address = world.url.strip_prefix("http://").expect("an address");
    let stream = TcpStream::connect(address).await.expect("connected");
    let mut stream = BufReader::with_capacity(2048, stream);
    let head = world.get(&format!("/api/v1/sessions/{session}")).await["position"].as_u64().expect("a position");
    let token = &world.token;
    let request = format!(
        "GET /api/v1/sessions/{session}/stream?after={head} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut line = String::new();
    while !line.starts_with("id: ") {
        line.clear();
        assert!(stream.read_line(&mut line).await.expect("a line") > 0, "the stream ended");
    }
    tokio::spawn(async move {
        loop {
            line.clear();
            match stream.read_line(&mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            if let Some(data) = line.strip_prefix("data: ") {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_micros() as i64;
                let item: serde_json::Value = serde_json::from_str(data).expect("an item");
                let time = chrono::DateTime::parse_from_rfc3339(item["time"].as_str().expect("a time")).expect("a time");
                let delay = Duration::from_micros((now - time.timestamp_micros()).max(0) as u64);
                if heard.send(delay).is_err() {
                    return;
                }
            }
        }
    });
}

/// Adds messages, each after the one `at_once` before it was heard.
async fn run(
    world: &World,
    sessions: &[String],
    rounds: usize,
    at_once: usize,
    received: &mut mpsc::UnboundedReceiver<Duration>,
) -> Vec<Duration> {
    let mut times = Vec::with_capacity(rounds);
    for round in 0..rounds / at_once {
        let asked = (0..at_once).map(|place| {
            // Neighbours in time are far apart in age.
            let session = &sessions[(round * at_once + place) * 617 % sessions.len()];
            async move { world.post(&format!("/api/v1/sessions/{session}/messages"), json!({ "text": "a word" })).await.expect(202) }
        });
        futures::future::join_all(asked).await;
        for _ in 0..at_once {
            times.push(received.recv().await.expect("heard"));
        }
    }
    times
}

fn report(what: &str, times: Vec<Duration>, goal: [f64; 2]) {
    let times = Times::from(times);
    let [median, most, worst] = [0.5, 0.99, 1.0].map(|share| times.ms(share));
    let verdict = if median <= goal[0] && most <= goal[1] { "met" } else { "MISSED" };
    println!("{what:<40} {:>8} {median:>9.2} {most:>9.2} {worst:>9.2}  goal {} / {} ms {verdict}", times.count(), goal[0], goal[1]);
}
