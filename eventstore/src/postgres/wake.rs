//! Waking readers in other processes: NOTIFY after the commit, on a connection of its own. Only a hint; a poll stands
//! behind it. NOTIFY inside the append would serialise the commits of the whole database.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgListener, PgPool};
use sqlx::{Connection, Error};
use tokio::sync::watch;

use crate::append::group::Group;
use crate::envelope::Position;

const CHANNEL: &str = "opensail_journal";
const POLL: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_secs(1);

/// The last position that was told by somebody, oneself included: everybody heard it, and nobody tells it again.
pub(super) type Heard = Arc<AtomicU64>;

/// Tells the others of the newest position that this process knows.
pub(super) async fn tell(options: PgConnectOptions, mut head: watch::Receiver<Position>, heard: Heard) {
    // Nothing is lost with a hint, so it need not wait for the disk.
    let options = options.options([("synchronous_commit", "off")]).application_name("opensail journal notify");
    let mut last = 0;
    loop {
        let told = async {
            let mut connection = PgConnection::connect_with(&options).await?;
            loop {
                if head.changed().await.is_err() {
                    return Ok::<(), Error>(());
                }
                let position = *head.borrow_and_update();
                if position == last || position == heard.load(Ordering::Relaxed) {
                    continue;
                }
                sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(position.to_string()).execute(&mut connection).await?;
                last = position;
            }
        };
        match told.await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(%error, "other nodes cannot be woken; trying again");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Hears of positions that other processes wrote.
pub(super) async fn listen(options: PgConnectOptions, pool: PgPool, group: Weak<Group>, heard: Heard) {
    let options = options.application_name("opensail journal listen");
    while group.strong_count() > 0 {
        if let Err(error) = hear(&options, &pool, &group, &heard).await {
            tracing::warn!(%error, "cannot listen for other nodes' events; trying again");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn hear(options: &PgConnectOptions, pool: &PgPool, group: &Weak<Group>, heard: &Heard) -> Result<(), Error> {
    // A pool of one: it must not take a connection from the readers.
    let own = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    let mut listener = PgListener::connect_with(&own).await?;
    listener.listen(CHANNEL).await?;
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            told = listener.recv() => {
                let Ok(position) = told?.payload().parse::<Position>() else { continue };
                let Some(group) = group.upgrade() else { return Ok(()) };
                heard.store(position, Ordering::Relaxed);
                // Any role of the database may say so.
                group.heard(position);
            }
            // What is found so may have been told by nobody yet.
            _ = poll.tick() => {
                let head: i64 = sqlx::query_scalar("SELECT coalesce(max(position), 0) FROM journal.events").fetch_one(pool).await?;
                let Some(group) = group.upgrade() else { return Ok(()) };
                group.saw(head as u64);
            }
        }
    }
}
