//! However the events of a history are cut into batches, every table ends with the same rows, those of the past included, as when each event
//! is written before the next is looked at.

use opensail_eventstore::{Filter, Recorded};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::db::{Dialect, Names, sql};
use crate::engine::apply_all;
use crate::projection::{self, ApplyError, Incoming, Projection};
use crate::testing::World;
use crate::testing::histories::{Happening, There, any_happening};

/// Histories tried on each database, and their longest.
const CASES: u32 = 12;
const EVENTS: usize = 60;

fn any_history() -> impl Strategy<Value = (Vec<Happening>, Vec<usize>)> {
    (prop::collection::vec(any_happening(), 1..EVENTS), prop::collection::vec(1usize..20, EVENTS * 2))
}

/// Fills a set of tables of its own with batches of these lengths and answers every row of it.
async fn filled(
    world: &World,
    view: &dyn Projection,
    suffix: &str,
    events: &[Recorded],
    batches: &mut dyn Iterator<Item = usize>,
) -> Vec<String> {
    let tables: Vec<_> = view.tables().iter().flat_map(|table| table.names("")).collect();
    let mut tx = world.db.begin().await.expect("a transaction");
    for table in view.tables() {
        for statement in table.ddl(world.db.dialect(), suffix) {
            tx.run(sql!(statement)).await.expect("made");
        }
    }
    tx.call(Some(Names::new(tables.clone(), suffix)));
    let concerns = |event: &&Recorded| view.streams().is_empty() || view.streams().contains(&event.stream.stream_type());
    let incoming: Vec<_> = events.iter().filter(concerns).map(Incoming::new).collect();
    let mut rest = &incoming.iter().collect::<Vec<_>>()[..];
    while !rest.is_empty() {
        let (batch, others) = rest.split_at(batches.next().expect("a length").min(rest.len()));
        let applied = apply_all(view, &mut tx, batch).await;
        assert!(applied.is_ok(), "{:?}", applied.map_err(|error: ApplyError| error.to_string()));
        rest = others;
    }
    let mut rows = Vec::new();
    for table in &tables {
        let text = match world.db.dialect() {
            Dialect::Postgres => format!("SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1"),
            Dialect::Sqlite => {
                let columns = tx.all(sql!(format!("SELECT name FROM pragma_table_info('{table}{suffix}')"))).await.expect("columns");
                let columns: Vec<_> = columns.iter().map(|row| row.text(0).expect("a name")).collect();
                format!("SELECT json_array({}) FROM {table} ORDER BY 1", columns.join(", "))
            }
        };
        let found = tx.all(sql!(text)).await.expect("rows");
        rows.extend(found.iter().map(|row| format!("{table} {}", row.text(0).expect("a row"))));
    }
    rows
}

async fn the_same_however_it_is_cut(world: World, happenings: Vec<Happening>, lengths: Vec<usize>) -> Result<(), TestCaseError> {
    let mut there = There::default();
    for happening in happenings {
        for (stream, event) in there.lead_to(&world, happening) {
            world.append(&stream, "t", None, vec![event]).await;
        }
    }
    let events = world.store.read_all(0, 1000, &Filter::default()).await.expect("the journal").events;
    for view in projection::all() {
        let single = filled(&world, view.as_ref(), "__one", &events, &mut std::iter::repeat(1)).await;
        let cut = filled(&world, view.as_ref(), "__cut", &events, &mut lengths.iter().copied().cycle()).await;
        let whole = filled(&world, view.as_ref(), "__all", &events, &mut std::iter::repeat(usize::MAX)).await;
        prop_assert_eq!(&cut, &single, "{} in batches", view.name());
        prop_assert_eq!(&whole, &single, "{} at once", view.name());
    }
    Ok(())
}

fn after_any_history(new_world: impl AsyncFn() -> World) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let config = ProptestConfig { cases: CASES, max_shrink_iters: 64, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&any_history(), |(happenings, lengths)| {
            runtime.block_on(async { the_same_however_it_is_cut(new_world().await, happenings, lengths).await })
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
