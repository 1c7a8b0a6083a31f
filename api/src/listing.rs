//! Lists: `{items, next}`, `next` null at the end.

use axum::Json;
use opensail_commands::journal::SealError;
use opensail_projections::{Page, PageRequest, QueryError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::extract::{ListParams, Order};
use crate::problem::{FieldError, Problem};

#[derive(Serialize, ToSchema)]
pub(crate) struct Listing<T> {
    pub(crate) items: Vec<T>,
    /// What `after` takes for the next page; null at the end.
    pub(crate) next: Option<String>,
}

impl<T> Listing<T> {
    /// All there is.
    pub(crate) fn whole(items: impl IntoIterator<Item = impl Into<T>>) -> Json<Self> {
        Json(Listing { items: items.into_iter().map(Into::into).collect(), next: None })
    }

    pub(crate) fn page<U: Into<T>>(page: Page<U>) -> Json<Self> {
        Json(Listing { items: page.items.into_iter().map(Into::into).collect(), next: page.next })
    }
}

impl ListParams {
    pub(crate) fn page(&self) -> Result<PageRequest, Problem> {
        let order = self.order.unwrap_or_default().into();
        Ok(PageRequest { limit: Some(self.limit()?), after: self.after.clone(), order })
    }
}

impl From<Order> for opensail_projections::Order {
    fn from(order: Order) -> Self {
        match order {
            Order::Asc => opensail_projections::Order::Asc,
            Order::Desc => opensail_projections::Order::Desc,
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::BadAfter => {
                Problem::invalid(vec![FieldError::parameter("after", "is not a place in this list; take `next` as it came")])
            }
            QueryError::Journal(error) => error.into(),
            QueryError::Unavailable(why) => {
                tracing::error!(why, "a view could not be read");
                Problem::unavailable()
            }
            QueryError::Rebuilding(view) => Problem::rebuilding(view),
            QueryError::KeptByNewer(view) => Problem::view_kept_by_newer(view),
            QueryError::Stopped { view, position } => Problem::view_stopped(view, position),
            QueryError::Parked { view, stream, position } => Problem::stream_parked(view, stream.as_str(), position),
            QueryError::NewerEvent { event_type, version, position } => Problem::newer_event(&event_type, version, position),
            QueryError::Private(error) => {
                tracing::error!(%error, "a private field could not be opened");
                Problem::unavailable()
            }
            QueryError::Seal(SealError::Beyond(_)) => Problem::behind(),
            QueryError::Seal(error) => {
                tracing::error!(%error, "the seal gives no proof");
                Problem::unavailable()
            }
        }
    }
}
