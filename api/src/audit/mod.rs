//! Who did what, for those who may ask: admins of a team, and everybody for one's own events.

mod export_audit;
mod filter;
mod query_audit;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(query_audit::query_audit)).routes(routes!(export_audit::export_audit))
}
