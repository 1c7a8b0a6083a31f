//! A thousand forks at random events of recorded sessions, shell steps included: no differing file.

use futures::StreamExt;
use rand::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::agent_session::bench::{call, turn};

const SESSIONS: usize = 20;
const STEPS: usize = 8;
const FORKS: usize = 1000;
const AT_A_TIME: usize = 8;

/// Commands that make what a snapshot must hold: bits, links, empty folders, odd names, files of any bytes.
fn step(random: &mut StdRng, n: usize) -> Value {
    let file = random.random_range(0..6);
    let command = match random.random_range(0..9) {
        0 => format!("head -c {} /dev/urandom > f{file}.bin", random.random_range(1..200_000)),
        1 => format!("mkdir -p d{n}/empty d{file}; echo {n} > d{file}/x"),
        2 => format!("ln -sfn ../outside l{file}; ln -sfn f{file}.bin m{n}"),
        3 => format!("echo {n} >> f{file}.txt; chmod {} f{file}.txt", ["600", "644", "755"].choose(random).expect("one")),
        4 => format!("rm -rf d{file} f{file}.bin"),
        5 => format!("[ -e f{file}.txt ] && mv f{file}.txt 'a name with  spaces {n}'; true"),
        6 => format!("printf '%s' {n} > \"$(printf 'odd\\nname{file}')\""),
        7 => format!("git init -q . 2>/dev/null; echo {n} > .gitignore; mkdir -p .git/x; echo {n} > .git/x/{file}"),
        _ => return write(&format!("src/{file}.rs"), &format!("fn f{n}() {{}}\n").repeat(n + 1)),
    };
    turn(vec![call("bash_exec", json!({ "command": command }))])
}

#[tokio::test]
async fn a_thousand_forks_differ_in_no_file() {
    let bench = Bench::new().await;
    let seed = rand::random::<u64>();
    let mut random = StdRng::seed_from_u64(seed);
    // After each step the folder itself says what the fork must hold.
    let mut recorded: Vec<(String, u64, Contents)> = Vec::new();
    for _ in 0..SESSIONS {
        let lines: Vec<Value> = (0..STEPS).map(|n| step(&mut random, n)).chain([say("done")]).collect();
        let mut seen = Vec::new();
        let session = bench.start(&lines, json!({ "edit_mode": "ask" })).await;
        let mut question = bench.question(&session).await;
        loop {
            seen.push(holds(&bench.folder));
            bench.answer(&session, &question, json!({ "decision": "allow_once" })).await.expect(202);
            let next = opensail_tests::world::until("a question or the end", async || {
                let details = bench.world.get(&format!("/api/v1/sessions/{session}")).await;
                match details["status"].as_str() {
                    Some("completed") => Some(None),
                    Some("waiting_approval") if details["approval_id"] != question["id"] => Some(Some(bench.question(&session).await)),
                    _ => None,
                }
            })
            .await;
            match next {
                Some(next) => question = next,
                None => break,
            }
        }
        seen.push(holds(&bench.folder));
        let events = bench.world.events(&session).await;
        let mut done = 0;
        for event in &events {
            let position = event["position"].as_u64().expect("a position");
            if event["type"] == "agent_session.tool_call_completed" {
                done += 1;
            }
            recorded.push((session.clone(), position, seen[done].clone()));
        }
    }
    let chosen: Vec<_> = (0..FORKS).map(|_| recorded.choose(&mut random).expect("an event")).collect();
    let mut forks = futures::stream::iter(chosen)
        .map(async |(session, position, expected)| {
            let wish = json!({ "at": position });
            let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), wish).await.expect(201);
            let copy = bench.copy_of(fork["id"].as_str().expect("an id"));
            assert_eq!(&holds(&copy), expected, "seed {seed}, {session} at {position}");
            std::fs::remove_dir_all(&copy).expect("removed");
        })
        .buffer_unordered(AT_A_TIME);
    let mut compared = 0;
    while forks.next().await.is_some() {
        compared += 1;
    }
    assert_eq!(compared, FORKS);
}
