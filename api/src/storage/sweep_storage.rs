use axum::Json;
use axum::extract::State;
use opensail_commands::ports::snapshots::{Swept, Total};
use opensail_commands::storage::{SweepStorage, SweptStorage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::signed::Asked;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Deserialize, ToSchema)]
#[schema(as = Sweep)]
pub(super) struct SweepBody {
    /// Only say what would go; true when absent.
    #[serde(default = "yes")]
    dry_run: bool,
}

fn yes() -> bool {
    true
}

#[derive(Serialize, ToSchema)]
#[schema(as = Swept)]
pub(super) struct SweptBody {
    dry_run: bool,
    /// Snapshots of steps that retention lets go.
    released: u64,
    /// Working copies of forks that were forgotten or thrown away, or whose project was deleted; removed, or to be removed.
    copies: TotalBody,
    /// Reached from what events name.
    live: TotalBody,
    /// Named by nothing, but less than a day old.
    young: TotalBody,
    /// Named by nothing, in packs that are mostly live; they go later.
    later: TotalBody,
    /// Removed, or to be removed.
    removed: TotalBody,
    /// Live and written into new packs.
    moved: TotalBody,
    /// In packs that cannot be read in whole, which therefore stay.
    unreadable: TotalBody,
    /// What events name and the store does not have.
    missing: u64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TotalBody {
    objects: u64,
    bytes: u64,
}

impl From<Total> for TotalBody {
    fn from(total: Total) -> Self {
        TotalBody { objects: total.objects, bytes: total.bytes }
    }
}

/// Lets go of what the projects' retention no longer keeps, and removes from the store what no event names; or says what would go.
#[utoipa::path(post, path = "/api/v1/storage/sweep", tag = "operations", request_body = SweepBody, responses((status = 200, description = "What went, or would go", body = SweptBody)))]
pub(super) async fn sweep_storage(State(api): State<Api>, asked: Asked<SweepBody>) -> Result<Json<SweptBody>, Problem> {
    let dry_run = asked.body.dry_run;
    let SweptStorage { released, copies, store } = api.commands().sweep_storage(&asked.caller, SweepStorage { dry_run }).await?;
    let Swept { live, young, later, removed, moved, unreadable, missing } = store;
    Ok(Json(SweptBody {
        dry_run,
        released,
        copies: copies.into(),
        live: live.into(),
        young: young.into(),
        later: later.into(),
        removed: removed.into(),
        moved: moved.into(),
        unreadable: unreadable.into(),
        missing,
    }))
}
