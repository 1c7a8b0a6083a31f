//! Sessions over HTTP: start, read, follow, answer, replay and take away.

mod add_message;
mod answer_approval;
mod atif;
mod blobs;
mod body;
mod cancel_session;
mod changed_files;
mod export_session;
pub(crate) mod forget_session;
mod get_diff;
mod get_output;
mod get_session;
mod list_approvals;
mod list_events;
mod list_sessions;
mod replay_session;
mod start_session;
mod stream_session;
mod unified_diff;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions::list_sessions, start_session::start_session))
        .routes(routes!(get_session::get_session))
        .routes(routes!(list_events::list_events))
        .routes(routes!(stream_session::stream_session))
        .routes(routes!(get_output::get_output))
        .routes(routes!(get_diff::get_diff))
        .routes(routes!(replay_session::replay_session))
        .routes(routes!(export_session::export_session))
        .routes(routes!(add_message::add_message))
        .routes(routes!(cancel_session::cancel_session))
        .routes(routes!(forget_session::forget_session))
        .routes(routes!(list_approvals::list_approvals_of_session))
        .routes(routes!(list_approvals::list_my_approvals))
        .routes(routes!(answer_approval::answer_approval))
}
