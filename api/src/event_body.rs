//! Events on the wire: the same item everywhere.

use axum::Json;
use opensail_projections::{EventItem, Page};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::listing::Listing;
use crate::problem::Problem;
use crate::router::Api;

/// An event. What `data` holds is published per type and version at `/api/v1/event-types`.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
#[allow(dead_code, reason = "describes EventItem of the projections in the OpenAPI document")]
pub(crate) struct EventBody {
    event_id: Uuid,
    /// Place in the whole journal.
    position: u64,
    /// Place in the team's (or person's) own history: 1, 2, 3 …
    tenant_position: u64,
    stream: String,
    stream_version: u64,
    #[serde(rename = "type")]
    event_type: String,
    version: u32,
    /// RFC 3339, UTC, six digits.
    time: String,
    actor: ActorBody,
    team_id: Option<Uuid>,
    project_id: Option<Uuid>,
    command_id: Uuid,
    correlation_id: Uuid,
    /// `event_id` of the event that caused it.
    causation_id: Option<Uuid>,
    #[schema(value_type = Object)]
    data: Value,
    /// Only in the audit.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_address: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Actor)]
#[allow(dead_code, reason = "describes ActorItem of the projections in the OpenAPI document")]
pub(crate) struct ActorBody {
    /// `user`, `agent`, `api_key` or `system`
    kind: String,
    id: String,
    name: String,
}

impl Api {
    pub(crate) fn event_listing(&self, page: Page<EventItem>) -> Result<Json<Listing<Value>>, Problem> {
        let items = page.items.iter().map(serde_json::to_value).collect::<Result<_, _>>().map_err(Problem::unserialisable)?;
        Ok(Json(Listing { items, next: page.next }))
    }
}
