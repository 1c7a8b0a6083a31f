//! How long the files of a step take to be recorded through the server: from the event that ends a call to the event that names the snapshot, by their
//! own times. A project of 10,000 files of 500 MB in 1,000 folders; the steps are shell commands that change one file, or 1 % of them. On
//! the file system of the temporary folder, and on a btrfs subvolume where that may be mounted. A missed goal is printed as missed.
//!
//! The next step begins as soon as the one before is recorded, so projections, the sandbox and the scripted model share the processor. The
//! library's own figures, without a server around it, are in the bench `snapshot`. `BENCH_ROUNDS` sets the steps per cell (25).

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use opensail_csi::tree::create_subvolume;
use opensail_tests::btrfs::Btrfs;
use opensail_tests::timing::{Times, machine};
use opensail_tests::world::World;
use rand::RngCore;
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_opensail-under-test");
const FILES: usize = 10_000;
const FOLDERS: usize = 1000;
const FILE_BYTES: usize = 50_000;
/// Milliseconds.
const GOAL: f64 = 50.0;
const GOAL_BTRFS: f64 = 5.0;
const DISK: u64 = 8 << 30;

#[tokio::main]
async fn main() {
    // Cargo asks with --test when it only wants to know that it runs.
    let trial = std::env::args().any(|argument| argument == "--test");
    let rounds = std::env::var("BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(25);
    let (files, rounds) = if trial { (1000, 2) } else { (FILES, rounds) };
    println!("{}", machine());
    println!("{:<52} {:>6} {:>9} {:>9} {:>9}", "", "steps", "p50 ms", "p95 ms", "worst ms");
    measured("temporary folder", &mut World::at_rest(PROGRAM, &[]), GOAL, files, rounds).await;
    let mut world = World::at_rest(PROGRAM, &[]);
    match Btrfs::over(world.path(), DISK) {
        Some(disk) => {
            let work = world.path().join("work");
            std::fs::create_dir(&work).expect("the project roots");
            create_subvolume(std::fs::File::open(&work).expect("opened"), c"boat").expect("a subvolume");
            measured("btrfs subvolume", &mut world, GOAL_BTRFS, files, rounds).await;
            drop(disk);
        }
        None => println!("SKIPPED: btrfs is only measured as root, with btrfs-progs and the right to mount"),
    }
}

async fn measured(place: &str, world: &mut World, goal: f64, files: usize, rounds: usize) {
    world.serve(&[]).await;
    let (project, folder) = world.project("boat").await;
    fill(&folder, files);
    for (what, share) in [("one file changed", 1), ("1 % changed", files / 100)] {
        let steps: Vec<Value> = (0..rounds).map(|round| step(round, share)).chain([json!({ "text": "done" })]).collect();
        let wish = json!({ "task": "change", "model": world.script(&steps), "edit_mode": "allow" });
        let session = world.session(&project, wish).await;
        let details = world.session_is(&session, &["completed", "failed"]).await;
        assert_eq!(details["status"], "completed", "{details}");
        report(&format!("{place}: {what}"), took(&world.events(&session).await), goal);
    }
    world.stop().await;
}

/// A command that writes other bytes into so many files, each in a folder of its own.
fn step(round: usize, share: usize) -> Value {
    let file = round % 10;
    let command = format!(
        "for k in $(seq {round} 10 {}); do head -c {FILE_BYTES} /dev/urandom > $((k % 20))/$k/file-{file}; done",
        round + (share - 1) * 10
    );
    json!({ "text": "working", "tool_calls": [{ "name": "bash_exec", "arguments": { "command": command } }] })
}

/// From the end of each call to its snapshot.
fn took(events: &[Value]) -> Vec<Duration> {
    let time =
        |event: &Value| chrono::DateTime::parse_from_rfc3339(event["time"].as_str().expect("a time")).expect("a time").timestamp_micros();
    let mut ended = HashMap::new();
    let mut took = Vec::new();
    for event in events {
        let call = event["data"]["call_id"].as_str();
        match (event["type"].as_str(), call) {
            (Some("agent_session.tool_call_completed"), Some(call)) => drop(ended.insert(call.to_owned(), time(event))),
            (Some("agent_session.workspace_captured"), Some(call)) => {
                took.push(Duration::from_micros((time(event) - ended[call]).unsigned_abs()))
            }
            _ => {}
        }
    }
    took
}

fn report(what: &str, took: Vec<Duration>, goal: f64) {
    let times = Times::from(took);
    let verdict = if times.ms(0.5) <= goal { "met at p50" } else { "MISSED" };
    let [median, most, worst] = [0.5, 0.95, 1.0].map(|share| times.ms(share));
    println!("{what:<52} {:>6} {median:>9.2} {most:>9.2} {worst:>9.2}  goal {goal:.0} ms {verdict}", times.count());
}

/// Half of the files are text that compresses, half noise.
fn fill(project: &Path, files: usize) {
    for folder in 0..FOLDERS.min(files) {
        std::fs::create_dir_all(project.join(format!("{}/{folder}", folder % 20))).expect("a folder");
    }
    for number in 0..files {
        let mut bytes = vec![0; FILE_BYTES];
        rand::rng().fill_bytes(&mut bytes);
        if number.is_multiple_of(2) {
            bytes.iter_mut().for_each(|byte| *byte = b"etaoin shrdlu(){};="[usize::from(*byte) % 19]);
        }
        let folder = number % FOLDERS;
        std::fs::write(project.join(format!("{}/{folder}/file-{}", folder % 20, number / FOLDERS)), &bytes).expect("written");
    }
}
