use axum::Json;
use axum::extract::State;
use opensail_commands::journal::StreamId;
use opensail_domain::kernel::SessionId;
use opensail_projections::audit::EventPage;
use serde_json::Value;

use crate::auth::signed::Signed;
use crate::event_body::EventBody;
use crate::extract::{ListParams, Params, PathPart};
use crate::listing::Listing;
use crate::problem::Problem;
use crate::router::Api;

/// The events of a session. `after` is a cursor or position, exclusive.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/events", tag = "sessions", params(("id" = Uuid, Path), ListParams), responses((status = 200, description = "A page", body = Listing<EventBody>)))]
pub(super) async fn list_events(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<ListParams>,
) -> Result<Json<Listing<Value>>, Problem> {
    api.may_see_session(signed.account, id, params.as_of.is_some()).await?;
    let queries = api.read(params.min_position.as_deref(), params.as_of.as_deref()).await?;
    let page = api.event_page(&params).await?;
    api.event_listing(queries.events_of_stream(&StreamId::new("agent_session", id), &page).await?)
}

impl Api {
    /// A page of events, whose places are positions.
    pub(crate) async fn event_page(&self, params: &ListParams) -> Result<EventPage, Problem> {
        let after = match params.after.as_deref() {
            Some(after) => Some(self.position("after", after).await?),
            None => None,
        };
        Ok(EventPage { limit: Some(params.limit()?), after, order: params.order.unwrap_or_default().into() })
    }
}
