//! When a failed turn is tried again: later and later with full jitter, never sooner than the provider asked.

use std::time::Duration;

use rand::Rng;

/// Failures in a row after which the session fails.
pub(super) const MAX_FAILURES: u64 = 8;
/// A longer wait is told as a pause.
pub(super) const LONGEST_SILENT_WAIT: Duration = Duration::from_secs(30);

/// The first wait is somewhere up to this; it doubles up to the longest.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// A provider that asks for more is asked again after this.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    Wait(Duration),
    GiveUp,
}

/// What follows the n-th failure in a row (from 1).
pub(super) fn after_failure(failures: u64, retryable: bool, retry_after: Option<Duration>) -> Next {
    if !retryable || failures >= MAX_FAILURES {
        return Next::GiveUp;
    }
    let ceiling = ceiling(failures);
    let jitter = ceiling.mul_f64(rand::rng().random::<f64>());
    Next::Wait(retry_after.unwrap_or_default().min(LONGEST_ASKED).max(jitter))
}

fn ceiling(failures: u64) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_longest() {
        let seconds: Vec<u64> = (1..=8).map(|n| ceiling(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn never_sooner_than_the_provider_asked() {
        for failures in 1..MAX_FAILURES {
            let Next::Wait(wait) = after_failure(failures, true, Some(Duration::from_secs(90))) else { panic!("gave up") };
            assert_eq!(wait, Duration::from_secs(90));
        }
    }

    #[test]
    fn what_cannot_be_helped_is_given_up_at_once_and_all_else_in_the_end() {
        assert_eq!(after_failure(1, false, None), Next::GiveUp);
        assert_eq!(after_failure(MAX_FAILURES, true, Some(Duration::from_secs(1))), Next::GiveUp);
    }
}
