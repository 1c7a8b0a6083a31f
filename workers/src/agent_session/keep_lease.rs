//! A run's lease: renewed while it works, and the run halted the moment it may be somebody else's.

use std::sync::Arc;
use std::time::Duration;

use opensail_eventstore::{Lease, LeaseError, Leases};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A lease is renewed when this part of its time is over.
const RENEW_AFTER: u32 = 3;
/// A renewal that failed is tried again after this.
const TRY_AGAIN: Duration = Duration::from_millis(500);
/// The work stops a quarter of the lease's time before it runs out, at most so long, so that nothing of it overlaps the next holder's.
const MARGIN: Duration = Duration::from_secs(3);

/// Keeps a lease of `ttl` until it is lost; then cancels `halt` and returns.
pub(crate) async fn keep_lease(leases: Arc<dyn Leases>, mut lease: Lease, ttl: Duration, halt: CancellationToken) {
    // From before the asking: the lease cannot have begun earlier.
    let mut held_since = Instant::now();
    let mut wait = ttl / RENEW_AFTER;
    loop {
        let end = held_since + ttl - MARGIN.min(ttl / 4);
        tokio::select! {
            () = halt.cancelled() => return,
            () = tokio::time::sleep_until(end.min(Instant::now() + wait)) => {}
        }
        let asked = Instant::now();
        let renewed = tokio::select! {
            () = halt.cancelled() => return,
            renewed = leases.renew(&lease, ttl) => renewed,
            () = tokio::time::sleep_until(end) => Err(LeaseError::Unavailable("no answer in time".into())),
        };
        match renewed {
            Ok(renewed) => {
                lease = renewed;
                held_since = asked;
                wait = ttl / RENEW_AFTER;
            }
            Err(LeaseError::Held { holder, .. }) => {
                tracing::warn!(resource = lease.resource, holder, "the lease went to another worker; its run is dropped");
                return halt.cancel();
            }
            Err(LeaseError::Unavailable(why)) if Instant::now() >= end => {
                tracing::warn!(resource = lease.resource, error = why, "the lease could not be renewed in time; its run is dropped");
                return halt.cancel();
            }
            Err(LeaseError::Unavailable(why)) => {
                tracing::warn!(resource = lease.resource, error = why, "the lease could not be renewed; trying again");
                wait = TRY_AGAIN;
            }
        }
    }
}
