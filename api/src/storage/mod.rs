//! What the store holds, and what a sweep removes; for the platform's admin.

mod sweep_storage;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(sweep_storage::sweep_storage))
}
