//! Teams over HTTP.

mod accept_invitation;
mod add_member;
mod body;
mod change_member_role;
mod create_invitation;
mod create_team;
mod delete_team;
mod get_team;
mod list_invitations;
mod list_members;
mod list_teams;
mod remove_member;
mod rename_team;
mod revoke_invitation;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_teams::list_teams, create_team::create_team))
        .routes(routes!(get_team::get_team, rename_team::rename_team, delete_team::delete_team))
        .routes(routes!(list_members::list_members, add_member::add_member))
        .routes(routes!(list_invitations::list_invitations, create_invitation::create_invitation))
        .routes(routes!(revoke_invitation::revoke_invitation))
        .routes(routes!(accept_invitation::accept_invitation))
        .routes(routes!(change_member_role::change_member_role, remove_member::remove_member))
}
