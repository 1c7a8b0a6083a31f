use axum::Json;
use opensail_domain::AnyEvent;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::listing::Listing;

#[derive(Serialize, ToSchema)]
pub(crate) struct EventType {
    /// `<room>.<past_tense>`
    #[serde(rename = "type")]
    name: &'static str,
    version: u32,
    /// JSON Schema of the event's `data`.
    #[schema(value_type = Object)]
    schema: Value,
}

/// Every type and version of events, with the schema of its `data`.
#[utoipa::path(get, path = "/api/v1/event-types", tag = "events", responses((status = 200, description = "All of them", body = Listing<EventType>)))]
pub(crate) async fn list_event_types() -> Json<Listing<EventType>> {
    Listing::whole(AnyEvent::schemas().into_iter().map(|(name, version, schema)| EventType { name, version, schema }))
}
