use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::signed::Signed;
use crate::listing::Listing;
use crate::router::Api;

#[derive(Serialize, ToSchema)]
pub(super) struct Template {
    /// What `source` takes: `{"kind":"template","name":…}`.
    name: String,
}

/// The project templates that ship.
#[utoipa::path(get, path = "/api/v1/templates", tag = "projects", responses((status = 200, description = "All of them", body = Listing<Template>)))]
pub(super) async fn list_templates(State(api): State<Api>, _: Signed) -> Json<Listing<Template>> {
    Listing::whole(api.commands().settings().templates.iter().map(|name| Template { name: name.clone() }))
}
