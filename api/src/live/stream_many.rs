use std::collections::BTreeSet;
use std::str::FromStr;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use opensail_commands::Permission;
use opensail_domain::agent_session::state::Core;
use serde::Deserialize;
use utoipa::IntoParams;

use super::live_stream::{LiveStream, Shown};
use super::socket::Socket;
use crate::auth::signed::Signed;
use crate::extract::Params;
use crate::problem::{FieldError, Problem};
use crate::router::Api;

/// Sessions and teams that one stream carries at most.
const MAX_STREAMS: usize = 100;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiveParams {
    /// Ids of sessions, separated by commas.
    #[serde(default)]
    sessions: Option<String>,
    /// Ids of teams, separated by commas: everything of theirs.
    #[serde(default)]
    teams: Option<String>,
    /// Cursor or position to go on after; absent: from now on.
    #[serde(default)]
    after: Option<String>,
}

/// Many streams over one connection, as server-sent events or, for who asks to upgrade, over a WebSocket with the same frames, a text message
/// each: the frames of a session's stream, which does not end with a session. With cookies a WebSocket must come from our own pages.
#[utoipa::path(get, path = "/api/v1/live", tag = "events", params(LiveParams, ("Last-Event-ID" = Option<String>, Header)), responses(
    (status = 200, description = "Events", body = String, content_type = "text/event-stream"),
    (status = 101, description = "The same events over a WebSocket"),
))]
pub(crate) async fn stream_many(
    State(api): State<Api>,
    signed: Signed,
    Params(params): Params<LiveParams>,
    headers: HeaderMap,
    socket: Option<Socket>,
) -> Result<Response, Problem> {
    let head = api.commands().journal().head().await?;
    let (sessions, teams) = (ids("sessions", params.sessions.as_deref())?, ids("teams", params.teams.as_deref())?);
    if sessions.is_empty() && teams.is_empty() {
        return Err(Problem::invalid(vec![FieldError::parameter("sessions", "name sessions or teams")]));
    }
    if sessions.len() + teams.len() > MAX_STREAMS {
        return Err(Problem::invalid(vec![FieldError::parameter("sessions", format!("at most {MAX_STREAMS} sessions and teams at once"))]));
    }
    let (mut leans_on, mut writing, mut running) = (BTreeSet::new(), Vec::new(), Vec::new());
    for session in &sessions {
        let access = api.commands().session_access(signed.account, *session, Permission::SeeSession).await?;
        leans_on.insert(access.team_id);
        if access.session.core().is_some_and(|core| core.turn_open) {
            writing.push(*session);
        }
        if access.session.core().is_some_and(Core::call_running) {
            running.push(*session);
        }
    }
    for team in &teams {
        api.commands().team_access(signed.account, *team, Permission::SeeTeam).await?;
    }
    let from = api.resume(&headers, params.after.as_deref()).await?.unwrap_or(head.position);
    let shown = Shown { sessions, teams, leans_on, writing, running, ends: false };
    let stream = LiveStream::open(api.clone(), &signed, shown, from, head);
    Ok(match socket {
        Some(socket) => socket.carry(stream),
        None => stream.response(),
    })
}

fn ids<T: FromStr + Ord>(parameter: &str, list: Option<&str>) -> Result<BTreeSet<T>, Problem> {
    let bad = |_| Problem::invalid(vec![FieldError::parameter(parameter, "must be ids separated by commas")]);
    list.into_iter().flat_map(|list| list.split(',')).map(|id| id.trim().parse().map_err(|_| bad(()))).collect()
}
