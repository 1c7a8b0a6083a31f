//! The past is what the present was: whatever happens, every view as of every position has the rows it had when it stood there.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::testing::World;
use crate::testing::histories::{Happening, There, any_happening};

/// Histories tried on each database, and their longest.
const CASES: u32 = 6;
const EVENTS: usize = 40;

async fn the_past_is_what_the_present_was(world: World, happenings: Vec<Happening>) -> Result<(), TestCaseError> {
    let (projections, _) = world.caught_up().await;
    let mut then = BTreeMap::from([(0, world.rows().await)]);
    let mut there = There::default();
    for happening in happenings {
        for (stream, event) in there.lead_to(&world, happening) {
            let position = world.append(&stream, "t", None, vec![event]).await.position;
            world.settle(&projections).await;
            then.insert(position, world.rows().await);
        }
    }
    prop_assert_eq!(projections.parked().await.expect("a list"), []);
    for (position, rows) in &then {
        prop_assert_eq!(&world.rows_at(*position).await, rows, "as of {}", position);
    }
    // Built anew, many events to a transaction, the views remember the same.
    drop(projections);
    let mut tx = world.db.begin().await.expect("a transaction");
    tx.run(crate::db::sql!("UPDATE checkpoints SET version = 0")).await.expect("made old");
    tx.commit().await.expect("committed");
    world.caught_up().await;
    for (position, rows) in &then {
        prop_assert_eq!(&world.rows_at(*position).await, rows, "built anew, as of {}", position);
    }
    Ok(())
}

fn after_any_history(new_world: impl AsyncFn() -> World) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let config = ProptestConfig { cases: CASES, max_shrink_iters: 64, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(any_happening(), 1..EVENTS), |happenings| {
            runtime.block_on(async { the_past_is_what_the_present_was(new_world().await, happenings).await })
        })
        .expect("every history");
}

#[test]
fn after_any_history_on_sqlite() {
    after_any_history(World::on_sqlite);
}

#[test]
fn after_any_history_on_postgres() {
    after_any_history(World::on_postgres);
}
