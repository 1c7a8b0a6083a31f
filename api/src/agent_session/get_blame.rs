use axum::Json;
use axum::extract::State;
use opensail_commands::ports::snapshots::{Blamed, BlamedLine};
use opensail_domain::agent_session::snapshots::Cause;
use opensail_domain::kernel::SessionId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart};
use crate::problem::{FieldError, Problem};
use crate::router::Api;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BlameParams {
    /// Of the file, beneath the working copy; needed.
    #[serde(default)]
    path: Option<String>,
    /// A cursor or position of the session; its last files when absent.
    #[serde(default)]
    at: Option<String>,
    /// Cursor, position or time to look at the past.
    #[serde(default)]
    as_of: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Blame)]
pub(super) struct BlameBody {
    path: String,
    items: Vec<BlamedLineBody>,
    /// Always null: a file has one page.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = BlamedLine)]
pub(super) struct BlamedLineBody {
    /// From 1.
    line: u64,
    text: String,
    /// Of the event after which the line was first there as it is; null when it was there before the session.
    position: Option<u64>,
    call_id: Option<String>,
}

fn no_lines(why: String) -> Problem {
    Problem::invalid(vec![FieldError::parameter("path", why)])
}

/// Which event wrote each line of a file. A change that people made between two calls is told as the later call's.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/blame", tag = "sessions", params(("id" = Uuid, Path), BlameParams), responses((status = 200, description = "The lines", body = BlameBody)))]
pub(super) async fn get_blame(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<BlameParams>,
) -> Result<Json<BlameBody>, Problem> {
    let (files, then) = api.session_files(signed.account, id, params.as_of.as_deref()).await?;
    let missing = || Problem::invalid(vec![FieldError::parameter("path", "names the file")]);
    let path = params.path.ok_or_else(missing)?;
    let version = match params.at.as_deref() {
        Some(text) => api.version_at(&files, then, "at", text).await?,
        None => then.and_then(|then| files.version_at(then)).unwrap_or(u64::MAX),
    };
    let points: Vec<_> = files.snapshots.points.iter().filter(|point| point.version <= version && !point.released).collect();
    let names: Vec<String> = points.iter().map(|point| point.snapshot.clone()).collect();
    let blamed = api.commands().snapshots().blame(files.project_id, &names, &path).await.map_err(Problem::from_snapshot)?;
    let lines = match blamed {
        Blamed::Lines(lines) => lines,
        Blamed::Nothing => {
            return Err(Problem::not_found_because(format!("no file stands at {path} there: it is not, or snapshots leave it out")));
        }
        Blamed::Link => return Err(no_lines(format!("{path} is a symbolic link, which has no lines; ask for what it points to"))),
        Blamed::Folder => return Err(no_lines(format!("{path} is a folder, which has no lines; ask for a file in it"))),
    };
    let told = |(number, line): (usize, BlamedLine)| {
        // What the first snapshot has may be older than it.
        let point = points.get(line.snapshot).filter(|_| line.snapshot > 0);
        let call_id = point.and_then(|point| match &point.cause {
            Cause::Call(call_id) => Some(call_id.clone()),
            Cause::Fork | Cause::Run | Cause::Undo { .. } | Cause::Merge { .. } | Cause::Found | Cause::Discard => None,
        });
        BlamedLineBody { line: number as u64 + 1, text: line.text, position: point.map(|point| files.position_of(point.version)), call_id }
    };
    let items = lines.into_iter().enumerate().map(told).collect();
    Ok(Json(BlameBody { path, items, next: None }))
}
