//! When to ask again for a lease that another worker has. When that worker dies its database session ends, and the lease is free. It may have died a
//! moment ago, as on a restart, so the first pauses are short.

use std::time::Duration;

/// The first pause; each is twice as long as the one before.
const ASK_AGAIN: Duration = Duration::from_millis(50);
const ASK_AGAIN_AT_MOST: Duration = Duration::from_secs(2);

/// How often in a row a lease was asked for that another worker had.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Held(u32);

impl Held {
    /// So often that the pauses do not grow any more.
    pub(super) const FOR_LONG: Held = Held(u32::MAX);

    pub(super) fn again(self) -> Held {
        Held(self.0.saturating_add(1))
    }

    /// Until it is asked for again.
    pub(super) fn pause(self) -> Duration {
        ASK_AGAIN.saturating_mul(1_u32.checked_shl(self.0.saturating_sub(1)).unwrap_or(u32::MAX)).min(ASK_AGAIN_AT_MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_at_two_seconds() {
        let asked = std::iter::successors(Some(Held::default().again()), |held| Some(held.again()));
        let pauses: Vec<_> = asked.take(9).map(|held| held.pause().as_millis()).collect();
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 2000, 2000, 2000]);
        assert_eq!(Held::FOR_LONG.again().pause(), ASK_AGAIN_AT_MOST);
    }
}
