use axum::Json;
use axum::extract::State;
use opensail_projections::View;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::signed::Signed;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
#[schema(as = Projections)]
pub(super) struct ListBody {
    items: Vec<ItemBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Projection)]
pub(super) struct ItemBody {
    name: &'static str,
    /// Of its tables, as this program makes them.
    version: i64,
    /// Up to where it has seen the journal.
    position: u64,
    lag_events: u64,
    lag_seconds: u64,
    /// For how long it has not moved, though there was something to see.
    still_seconds: u64,
    /// Streams that were set aside because an event of theirs could not be applied.
    parked: u64,
    /// False while its first tables, or those of this version, are being built: questions to it get 503 `rebuilding`.
    served: bool,
    /// Why it does not go on.
    stopped: Option<String>,
    /// Tables that are built beside those that are read.
    rebuilding: Option<RebuildingBody>,
    /// Where the tables stand that were read before the last switch, and to which one can go back.
    kept: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Rebuilding)]
pub(super) struct RebuildingBody {
    /// Events applied.
    done: u64,
    to_do: u64,
    stopped: Option<String>,
}

impl From<View> for ItemBody {
    fn from(view: View) -> Self {
        let View { name, version, position, lag_events, lag_seconds, still, parked, served, stopped, rebuilding, kept } = view;
        let still_seconds = still.as_secs();
        let rebuilding = rebuilding.map(|of| RebuildingBody { done: of.done, to_do: of.to_do, stopped: of.stopped });
        ItemBody { name, version, position, lag_events, lag_seconds, still_seconds, parked, served, stopped, rebuilding, kept }
    }
}

/// Every read model and how it stands. Administrators of the platform only.
#[utoipa::path(get, path = "/api/v1/projections", tag = "operations", responses((status = 200, description = "Each read model", body = ListBody)))]
pub(super) async fn list_projections(State(api): State<Api>, signed: Signed) -> Result<Json<ListBody>, Problem> {
    api.commands().check_platform_admin(&signed.caller).await?;
    let items = api.projections().overview().await?.into_iter().map(ItemBody::from).collect();
    Ok(Json(ListBody { items }))
}
