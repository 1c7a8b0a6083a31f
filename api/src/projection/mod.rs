//! The read models as those who run the platform see them: how far each is, building one anew beside the one that is read, and what becomes of
//! streams that were set aside.

mod change_projection;
mod list_parked;
mod list_projections;
mod order_stream;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_projections::list_projections))
        .routes(routes!(change_projection::rebuild_projection))
        .routes(routes!(change_projection::roll_back_projection))
        .routes(routes!(change_projection::drop_old_projection))
        .routes(routes!(list_parked::list_parked_streams))
        .routes(routes!(order_stream::retry_parked_stream))
        .routes(routes!(order_stream::skip_parked_event))
}

impl From<opensail_projections::EngineError> for Problem {
    fn from(error: opensail_projections::EngineError) -> Self {
        use opensail_projections::EngineError as E;
        match error {
            E::NoProjection(_) => Problem::not_found(),
            E::NoWayBack { .. } => Problem::no_way_back(error.to_string()),
            E::Database(_) | E::Journal(_) => {
                tracing::error!(%error, "a view could not be administered");
                Problem::unavailable()
            }
        }
    }
}
