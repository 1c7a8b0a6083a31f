//! Signing in and out over HTTP.

mod change_password;
mod forget_account;
mod get_me;
mod refresh;
mod register_account;
mod sign_in;
mod sign_in_by_link;
mod sign_out;
mod sign_out_everywhere;
mod tokens;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(register_account::register_account))
        .routes(routes!(sign_in::sign_in))
        .routes(routes!(sign_in_by_link::sign_in_by_link))
        .routes(routes!(refresh::refresh))
        .routes(routes!(sign_out::sign_out))
        .routes(routes!(sign_out_everywhere::sign_out_everywhere))
        .routes(routes!(change_password::change_password))
        .routes(routes!(get_me::get_me))
        .routes(routes!(forget_account::forget_account))
}
