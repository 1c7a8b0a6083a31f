//! Paths that could not be changed, on the wire.

use opensail_domain::agent_session::event::Refused;
use opensail_domain::kernel::Private;
use serde::Serialize;
use utoipa::ToSchema;

/// A path that the file system did not let us change; all others were.
#[derive(Serialize, ToSchema)]
pub(super) struct RefusedPath {
    path: String,
    /// `not_permitted` (owner, mode or a flag on it), `read_only`, `busy` (something is mounted there, or it is a program that runs),
    /// `name_too_long`, `not_a_folder` or `link` (stands in the way)
    reason: &'static str,
}

pub(super) fn told(refused: Option<&Private<Vec<Refused>>>) -> Vec<RefusedPath> {
    let refused = refused.and_then(Private::value).into_iter().flatten();
    refused.map(|refused| RefusedPath { path: refused.path.clone(), reason: refused.reason.as_str() }).collect()
}
