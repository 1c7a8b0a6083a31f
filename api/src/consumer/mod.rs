//! Consumers that several workers share, as those who run the platform see them: how far each is, and what becomes of streams that it has set aside.

mod list_consumers;
mod list_parked;
mod order_stream;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_consumers::list_consumers))
        .routes(routes!(list_parked::list_streams_parked_by_consumers))
        .routes(routes!(order_stream::retry_stream_of_consumer))
        .routes(routes!(order_stream::skip_event_of_consumer))
}
