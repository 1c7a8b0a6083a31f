use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::signed::Signed;
use crate::extract::{Params, ReadParams};
use crate::listing::Listing;
use crate::problem::Problem;
use crate::reading::present_only;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
pub(super) struct Template {
    /// What `source` takes: `{"kind":"template","name":…}`.
    name: String,
}

/// The project templates that ship.
#[utoipa::path(get, path = "/api/v1/templates", tag = "projects", responses((status = 200, description = "All of them", body = Listing<Template>)))]
pub(super) async fn list_templates(
    State(api): State<Api>,
    _: Signed,
    Params(params): Params<ReadParams>,
) -> Result<Json<Listing<Template>>, Problem> {
    present_only(params.as_of.as_deref(), "templates are part of the program and have no past; leave as_of out")?;
    Ok(Listing::whole(api.commands().settings().templates.iter().map(|name| Template { name: name.clone() })))
}
