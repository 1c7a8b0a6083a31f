//! One open stream: of a session, or of many sessions and teams.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use axum::body::Bytes;
use axum::response::Response;
use futures::Stream;
use opensail_commands::Permission;
use opensail_commands::journal::{Batch, Cursor, Filter, Head, Position, Recorded, StreamId, Subscription};
use opensail_commands::live::{Call, Turn};
use opensail_domain::agent_session::Status;
use opensail_domain::kernel::{AccountId, SessionId, TeamId};
use opensail_projections::ClientAddress;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::frame;
use super::pieces::Pieces;
use crate::auth::signed::Signed;
use crate::metrics::OpenStream;
use crate::problem::Problem;
use crate::router::Api;

/// Events taken from the journal at once.
const AT_ONCE: usize = 64;

/// What a stream shows.
pub(crate) struct Shown {
    pub(crate) sessions: BTreeSet<SessionId>,
    /// Whole teams.
    pub(crate) teams: BTreeSet<TeamId>,
    /// Teams on whose membership the sessions rest.
    pub(crate) leans_on: BTreeSet<TeamId>,
    /// Sessions whose model is writing just now.
    pub(crate) writing: Vec<SessionId>,
    /// Sessions whose command is running just now.
    pub(crate) running: Vec<SessionId>,
    /// The stream ends with its one session.
    pub(crate) ends: bool,
}

/// Why nothing more comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// The session is finished.
    Complete,
    /// The caller may not see this any more.
    Refused,
    /// The server stops, or the journal has a new epoch: connect again.
    Away,
}

pub(crate) struct LiveStream {
    api: Api,
    account: AccountId,
    family: Option<Uuid>,
    subscription: Subscription,
    sessions: HashSet<StreamId>,
    teams: HashSet<String>,
    ends: bool,
    deltas: Pieces<Turn>,
    outputs: Pieces<Call>,
    /// Membership was looked up when the journal stood here.
    checked: Position,
    alive: Instant,
    frames: VecDeque<Bytes>,
    over: Option<Ending>,
    /// The server stops.
    closing: watch::Receiver<bool>,
    _open: OpenStream,
}

impl LiveStream {
    /// `head`: of the journal before the caller's rights were looked up. Events after `from` are shown.
    pub(crate) fn open(api: Api, signed: &Signed, shown: Shown, from: Position, head: Head) -> LiveStream {
        let Shown { sessions, teams, leans_on, writing, running, ends } = shown;
        let account_stream = StreamId::new("account", signed.account);
        let sessions: HashSet<StreamId> = sessions.iter().map(|id| StreamId::new("agent_session", id)).collect();
        let filter = if teams.is_empty() {
            let watched = leans_on.iter().map(|team| StreamId::new("team", team)).chain([account_stream]);
            Filter { streams: sessions.iter().cloned().chain(watched).collect(), ..Filter::default() }
        } else {
            let tenants = teams.union(&leans_on).map(TeamId::to_string).chain([format!("account-{}", signed.account)]);
            Filter { tenants: tenants.collect(), ..Filter::default() }
        };
        let closing = api.closing();
        let over = closing.borrow().then_some(Ending::Away);
        let mut stream = LiveStream {
            subscription: api.tail().subscribe(from, filter),
            account: signed.account,
            family: signed.family,
            sessions,
            teams: teams.iter().map(TeamId::to_string).collect(),
            ends,
            deltas: Pieces::new(api.commands().live().clone()),
            outputs: Pieces::new(api.commands().outputs().clone()),
            checked: head.position,
            alive: Instant::now() + frame::KEEP_ALIVE,
            frames: VecDeque::from([frame::retry(), frame::at(Cursor { epoch: head.epoch, position: from })]),
            over,
            closing,
            _open: api.metrics().open_stream(),
            api,
        };
        for session in writing {
            stream.begin_turn(session);
        }
        for session in running {
            stream.begin_call(session);
        }
        stream
    }

    /// As server-sent events.
    pub(crate) fn response(self) -> Response {
        frame::response(frames(self))
    }

    /// Once [`LiveStream::next`] has given nothing more.
    pub(super) fn ending(&self) -> Ending {
        self.over.unwrap_or(Ending::Away)
    }

    /// The next frame; `None` ends the stream.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            if self.over.is_some() {
                return None;
            }
            let (writing, running) = (!self.deltas.is_empty(), !self.outputs.is_empty());
            tokio::select! {
                biased;
                _ = self.closing.changed() => self.over = Some(Ending::Away),
                batch = self.subscription.next_batch(AT_ONCE) => match batch {
                    // In a box of its own, so that an idle stream holds no more than what it waits for.
                    Ok(batch) => Box::pin(self.take(batch)).await,
                    // A new epoch or a shutdown: who connects again is told which.
                    Err(error) => {
                        tracing::debug!(%error, "a live stream ends");
                        self.over = Some(Ending::Away);
                    }
                },
                delta = self.deltas.next(), if writing => self.frames.extend(delta),
                progress = self.outputs.next(), if running => self.frames.extend(progress),
                () = sleep_until(self.alive) => {
                    self.alive = Instant::now() + frame::KEEP_ALIVE;
                    self.frames.push_back(frame::keep_alive());
                }
            }
        }
    }

    async fn take(&mut self, batch: Batch) {
        for event in batch.events {
            if let Err(problem) = self.show(&event).await {
                tracing::debug!(code = problem.code(), "a live stream is closed");
                self.over = Some(if problem.status().is_server_error() { Ending::Away } else { Ending::Refused });
                return;
            }
            if self.over.is_some() {
                return;
            }
        }
    }

    async fn show(&mut self, event: &Arc<Recorded>) -> Result<(), Problem> {
        if matches!(event.stream.stream_type(), "team" | "account") && event.position > self.checked {
            self.check(event).await?;
        }
        let wanted = self.sessions.contains(&event.stream) || self.teams.contains(&event.tenant);
        if !wanted {
            return Ok(());
        }
        let item = self.api.queries().event_item(event, ClientAddress::Left).await?;
        let data = serde_json::to_string(&item).map_err(Problem::unserialisable)?;
        let cursor = Cursor { epoch: event.epoch, position: event.position };
        self.frames.push_back(frame::event(cursor, &event.event_type, &data));
        if event.stream.stream_type() == "agent_session"
            && let Ok(session) = event.stream.id().parse()
        {
            self.follow(session, event).await?;
        }
        Ok(())
    }

    /// Something about the team or the account has changed: may the caller still see this?
    async fn check(&mut self, event: &Recorded) -> Result<(), Problem> {
        match event.stream.stream_type() {
            "team" => {
                let team = event.stream.id().parse().map_err(|_| Problem::not_found())?;
                self.api.commands().team_access(self.account, team, Permission::SeeTeam).await?;
            }
            _ => {
                if let Some(family) = self.family
                    && !self.api.commands().session_valid(self.account, family).await?
                {
                    return Err(Problem::unauthenticated());
                }
            }
        }
        Ok(())
    }

    /// Listens while a turn is open or a command runs; a finished session ends its stream, unless it has gone on since.
    async fn follow(&mut self, session: SessionId, event: &Recorded) -> Result<(), Problem> {
        let status = match event.event_type.as_str() {
            "agent_session.turn_started" => {
                self.begin_turn(session);
                return Ok(());
            }
            "agent_session.turn_completed" | "agent_session.turn_failed" => {
                self.deltas.end(session);
                return Ok(());
            }
            "agent_session.tool_call_started" => {
                self.begin_call(session);
                return Ok(());
            }
            "agent_session.tool_call_completed" => {
                self.outputs.end(session);
                return Ok(());
            }
            "agent_session.completed" => Status::Completed,
            "agent_session.failed" => Status::Failed,
            "agent_session.cancelled" => Status::Cancelled,
            "agent_session.limit_reached" => Status::LimitReached,
            _ => return Ok(()),
        };
        self.deltas.end(session);
        self.outputs.end(session);
        if self.api.commands().journal().stream_version(&event.stream).await? == event.stream_version {
            let data = json!({ "session_id": session, "status": status.as_str(), "position": event.position });
            self.frames.push_back(frame::passing("end", &data.to_string()));
            self.over = self.ends.then_some(Ending::Complete);
        }
        Ok(())
    }

    fn begin_turn(&mut self, session: SessionId) {
        let so_far = self.deltas.begin(session);
        self.frames.extend(so_far);
    }

    fn begin_call(&mut self, session: SessionId) {
        let so_far = self.outputs.begin(session);
        self.frames.extend(so_far);
    }
}

fn frames(stream: LiveStream) -> impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static {
    futures::stream::unfold(stream, |mut stream| async move {
        let frame = stream.next().await?;
        Some((Ok(frame), stream))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one waiting stream holds, heap parts of a few hundred bytes not counted.
    fn size_of_stream<S>(_: impl FnOnce(LiveStream) -> S) -> usize {
        size_of::<S>()
    }

    #[test]
    fn an_idle_stream_is_small() {
        let bytes = size_of_stream(frames);
        assert!(bytes <= 3 * 1024, "{bytes} bytes");
    }
}
