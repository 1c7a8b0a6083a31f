//! `kill -9` at every boundary of an undo, a fork and a merge: after a restart and the same wish again all is as it would have been.

use futures::StreamExt;
use opensail_tests::world::{World, until};
use serde_json::json;

use super::super::bench::{AT_A_TIME, Database, fresh_postgres, settings, sqlite};
use super::*;
use crate::PROGRAM;

/// More boundaries than any of these has.
const MOST: u32 = 60;

/// What is done under the crash; `body` of a POST to the session, by its verb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Undo,
    Fork,
    Merge,
    Discard,
}

/// What must be the same: the project's files, and a fork's.
#[derive(PartialEq, Debug)]
struct Ending {
    project: Contents,
    copy: Option<Contents>,
    undone: usize,
    merged: usize,
}

/// A session that ended, a fork of it with a change, and then the deed, dying at the n-th boundary that it passes.
async fn run(deed: Deed, database: &Database, die_at: Option<u32>) -> (Ending, bool) {
    let mut world = World::at_rest(PROGRAM, &settings(database));
    world.serve(&[]).await;
    let (project, folder) = world.project("boat").await;
    let mut bench = Bench { world, project, folder };
    std::fs::write(bench.folder.join("old.txt"), "old\n").expect("written");
    let (session, _) = bench.run(&script(), json!({})).await;
    let begin = bench.step(&session, 0).await;
    let fork = bench.world.post(&format!("/api/v1/sessions/{session}/fork"), json!({})).await.expect(201);
    let fork = fork["id"].as_str().expect("an id").to_owned();
    std::fs::write(bench.copy_of(&fork).join("a.txt"), "of the fork\n").expect("written");
    bench.world.stop().await;
    let crash = die_at.map(|n| format!("any:{n}"));
    let environment: Vec<(&str, &str)> = crash.iter().map(|at| ("OPENSAIL_CRASH_AT", at.as_str())).collect();
    bench.world.serve(&environment).await;
    let (path, body) = match deed {
        Deed::Undo => (format!("/api/v1/sessions/{session}/undo"), json!({ "to": begin })),
        Deed::Fork => (format!("/api/v1/sessions/{session}/fork"), json!({ "at": begin })),
        Deed::Merge => (format!("/api/v1/sessions/{fork}/merge"), json!({})),
        Deed::Discard => (format!("/api/v1/sessions/{fork}/discard"), json!({})),
    };
    let ask = async |bench: &Bench| {
        let request = bench.world.http.post(format!("{}{path}", bench.world.url)).bearer_auth(&bench.world.token);
        request.header("Idempotency-Key", "the deed").json(&body).send().await
    };
    let died = match ask(&bench).await {
        // The point may lie behind the answer.
        Ok(answer) => {
            assert!(answer.status().is_success(), "{}", answer.text().await.unwrap_or_default());
            bench.world.stop().await != Some(0)
        }
        Err(_) => {
            bench.world.dies().await;
            true
        }
    };
    bench.world.serve(&[]).await;
    if died {
        // Whoever was not answered asks again.
        until("the same answer as without a crash", async || ask(&bench).await.ok().filter(|answer| answer.status().is_success())).await;
    }
    until("nothing to be open", async || {
        let events = [bench.world.events(&session).await, bench.world.events(&fork).await].concat();
        let count = |kind: &str| events.iter().filter(|event| event["type"] == format!("agent_session.{kind}")).count();
        (count("undo_started") == count("undone") && count("merge_started") == count("merged")).then_some(())
    })
    .await;
    let copy = match deed {
        Deed::Fork => {
            let tree = bench.world.get(&format!("/api/v1/sessions/{session}/forks")).await;
            let made = tree["items"].as_array().expect("items").last().expect("a fork")["id"].as_str().expect("an id").to_owned();
            assert_eq!(tree["items"].as_array().map(Vec::len), Some(3), "one fork was made");
            // A fork whose copy a crash prevented makes it when it is needed first.
            let wish = json!({ "text": "on" });
            bench.world.post(&format!("/api/v1/sessions/{made}/messages"), wish).await.expect(202);
            // It goes on from there by itself; its files are at rest when it has ended.
            until("its run to end", async || {
                let events = bench.world.events(&made).await;
                let is = |event: &serde_json::Value, kind: &str| event["type"] == format!("agent_session.{kind}");
                let run = events.iter().skip_while(|event| !is(event, "run_started"));
                run.into_iter().any(|event| is(event, "completed") || is(event, "failed")).then_some(())
            })
            .await;
            Some(holds(&bench.copy_of(&made)))
        }
        Deed::Discard => {
            let details = bench.world.get(&format!("/api/v1/sessions/{fork}")).await;
            assert_eq!(details["discarded"], true);
            None
        }
        Deed::Undo | Deed::Merge => Some(holds(&bench.copy_of(&fork))),
    };
    // Of the copies that were half made when it died; removed at the start, beside all else.
    let forks = bench.world.home().join("forks");
    until("no half-made copy", async || {
        let mut names = std::fs::read_dir(&forks).expect("forks").flatten().map(|entry| entry.file_name());
        names.all(|name| !name.to_string_lossy().starts_with('.')).then_some(())
    })
    .await;
    for (path, _) in holds(&bench.folder) {
        assert!(!path.contains(".opensail-"), "{path} is left of what was being written");
    }
    let undone = bench.events_of(&session, "undone").await.len();
    let merged = bench.events_of(&fork, "merged").await.len();
    (Ending { project: holds(&bench.folder), copy, undone, merged }, died)
}

async fn at_every_boundary(deed: Deed, at_least: u32, database: impl AsyncFn() -> Database) {
    let run = async |die_at: Option<u32>| run(deed, &database().await, die_at).await;
    let (undisturbed, _) = run(None).await;
    let mut endings = futures::stream::iter(1..MOST).map(async |n| (n, run(Some(n)).await)).buffered(AT_A_TIME);
    while let Some((n, (ending, died))) = endings.next().await {
        assert_eq!(ending, undisturbed, "{deed:?} killed at boundary {n}");
        if !died {
            assert!(n > at_least, "only {n} boundaries were passed; are the crash points built in?");
            return;
        }
    }
    panic!("more than {MOST} boundaries");
}

mod on_sqlite {
    use super::*;

    #[tokio::test]
    async fn of_an_undo() {
        at_every_boundary(Deed::Undo, 5, sqlite).await;
    }

    #[tokio::test]
    async fn of_a_fork() {
        at_every_boundary(Deed::Fork, 2, sqlite).await;
    }

    #[tokio::test]
    async fn of_a_merge() {
        at_every_boundary(Deed::Merge, 5, sqlite).await;
    }

    #[tokio::test]
    async fn of_a_discard() {
        at_every_boundary(Deed::Discard, 0, sqlite).await;
    }
}

mod on_postgres {
    use super::*;

    #[tokio::test]
    async fn of_an_undo() {
        at_every_boundary(Deed::Undo, 5, fresh_postgres).await;
    }

    #[tokio::test]
    async fn of_a_fork() {
        at_every_boundary(Deed::Fork, 2, fresh_postgres).await;
    }

    #[tokio::test]
    async fn of_a_merge() {
        at_every_boundary(Deed::Merge, 5, fresh_postgres).await;
    }

    #[tokio::test]
    async fn of_a_discard() {
        at_every_boundary(Deed::Discard, 0, fresh_postgres).await;
    }
}
