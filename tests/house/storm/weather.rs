//! What befalls the house. Each fault undoes itself, so that it is calm once all of them are over.

use std::sync::Arc;
use std::time::Duration;

use opensail_eventstore::conformance::relay::Lost;
use opensail_eventstore::conformance::relay::proxy::{Proxy, Wire};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rustix::process::{Signal, kill_process};
use sqlx::Executor;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::House;

/// Between two faults, at most, in milliseconds.
const LULL: u64 = 400;
/// Between two words on how it goes, of a storm that lasts longer.
const TOLD: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
enum Fault {
    Kill,
    Pause,
    CutTheDoor,
    FillTheDisk,
    KillASession,
    EndASession,
    StopTheDatabase,
    CutTheDatabase,
    FillTheDatabasesDisk,
    LoseARelay,
}

const EVERYWHERE: [Fault; 8] =
    [Fault::Kill, Fault::Kill, Fault::Kill, Fault::Kill, Fault::Pause, Fault::CutTheDoor, Fault::CutTheDoor, Fault::FillTheDisk];
/// Of several processes over one database.
const OF_A_CLUSTER: [Fault; 9] = [
    Fault::KillASession,
    Fault::EndASession,
    Fault::EndASession,
    Fault::EndASession,
    Fault::StopTheDatabase,
    Fault::CutTheDatabase,
    Fault::CutTheDatabase,
    Fault::FillTheDatabasesDisk,
    Fault::LoseARelay,
];

pub(super) async fn rage(house: &Arc<House>, mut rng: StdRng, lasts: Duration) {
    let end = Instant::now() + lasts;
    let mut tell = Instant::now() + TOLD;
    let mut under_way = JoinSet::new();
    while Instant::now() < end {
        let fault = match house.postgres.is_some() && rng.random_ratio(1, 3) {
            true => OF_A_CLUSTER[rng.random_range(0..OF_A_CLUSTER.len())],
            false => EVERYWHERE[rng.random_range(0..EVERYWHERE.len())],
        };
        under_way.spawn_local(befall(house.clone(), fault, StdRng::seed_from_u64(rng.random())));
        sleep(Duration::from_millis(rng.random_range(0..LULL))).await;
        while let Some(done) = under_way.try_join_next() {
            done.expect("a fault that undoes itself");
        }
        let now = Instant::now();
        if tell < now {
            tell = now + TOLD;
            println!("{}: {}; {} s to go", house.name(), house.tally, end.saturating_duration_since(now).as_secs());
        }
    }
    while let Some(done) = under_way.join_next().await {
        done.expect("a fault that undoes itself");
    }
}

fn moment(rng: &mut StdRng, most: u64) -> Duration {
    Duration::from_millis(rng.random_range(20..most))
}

async fn befall(house: Arc<House>, fault: Fault, mut rng: StdRng) {
    let process = &house.processes[rng.random_range(0..house.processes.len())];
    match fault {
        // Mostly one that has something to lose; sometimes one that is just starting.
        Fault::Kill => {
            if (process.is_alive() || rng.random_ratio(1, 6)) && process.signal(Signal::KILL) {
                house.tally.count("processes killed");
            }
        }
        Fault::Pause => {
            if process.signal(Signal::STOP) {
                house.tally.count("processes paused");
                sleep(moment(&mut rng, 2500)).await;
                process.signal(Signal::CONT);
            }
        }
        Fault::CutTheDoor => cut(&house.door(&mut rng).proxy, &mut rng, &house, "doors cut").await,
        Fault::FillTheDisk => {
            if let Some(disk) = &house.disk
                && house.tally.alone("the disk")
            {
                house.tally.count("disks filled");
                disk.fill();
                sleep(moment(&mut rng, 600)).await;
                disk.free();
                house.tally.over("the disk");
            }
        }
        Fault::LoseARelay => {
            if let Some(relays) = &house.relays {
                let mut relays = relays.lock().await;
                let lost = relays.lose(&mut rng).await;
                house.tally.count("relays lost");
                sleep(moment(&mut rng, 2500)).await;
                lost.come_back().await;
            }
        }
        Fault::KillASession | Fault::EndASession | Fault::StopTheDatabase | Fault::CutTheDatabase | Fault::FillTheDatabasesDisk => {
            of_the_database(&house, fault, &mut rng).await;
        }
    }
}

async fn cut(proxy: &Proxy, rng: &mut StdRng, house: &House, what: &'static str) {
    house.tally.count(what);
    proxy.set(if rng.random_ratio(1, 3) { Wire::Silent } else { Wire::Cut });
    sleep(moment(rng, 500)).await;
    proxy.set(Wire::Whole);
}

/// One at a time: the database is one.
async fn of_the_database(house: &House, fault: Fault, rng: &mut StdRng) {
    let Some(postgres) = &house.postgres else { return };
    let mut postgres = postgres.lock().await;
    match fault {
        // PostgreSQL ends all sessions then, for what they share may be damaged, and recovers.
        Fault::KillASession | Fault::EndASession => {
            let sessions = postgres.sessions().await;
            if sessions.is_empty() {
                return;
            }
            let session = sessions[rng.random_range(0..sessions.len())];
            if matches!(fault, Fault::KillASession) {
                if kill_process(session, Signal::KILL).is_ok() {
                    house.tally.count("database sessions killed");
                }
            } else if let Some(mut owner) = postgres.owner().await {
                let end = format!("SELECT pg_terminate_backend({})", session.as_raw_nonzero());
                if owner.execute(end.as_str()).await.is_ok() {
                    house.tally.count("database sessions ended");
                }
            }
        }
        Fault::StopTheDatabase => {
            postgres.stop_at_once().await;
            house.tally.count("databases stopped at once");
        }
        Fault::CutTheDatabase => cut(&postgres.proxy, rng, house, "databases cut").await,
        Fault::FillTheDatabasesDisk => {
            if let Some(disk) = &postgres.disk {
                house.tally.count("databases' disks filled");
                disk.fill();
                sleep(moment(rng, 600)).await;
                disk.free();
            }
            postgres.live().await;
        }
        Fault::Kill | Fault::Pause | Fault::CutTheDoor | Fault::FillTheDisk | Fault::LoseARelay => {}
    }
}
