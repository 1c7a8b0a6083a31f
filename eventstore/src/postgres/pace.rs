//! Whether two batches under way at once are quicker than one. Two pay one commit's flush more, and hide the network and all that this
//! process does between an answer and the next batch, which grows with the batch as the database's own work does.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

/// Answers that the average work of a batch is taken over, about.
const MEMORY: f64 = 8.0;
/// The least flush seen grows by so much with every answer, so that a disk that becomes slower is noticed.
const FORGETTING: f64 = 1.02;
/// Below this, in seconds, two calls cost more than they hide: each has a price of its own on both sides, about 0.2 ms.
const WORTH_IT: f64 = 0.001;
/// Round trips measured on a new connection; the least counts.
const PINGS: usize = 3;

/// All in seconds; `None` until something was measured.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Pace {
    round_trip: f64,
    flush: Option<f64>,
    /// The database's work on all that this process has under way.
    work: Option<f64>,
}

/// What one answered batch took.
pub(super) struct Spent {
    /// From sending to the answer.
    pub(super) total: Duration,
    /// In the database, until the journal's lock was held.
    pub(super) waited: Duration,
    /// In the database under the lock, without the commit.
    pub(super) worked: Duration,
    /// Another batch followed it while it was under way, or it followed another.
    pub(super) overlapped: bool,
}

impl Pace {
    pub(super) fn met(&mut self, round_trip: Duration) {
        self.round_trip = round_trip.as_secs_f64();
    }

    pub(super) fn took(&mut self, spent: &Spent) {
        let rest = spent.total.saturating_sub(spent.waited + spent.worked).as_secs_f64();
        let flush = (rest - self.round_trip).max(0.0);
        self.flush = Some(self.flush.map_or(flush, |least| flush.min(least * FORGETTING)));
        let halves = if spent.overlapped { 2.0 } else { 1.0 };
        let work = spent.worked.as_secs_f64() * halves;
        self.work = Some(self.work.map_or(work, |before| before + (work - before) / MEMORY));
    }

    pub(super) fn overlaps(&self) -> bool {
        self.flush.zip(self.work).is_some_and(|(flush, work)| {
            let hidden = work + self.round_trip;
            hidden >= WORTH_IT && hidden > flush
        })
    }
}

pub(super) async fn round_trip(connection: &mut PgConnection) -> Result<Duration, sqlx::Error> {
    let mut least = Duration::MAX;
    for _ in 0..PINGS {
        let start = std::time::Instant::now();
        connection.ping().await?;
        least = least.min(start.elapsed());
    }
    Ok(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn after(round_trip: Duration, flush: Duration, worked: Duration) -> Pace {
        let mut pace = Pace::default();
        pace.met(round_trip);
        pace.took(&Spent { total: round_trip + flush + worked, waited: Duration::ZERO, worked, overlapped: false });
        pace
    }

    #[test]
    fn nothing_is_overlapped_before_something_was_measured() {
        assert!(!Pace::default().overlaps());
    }

    #[test]
    fn a_quick_flush_or_a_long_way_is_worth_it_and_a_slow_flush_is_not() {
        assert!(after(MS / 20, MS / 5, MS).overlaps());
        assert!(after(MS, MS / 5, MS / 10).overlaps());
        assert!(!after(MS / 20, MS * 5, MS).overlaps());
        assert!(!after(MS / 20, MS / 5, MS / 10).overlaps());
    }

    #[test]
    fn the_wait_for_the_lock_is_no_flush_and_halves_count_as_a_whole() {
        let mut pace = after(MS / 20, MS, MS * 3 / 2);
        for _ in 0..100 {
            pace.took(&Spent { total: MS * 10, waited: MS * 8, worked: MS * 3 / 4, overlapped: true });
        }
        assert!(pace.overlaps(), "{pace:?}");
    }

    #[test]
    fn a_disk_that_becomes_slow_is_noticed() {
        let mut pace = after(MS / 20, MS / 5, MS);
        for _ in 0..300 {
            pace.took(&Spent { total: MS * 7, waited: Duration::ZERO, worked: MS, overlapped: false });
        }
        assert!(!pace.overlaps(), "{pace:?}");
    }
}
