//! What the work queue has set aside, because it was delivered too often without being done; for administrators of the platform. Nothing rests on it:
//! workers find what there is to do by themselves, so it is a sign that one of them fails at something.

mod list_parked;
mod retry_work;

use opensail_commands::relay::RelayError;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_parked::list_parked_work)).routes(routes!(retry_work::retry_parked_work))
}

impl From<RelayError> for Problem {
    fn from(error: RelayError) -> Self {
        tracing::error!(%error, "the work queue could not be asked");
        Problem::unavailable()
    }
}
