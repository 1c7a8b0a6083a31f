//! Projects and their files over HTTP.

mod body;
mod create_project;
mod delete_file;
mod delete_project;
mod etag;
mod get_file_origin;
mod get_project;
mod get_tree;
mod list_projects;
mod list_templates;
mod read_file;
mod rename_project;
mod set_retention;
mod snapshot_then;
mod write_file;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::MAX_FILE_BYTES;
use crate::router::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_projects::list_projects, create_project::create_project))
        .routes(routes!(get_project::get_project, rename_project::rename_project, delete_project::delete_project))
        .routes(routes!(set_retention::set_retention))
        .routes(routes!(get_tree::get_tree))
        .routes(routes!(get_file_origin::get_file_origin))
        .routes(routes!(list_templates::list_templates))
        .merge(files())
}

/// Bodies of these are files.
fn files() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(read_file::read_file, write_file::write_file, delete_file::delete_file))
        .layer(DefaultBodyLimit::max(MAX_FILE_BYTES))
}
