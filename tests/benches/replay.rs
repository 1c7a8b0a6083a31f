//! How long it takes to replay a session of 1,500 events, and until a killed server's session goes on: from the moment that the new server is ready for
//! requests, and from the start of its process, to the next event of the session. The model is scripted. `BENCH_ROUNDS` sets the rounds (100); a word
//! on the command line (`sqlite`, `postgres`) runs only that database.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use opensail_tests::timing::{Times, on_each_database};
use opensail_tests::world::{World, until};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_opensail-under-test");
const EVENTS: usize = 1500;
/// Events of one step: a turn begins and ends, a call begins and ends.
const OF_A_STEP: usize = 4;
const CRASHES: usize = 10;
/// Milliseconds, p50.
const GOAL_REPLAY: f64 = 5.0;
const GOAL_RECOVERY: f64 = 20.0;

#[tokio::main]
async fn main() {
    // Cargo asks with --test when it only wants to know that it runs.
    let trial = std::env::args().any(|argument| argument == "--test");
    let rounds = std::env::var("BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let (events, rounds, crashes) = if trial { (40, 3, 1) } else { (EVENTS, rounds, CRASHES) };
    on_each_database(PROGRAM, async |world| measure(world, events, rounds, crashes).await).await;
}

async fn measure(mut world: World, events: usize, rounds: usize, crashes: usize) {
    world.serve(&[]).await;
    let (project, folder) = world.project("boat").await;
    std::fs::write(folder.join("log.txt"), "the wind was fair\n".repeat(20)).expect("written");
    let steps = events / OF_A_STEP;
    let read = |_| json!({ "text": "I read on.", "tool_calls": [{ "name": "read_file", "arguments": { "file_path": "log.txt" } }] });
    let last = json!({ "text": "still thinking", "delay_ms": 3_600_000 });
    let model = world.script(&(0..steps).map(read).chain([last]).collect::<Vec<Value>>());
    let wish = json!({ "task": "read", "model": model, "budget": { "max_steps": 10_000, "max_tokens": 100_000_000 } });
    let session = world.session(&project, wish).await;
    let path = format!("/api/v1/sessions/{session}");
    until("the session to stand at its last turn", async || (world.get(&path).await["usage"]["steps"] == steps).then_some(())).await;
    let recorded = world.events(&session).await.len();
    println!("{:<44} {:>7} {:>9} {:>9} {:>9}", "", "rounds", "p50 ms", "p95 ms", "worst ms");

    world.stop().await;
    let mut first = Vec::new();
    let mut after = Vec::new();
    for _ in 0..crashes {
        world.serve_as("api", &[]).await;
        first.push(replay(&world, &path).await);
        for _ in 0..rounds / crashes {
            after.push(replay(&world, &path).await);
        }
        world.stop().await;
    }
    report(&format!("replay of {recorded} events, the first"), first, GOAL_REPLAY);
    report("replay, those after it", after, GOAL_REPLAY);

    let (mut from_ready, mut from_start) = (Vec::new(), Vec::new());
    world.serve(&[]).await;
    for _ in 0..crashes {
        let (before, stood) = (world.events(&session).await.len(), last_event(&world, &project).await);
        world.kill().await;
        let started = now();
        world.serve(&[]).await;
        let ready = now();
        until("the session to go on", async || (last_event(&world, &project).await != stood).then_some(())).await;
        let next = time(&world.events(&session).await[before]);
        from_start.push(Duration::from_micros((next - started).max(0) as u64));
        from_ready.push(Duration::from_micros((next - ready).max(0) as u64));
    }
    report("crash: from the start of the process", from_start, GOAL_RECOVERY);
    report("crash: from the time it is ready", from_ready, GOAL_RECOVERY);
    world.kill().await;
}

async fn replay(world: &World, path: &str) -> Duration {
    let start = Instant::now();
    let answer = world.http.get(format!("{}{path}/replay", world.url)).bearer_auth(&world.token).send().await.expect("an answer");
    let body = answer.bytes().await.expect("a body");
    let took = start.elapsed();
    assert!(body.starts_with(b"{\"session\""), "{}", String::from_utf8_lossy(&body));
    took
}

/// Position of the only session's last event, from the view: to ask for the session's events would read all of it, beside the server that reads it too.
async fn last_event(world: &World, project: &str) -> Value {
    world.get(&format!("/api/v1/projects/{project}/sessions")).await["items"][0]["position"].clone()
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_micros() as i64
}

fn time(event: &Value) -> i64 {
    chrono::DateTime::parse_from_rfc3339(event["time"].as_str().expect("a time")).expect("a time").timestamp_micros()
}

fn report(what: &str, times: Vec<Duration>, goal: f64) {
    let times = Times::from(times);
    let [median, most, worst] = [0.5, 0.95, 1.0].map(|share| times.ms(share));
    let verdict = if median <= goal { "met at p50" } else { "MISSED" };
    println!("{what:<44} {:>7} {median:>9.2} {most:>9.2} {worst:>9.2}  goal {goal} ms {verdict}", times.count());
}
