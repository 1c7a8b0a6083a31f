//! Who did what, for those who may ask: admins of a team, and everybody for one's own events; and what proves it.

mod csv;
mod export_audit;
mod filter;
mod get_checkpoint;
mod get_proof;
mod query_audit;
mod record_reading;
mod sealed;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(query_audit::query_audit))
        .routes(routes!(export_audit::export_audit))
        .routes(routes!(get_checkpoint::get_checkpoint))
        .routes(routes!(get_proof::get_proof))
}
