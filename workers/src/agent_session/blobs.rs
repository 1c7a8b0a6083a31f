//! The blob store, waited for.

use std::future::Future;
use std::time::Duration;

use opensail_commands::ports::blobs::BlobError;
use tokio_util::sync::CancellationToken;

use super::desk::Halt;

/// Pauses while the store is away: the first, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Repeats what fails because the store is away, until the run is halted. What waiting does not help with comes back in words.
pub(super) async fn patiently<T, F, R>(halt: &CancellationToken, act: F) -> Result<Result<T, String>, Halt>
where
    F: Fn() -> R,
    R: Future<Output = Result<T, BlobError>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match act().await {
            Ok(value) => return Ok(Ok(value)),
            Err(error @ (BlobError::Missing(_) | BlobError::Damaged(_) | BlobError::Forgotten(_) | BlobError::Full)) => {
                return Ok(Err(error.to_string()));
            }
            Err(BlobError::Unavailable(why)) => tracing::warn!(error = why, "the blob store is away; trying again"),
        }
        tokio::select! {
            () = halt.cancelled() => return Err(Halt::Lost),
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}
