use axum::Json;
use axum::extract::State;
use opensail_commands::consumer::Standing;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::signed::Signed;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
#[schema(as = Consumers)]
pub(super) struct ListBody {
    items: Vec<ItemBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Consumer)]
pub(super) struct ItemBody {
    name: String,
    /// Everything up to here was handled, less what waits of streams that are set aside.
    position: u64,
    lag_events: u64,
    lag_seconds: u64,
    /// The one of its partitions that has come no further.
    slowest_partition: u32,
    /// Why a partition goes no further: its next event is of a newer version of the program.
    stopped: Option<StoppedBody>,
    /// Streams that are set aside, those included that go on already.
    parked: u64,
    /// Workers that share it just now.
    members: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = StoppedPartition)]
struct StoppedBody {
    partition: u32,
    why: String,
}

impl From<Standing> for ItemBody {
    fn from(standing: Standing) -> Self {
        let Standing { group, position, slowest, stopped, lag_events, lag_seconds, parked, members } = standing;
        let stopped = stopped.map(|(partition, why)| StoppedBody { partition, why });
        ItemBody { name: group, position, lag_events, lag_seconds, slowest_partition: slowest, stopped, parked, members }
    }
}

/// Every consumer that workers share and how it stands; one that nobody works on any more, too. Administrators of the platform only.
#[utoipa::path(get, path = "/api/v1/consumers", tag = "operations", responses((status = 200, description = "Each consumer", body = ListBody)))]
pub(super) async fn list_consumers(State(api): State<Api>, signed: Signed) -> Result<Json<ListBody>, Problem> {
    let items = api.commands().consumers(&signed.caller).await?.into_iter().map(ItemBody::from).collect();
    Ok(Json(ListBody { items }))
}
