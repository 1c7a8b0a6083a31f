use axum::Json;
use axum::extract::State;
use opensail_commands::Permission;
use opensail_domain::kernel::TeamId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::body::ProjectBody;
use crate::auth::signed::Signed;
use crate::extract::{ListParams, Order, Params};
use crate::listing::Listing;
use crate::problem::Problem;
use crate::router::Api;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ProjectListParams {
    /// Only this team's; absent: all teams one is in.
    #[serde(default)]
    #[param(value_type = Option<Uuid>)]
    team_id: Option<TeamId>,
    /// Entries of a page, 1 to 200; 50 when absent.
    #[serde(default)]
    limit: Option<u32>,
    /// `next` of the page before.
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    #[param(inline)]
    order: Option<Order>,
    /// Cursor or position that the view must have reached.
    #[serde(default)]
    min_position: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    as_of: Option<String>,
}

/// The projects of the teams one is in.
#[utoipa::path(get, path = "/api/v1/projects", tag = "projects", params(ProjectListParams), responses((status = 200, description = "A page", body = Listing<ProjectBody>)))]
pub(super) async fn list_projects(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<ProjectListParams>,
) -> Result<Json<Listing<ProjectBody>>, Problem> {
    let ProjectListParams { team_id, limit, after, order, min_position, as_of } = params;
    if let Some(team) = team_id {
        api.commands().team_access(signed.account, team, Permission::SeeTeam).await?;
    }
    let among = api.todays_teams(signed.account, as_of.as_deref()).await?;
    let queries = api.read(min_position.as_deref(), as_of.as_deref()).await?;
    let page = ListParams { limit, after, order, ..ListParams::default() }.page()?;
    Ok(Listing::page(match team_id {
        Some(team) => queries.projects_of_team(team, &page).await?,
        None => queries.projects_of_account(signed.account, among.as_deref(), &page).await?,
    }))
}
