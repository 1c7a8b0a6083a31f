use axum::Json;
use axum::extract::State;
use opensail_projections::ParkedStream;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::signed::Signed;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
#[schema(as = ParkedStreams)]
pub(super) struct ListBody {
    items: Vec<ItemBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ParkedStream)]
pub(super) struct ItemBody {
    /// Name of the read model.
    projection: String,
    /// Not in the tables that are read, but in those that are being built.
    beside: bool,
    stream: String,
    /// Place in the journal of the event that could not be applied.
    position: u64,
    #[serde(rename = "type")]
    event_type: String,
    version: u32,
    /// Why it could not be applied.
    error: String,
    /// Events of the stream that wait behind it.
    waiting: u64,
}

impl From<ParkedStream> for ItemBody {
    fn from(parked: ParkedStream) -> Self {
        let ParkedStream { projection, beside, stream, position, event_type, version, error, waiting } = parked;
        ItemBody { projection, beside, stream: stream.to_string(), position, event_type, version, error, waiting }
    }
}

/// Streams that read models have set aside, because an event of theirs could not be applied. Administrators of the platform only.
#[utoipa::path(get, path = "/api/v1/projections/parked", tag = "operations", responses((status = 200, description = "Each parked stream", body = ListBody)))]
pub(super) async fn list_parked_streams(State(api): State<Api>, signed: Signed) -> Result<Json<ListBody>, Problem> {
    api.commands().check_platform_admin(&signed.caller).await?;
    let items = api.projections().parked().await?.into_iter().map(ItemBody::from).collect();
    Ok(Json(ListBody { items }))
}
