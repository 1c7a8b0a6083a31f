//! Guessing made slow, by account and by address. An attempt is counted before the password is looked at, so that many at once are
//! counted too, and taken back when it succeeds. Waits double with every failure beyond the free ones; one failure is forgiven every hour, or the
//! slips of all who share an address, and attempts that a crash cut off, would add up for as long as it is used.

use std::net::IpAddr;
use std::time::Duration;

use opensail_domain::kernel::{Micros, RejectionKind};
use serde::{Deserialize, Serialize};

use super::{micros, secret};
use crate::{CommandError, Commands};

/// Failed attempts for one e-mail address before waits begin.
pub const ACCOUNT_LIMIT: u32 = 5;
/// Failed attempts from one address (IPv6: one /64) before waits begin; many people may share it.
pub const ADDRESS_LIMIT: u32 = 20;
/// Registrations from one address before waits begin.
pub const REGISTRATION_LIMIT: u32 = 10;
/// The first wait; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);
pub const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// One failure is forgiven in so long.
pub const FORGIVEN_EVERY: Duration = Duration::from_secs(3600);
/// Failures count no longer once nothing was tried for so long.
pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Failures beyond the free ones that are counted: from then on the wait is the longest.
const MOST_BEYOND: u32 = 11;

const KIND: &str = "throttle";
/// Tries to count while others count on the same row.
const MAX_SWAPS: usize = 16;

/// What is counted, and how many failures are free.
pub(crate) struct Counter {
    key: String,
    free: u32,
    /// A success clears it; otherwise it only takes back its own attempt.
    cleared_by_success: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Failures {
    count: u32,
    last: Micros,
    /// Up to when they have been forgiven; 0: not yet.
    #[serde(default)]
    forgiven: Micros,
}

impl Failures {
    fn forgive(&mut self, now: Micros) {
        // A clock that was set back shuts nobody out until it has caught up.
        self.last = self.last.min(now);
        let since = if self.forgiven == 0 { self.last } else { self.forgiven.min(now) };
        let hours = (now - since) / micros(FORGIVEN_EVERY);
        self.count = self.count.saturating_sub(u32::try_from(hours).unwrap_or(u32::MAX));
        self.forgiven = if self.count == 0 { now } else { since + hours * micros(FORGIVEN_EVERY) };
    }
}

impl Commands {
    /// Attempts on one e-mail address, whoever makes them. `normal` is its normal form.
    pub(super) fn account_counter(&self, normal: &str) -> Counter {
        let key = secret::mac(&self.keys().throttle, &[b"account", normal.as_bytes()]);
        Counter { key: secret::hex(&key), free: ACCOUNT_LIMIT, cleared_by_success: true }
    }

    /// Attempts from one network address at one `verb`; none when it is not known.
    pub(crate) fn address_counter(&self, verb: &str, address: Option<&str>, free: u32) -> Option<Counter> {
        let key = secret::mac(&self.keys().throttle, &[verb.as_bytes(), network(address?).as_bytes()]);
        Some(Counter { key: secret::hex(&key), free, cleared_by_success: false })
    }

    /// Counts an attempt, or refuses it with the time to wait.
    pub(crate) async fn count_attempt(&self, counter: &Counter) -> Result<(), CommandError> {
        for _ in 0..MAX_SWAPS {
            let (failures, stored) = self.failures(counter).await?;
            let now = self.clock().now();
            let free_at = failures.last.saturating_add(micros(wait(failures.count, counter.free)));
            if now < free_at {
                return Err(too_many(free_at - now));
            }
            let count = (failures.count + 1).min(counter.free + MOST_BEYOND);
            if self.store_failures(counter, stored, &Failures { count, last: now, ..failures }).await? {
                return Ok(());
            }
        }
        // So many at the same moment are no person's.
        Err(too_many(micros(FIRST_WAIT)))
    }

    /// The attempt was right.
    pub(crate) async fn take_attempt_back(&self, counter: &Counter) -> Result<(), CommandError> {
        if counter.cleared_by_success {
            return Ok(self.vault().delete(KIND, &counter.key).await?);
        }
        for _ in 0..MAX_SWAPS {
            let (failures, stored) = self.failures(counter).await?;
            let fewer = Failures { count: failures.count.saturating_sub(1), ..failures };
            if stored.is_none() || self.store_failures(counter, stored, &fewer).await? {
                break;
            }
        }
        Ok(())
    }

    async fn failures(&self, counter: &Counter) -> Result<(Failures, Option<Vec<u8>>), CommandError> {
        let stored = self.vault().get(KIND, &counter.key).await?;
        let mut failures: Failures = stored.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default();
        let now = self.clock().now();
        failures.forgive(now);
        let forgotten = failures.last.saturating_add(micros(FORGOTTEN_AFTER)) < now;
        Ok((if forgotten { Failures::default() } else { failures }, stored))
    }

    async fn store_failures(&self, counter: &Counter, stored: Option<Vec<u8>>, failures: &Failures) -> Result<bool, CommandError> {
        let value = serde_json::to_vec(failures).map_err(CommandError::broken)?;
        let expires = failures.last.saturating_add(micros(FORGOTTEN_AFTER));
        Ok(self.vault().swap(KIND, &counter.key, stored.as_deref(), &value, Some(expires)).await?)
    }
}

fn wait(failures: u32, free: u32) -> Duration {
    match failures.checked_sub(free) {
        None => Duration::ZERO,
        Some(beyond) => FIRST_WAIT.saturating_mul(1 << beyond.min(20)).min(LONGEST_WAIT),
    }
}

fn too_many(wait: Micros) -> CommandError {
    let seconds = u64::try_from(wait).unwrap_or(0).div_ceil(1_000_000).max(1);
    let message = format!("too many attempts; try again in {seconds} seconds");
    CommandError::rejected("too_many_attempts", RejectionKind::Limit { retry_after: Some(seconds) }, message)
}

/// An IPv6 customer has a /64 at least, so single addresses in it mean nothing.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("{:x?}", &address.segments()[..4]),
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        assert_eq!([4, 5, 6, 7].map(|count| wait(count, 5).as_secs()), [0, 1, 2, 4]);
        assert_eq!(wait(u32::MAX, 5), LONGEST_WAIT);
    }

    #[test]
    fn what_is_counted_at_most_waits_longest() {
        assert_eq!(wait(5 + MOST_BEYOND, 5), LONGEST_WAIT);
        assert!(wait(4 + MOST_BEYOND, 5) <= LONGEST_WAIT);
    }

    #[test]
    fn a_failure_is_forgiven_every_hour() {
        let hour = micros(FORGIVEN_EVERY);
        let mut failures = Failures { count: 3, last: 10 * hour, forgiven: 0 };
        let mut after = |now: Micros| {
            failures.forgive(now);
            // Somebody tries, and is let in.
            failures.last = now;
            failures.count
        };
        assert_eq!([10 * hour, 11 * hour - 1, 11 * hour, 12 * hour + 1, 13 * hour].map(&mut after), [3, 3, 2, 1, 0]);
        assert_eq!(after(9 * hour), 0, "a clock that was set back");
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
    }
}
