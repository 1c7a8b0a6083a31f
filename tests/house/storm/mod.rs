//! The storm: writers and readers over HTTP against real processes, while these are killed, stopped and cut off, their database with them, and
//! their disk is full. When it is over:
//!
//! - what was acknowledged is there, once; what was not is there at most once; a repeated key answers with the first position
//! - positions, positions of tenants and versions of streams are dense and in order, and the tree verifies (`audit verify`)
//! - each subscriber saw each event once, in order
//! - a consumer whose members live in these processes did its effect once for each event, in order
//! - every row of every view is what a rebuild from nothing gives
//!
//! `OPENSAIL_STORM_SECONDS` (60) is for both grounds together; `OPENSAIL_STORM_SEED` repeats the choices of one, though not the interleavings.

mod check;
mod process;
mod reader;
mod relays;
mod tally;
mod weather;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use opensail_tests::cluster::{ADMIN, Cluster};
use opensail_tests::copies::COPIES;
use opensail_tests::mortal_postgres::MortalPostgres;
use opensail_tests::small_disk::SmallDisk;
use opensail_tests::world::World;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::Mutex;
use tokio::task::LocalSet;

use crate::PROGRAM;
use process::{Process, Program};
use relays::Relays;
use tally::Tally;

/// Tenants that write, each with readers of its own.
const TENANTS: usize = 3;

/// What is shorter may have passed something over.
const A_STORM: Duration = Duration::from_secs(30);
/// What is shorter may have passed over a kind that is one fault in 27: of 30 seconds with some 150 faults, 1 storm in 290 has none of it.
const A_LONG_STORM: Duration = Duration::from_secs(120);

/// Everything that stands in the weather.
struct House {
    /// Those that answer requests first.
    processes: Vec<Process>,
    /// How many of them answer requests.
    doors: usize,
    postgres: Option<Mutex<MortalPostgres>>,
    relays: Option<Mutex<Relays>>,
    /// Of the data folder.
    disk: Option<SmallDisk>,
    tally: Tally,
}

impl House {
    fn name(&self) -> &'static str {
        if self.postgres.is_some() { "PostgreSQL" } else { "SQLite" }
    }

    /// What befalls it so often in a storm that lasts so long that it must have.
    async fn befallen(&self, lasts: Duration) -> Vec<&'static str> {
        let mut all = vec!["processes killed", "processes paused", "doors cut"];
        if let Some(postgres) = &self.postgres {
            all.extend(["database sessions ended", "databases cut"]);
            if lasts >= A_LONG_STORM {
                all.extend(["databases stopped at once", "relays lost"]);
                if postgres.lock().await.disk.is_some() {
                    all.push("databases' disks filled");
                }
            }
        }
        if self.disk.is_some() {
            all.push("disks filled");
        }
        all
    }

    /// One door of the house, as clients reach it: through a wire.
    fn door(&self, rng: &mut StdRng) -> &Process {
        &self.processes[rng.random_range(0..self.doors)]
    }

    async fn ready(&self) {
        for process in &self.processes {
            process.ready().await;
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

/// The seed and how long it lasts on one ground.
fn wish() -> (u64, Duration) {
    let seconds = number("OPENSAIL_STORM_SECONDS").unwrap_or(60);
    (number("OPENSAIL_STORM_SEED").unwrap_or_else(|| rand::rng().random()), Duration::from_secs(seconds) / 2)
}

/// Room for what is written, and to fill in a moment: 96 MiB, and more for a longer storm.
fn room(lasts: Duration) -> String {
    format!("{}m", 96 + lasts.as_secs().min(3600))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    let (seed, lasts) = wish();
    println!("a storm over SQLite: OPENSAIL_STORM_SEED={seed}, {} s", lasts.as_secs());
    let world = World::at_rest(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]);
    let disk = SmallDisk::mount(&world.home(), &room(lasts));
    let program = Program::of(world.command(&["serve"]).env(COPIES, "1"));
    let processes = vec![Process::begin("all", program, world.path()).await];
    let house = House { processes, doors: 1, postgres: None, relays: None, disk, tally: Tally::default() };
    let house = Arc::new(house);
    house.ready().await;
    LocalSet::new().run_until(rage(&house, seed, lasts)).await;
    check::on_sqlite(house, &world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    let (seed, lasts) = wish();
    println!("a storm over PostgreSQL: OPENSAIL_STORM_SEED={seed}, {} s", lasts.as_secs());
    let postgres = MortalPostgres::start(&room(lasts * 4)).await;
    let relays = Relays::start().await;
    let settings =
        [("OPENSAIL_REGISTRATION", "open"), ("OPENSAIL_ADMIN_EMAIL", ADMIN), ("NATS_URL", &relays.nats()), ("REDIS_URL", &relays.redis())];
    let cluster = Cluster::over(postgres.database(), PROGRAM, &settings);
    let mut processes = Vec::new();
    for role in ["api", "api", "worker", "worker"] {
        let program = Program::of(cluster.command(&["serve", "--role", role]).env(COPIES, "1"));
        processes.push(Process::begin(role, program, cluster.path()).await);
    }
    let house = House {
        processes,
        doors: 2,
        postgres: Some(Mutex::new(postgres)),
        relays: Some(Mutex::new(relays)),
        disk: None,
        tally: Tally::default(),
    };
    let house = Arc::new(house);
    house.ready().await;
    LocalSet::new().run_until(rage(&house, seed, lasts)).await;
    check::on_postgres(house, &cluster).await;
}

/// The storm itself, and the calm in which everybody gets done.
async fn rage(house: &Arc<House>, seed: u64, lasts: Duration) {
    let mut tenants = Vec::new();
    for number in 0..TENANTS {
        tenants.push(Arc::new(writer::Tenant::settle(house, number).await));
    }
    let calm = tokio_util::sync::CancellationToken::new();
    let mut busy = tokio::task::JoinSet::new();
    let mut readers = Vec::new();
    for (number, tenant) in tenants.iter().enumerate() {
        for (kind, what) in [writer::Kind::Renames, writer::Kind::Renames, writer::Kind::Talks].into_iter().enumerate() {
            let rng = StdRng::seed_from_u64(seed ^ (1 + number * 10 + kind) as u64);
            busy.spawn_local(writer::write(house.clone(), tenant.clone(), what, rng, calm.clone()));
        }
        for way in [reader::Way::Stream, reader::Way::List] {
            let rng = StdRng::seed_from_u64(seed ^ (1000 + number) as u64);
            readers.push(reader::Reader::begin(house.clone(), tenant.clone(), way, rng));
        }
    }
    weather::rage(house, StdRng::seed_from_u64(seed), lasts).await;
    calm.cancel();
    house.ready().await;
    let mut said = Vec::new();
    while let Some(done) = busy.join_next().await {
        said.extend(done.expect("a writer"));
    }
    println!("{}: {}, {} writes acknowledged", house.name(), house.tally, said.len());
    if lasts >= A_STORM {
        let lacks = house.tally.lacks(&house.befallen(lasts).await);
        assert!(lacks.is_none() && !said.is_empty(), "no storm: of {lacks:?} there was none, {} writes", said.len());
    }
    for tenant in &tenants {
        check::what_was_said_is_there_once(house, tenant, &said).await;
        check::each_renaming_was_copied_once(house, tenant).await;
    }
    for reader in readers {
        reader.saw_everything_once_and_in_order().await;
    }
    let strange = house.tally.strange();
    assert!(strange.is_empty(), "answers that nobody should get: {strange:?}");
}
