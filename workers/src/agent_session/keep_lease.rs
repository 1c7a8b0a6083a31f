//! A run's lease: renewed while it works, and the run halted the moment it may be somebody else's.

use std::sync::Arc;
use std::time::Duration;

use opensail_eventstore::{Lease, LeaseError, Leases};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a lease lasts without renewal, and how often it is renewed.
pub(crate) const TTL: Duration = Duration::from_secs(30);
const RENEW_EVERY: Duration = Duration::from_secs(10);
/// A renewal that failed is tried again after this.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// The work stops this long before the lease runs out, so that nothing of it overlaps the next holder's.
const MARGIN: Duration = Duration::from_secs(3);

/// Keeps a lease until it is lost; then cancels `halt` and returns.
pub(crate) async fn keep_lease(leases: Arc<dyn Leases>, mut lease: Lease, halt: CancellationToken) {
    // From before the asking: the lease cannot have begun earlier.
    let mut held_since = Instant::now();
    let mut wait = RENEW_EVERY;
    loop {
        let end = held_since + TTL - MARGIN;
        tokio::select! {
            () = halt.cancelled() => return,
            () = tokio::time::sleep_until(end.min(Instant::now() + wait)) => {}
        }
        let asked = Instant::now();
        let renewed = tokio::select! {
            () = halt.cancelled() => return,
            renewed = leases.renew(&lease, TTL) => renewed,
            () = tokio::time::sleep_until(end) => Err(LeaseError::Unavailable("no answer in time".into())),
        };
        match renewed {
            Ok(renewed) => {
                lease = renewed;
                held_since = asked;
                wait = RENEW_EVERY;
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
