use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use opensail_commands::Permission;
use opensail_commands::journal::StreamId;
use opensail_domain::agent_session::Status;
use opensail_domain::agent_session::state::Core;
use opensail_domain::kernel::SessionId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::auth::signed::Signed;
use crate::extract::{Params, PathPart};
use crate::live::frame;
use crate::live::live_stream::{LiveStream, Shown};
use crate::problem::Problem;
use crate::router::Api;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamParams {
    /// Cursor or position to go on after; absent: from the session's beginning. `Last-Event-ID` comes before it.
    #[serde(default)]
    after: Option<String>,
}

/// A session live, as server-sent events: `id` is a cursor, `event` the type, `data` the event. `delta` events carry the text being
/// written, `progress` events what a running command prints (`{session_id, call_id, offset, text}`, the first 256 KiB of it; on connect
/// its last part so far); neither has an id. A finished session's stream ends with `event: end`; connecting again at or past it is 204.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/stream", tag = "sessions", params(("id" = Uuid, Path), StreamParams, ("Last-Event-ID" = Option<String>, Header)), responses(
    (status = 200, description = "Events", body = String, content_type = "text/event-stream"),
    (status = 204, description = "The session is finished and nothing comes after the cursor"),
))]
pub(super) async fn stream_session(
    State(api): State<Api>,
    signed: Signed,
    PathPart(id): PathPart<SessionId>,
    Params(params): Params<StreamParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let journal = api.commands().journal();
    let head = journal.head().await?;
    let access = api.commands().session_access(signed.account, id, Permission::SeeSession).await?;
    let after = api.resume(&headers, params.after.as_deref()).await?;
    let stream = StreamId::new("agent_session", id);
    if let (Some(after), true) = (after, access.session.status().is_some_and(Status::finished)) {
        let version = journal.stream_version(&stream).await?;
        let last = journal.read_stream(&stream, version.saturating_sub(1), 1).await?;
        // A message may have come in between and queued the session again: then there is more.
        if last.first().is_some_and(|last| last.position <= after && ends(&last.event_type)) {
            return Ok(frame::over());
        }
    }
    let from = match after {
        Some(after) => after,
        None => journal.read_stream(&stream, 0, 1).await?.first().map_or(0, |first| first.position - 1),
    };
    let writing = if access.session.core().is_some_and(|core| core.turn_open) { vec![id] } else { Vec::new() };
    let running = if access.session.core().is_some_and(Core::call_running) { vec![id] } else { Vec::new() };
    let shown = Shown {
        sessions: BTreeSet::from([id]),
        teams: BTreeSet::new(),
        leans_on: BTreeSet::from([access.team_id]),
        writing,
        running,
        ends: true,
    };
    Ok(LiveStream::open(api.clone(), &signed, shown, from, head).response())
}

fn ends(event_type: &str) -> bool {
    matches!(event_type, "agent_session.completed" | "agent_session.failed" | "agent_session.cancelled" | "agent_session.limit_reached")
}
