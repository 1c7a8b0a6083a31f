//! Sessions over HTTP: start, read, follow, answer, replay and take away; their files at every event, undo, forks.

mod add_message;
mod answer_approval;
mod atif;
mod blobs;
mod body;
mod cancel_session;
mod changed_files;
mod choices;
mod compare_sessions;
mod discard_session;
mod export_session;
mod files_at;
pub(crate) mod forget_session;
mod fork_session;
mod get_blame;
mod get_diff;
mod get_output;
mod get_session;
mod get_session_tree;
mod git_name;
mod list_approvals;
mod list_events;
mod list_forks;
mod list_sessions;
mod list_snapshots;
mod merge_session;
mod name_snapshot;
mod read_session_file;
mod refused;
mod replay_session;
mod snapshot_diff;
mod start_session;
mod stream_session;
mod undo_session;
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
        .routes(routes!(get_blame::get_blame))
        .routes(routes!(list_snapshots::list_snapshots))
        .routes(routes!(name_snapshot::name_snapshot))
        .routes(routes!(get_session_tree::get_session_tree))
        .routes(routes!(read_session_file::read_session_file))
        .routes(routes!(list_forks::list_forks))
        .routes(routes!(compare_sessions::compare_sessions))
        .routes(routes!(undo_session::undo_session))
        .routes(routes!(fork_session::fork_session))
        .routes(routes!(merge_session::merge_session))
        .routes(routes!(discard_session::discard_session))
        .routes(routes!(replay_session::replay_session))
        .routes(routes!(export_session::export_session))
        .routes(routes!(add_message::add_message))
        .routes(routes!(cancel_session::cancel_session))
        .routes(routes!(forget_session::forget_session))
        .routes(routes!(list_approvals::list_approvals_of_session))
        .routes(routes!(list_approvals::list_my_approvals))
        .routes(routes!(answer_approval::answer_approval))
}
