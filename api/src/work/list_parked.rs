use axum::Json;
use axum::extract::State;
use opensail_commands::relay::Work;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::signed::Signed;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
#[schema(as = ParkedWorkList)]
pub(super) struct ListBody {
    /// The oldest first.
    items: Vec<ItemBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ParkedWork)]
pub(super) struct ItemBody {
    /// Cursor of the event that made the work.
    id: String,
    /// Type of that event.
    #[serde(rename = "type")]
    kind: String,
}

impl From<Work> for ItemBody {
    fn from(Work { id, kind }: Work) -> Self {
        ItemBody { id, kind }
    }
}

/// Work that was delivered to workers too often without being done. Administrators of the platform only.
#[utoipa::path(get, path = "/api/v1/work/parked", tag = "operations", responses((status = 200, description = "Each piece", body = ListBody)))]
pub(super) async fn list_parked_work(State(api): State<Api>, signed: Signed) -> Result<Json<ListBody>, Problem> {
    api.commands().check_platform_admin(&signed.caller).await?;
    let items = api.work().parked().await?.into_iter().map(ItemBody::from).collect();
    Ok(Json(ListBody { items }))
}
