//! Read-your-write and the past: `min_position` and `as_of`.

use opensail_commands::Permission;
use opensail_commands::journal::{Cursor, Position, ReadError, StreamId};
use opensail_domain::kernel::{AccountId, Micros, ProjectId, SessionId, TeamId};
use opensail_projections::{Queries, QueryError};

use crate::problem::{FieldError, Problem};
use crate::router::Api;
use crate::time;

impl Api {
    /// A cursor (its epoch checked) or an integer; a malformed one is pointed at by its parameter's name.
    pub(crate) async fn position(&self, parameter: &str, text: &str) -> Result<Position, Problem> {
        self.position_or(parameter, text, "must be a position (a number) or a cursor").await
    }

    /// The same where a time was looked for already.
    async fn no_time(&self, parameter: &str, text: &str) -> Result<Position, Problem> {
        self.position_or(parameter, text, "must be a position (a number), a cursor or a time such as 2026-11-25T07:48:49Z").await
    }

    async fn position_or(&self, parameter: &str, text: &str, otherwise: &str) -> Result<Position, Problem> {
        if let Ok(position) = text.parse() {
            return Ok(position);
        }
        let Ok(cursor) = text.parse::<Cursor>() else {
            return Err(Problem::invalid(vec![FieldError::parameter(parameter, otherwise)]));
        };
        self.check_cursor(cursor).await?;
        Ok(cursor.position)
    }

    /// A cursor of another epoch is answered with the last common position.
    pub(crate) async fn check_cursor(&self, cursor: Cursor) -> Result<(), Problem> {
        Ok(self.commands().journal().check_epoch(cursor.epoch).await?)
    }

    /// Waits until the views have reached `min_position`, at most two seconds.
    pub(crate) async fn settle(&self, min_position: Option<&str>) -> Result<Queries, Problem> {
        let Some(text) = min_position else { return Ok(self.queries().clone()) };
        let position = self.position("min_position", text).await?;
        self.wait_for(position).await
    }

    /// For a thing that the journal is known to hold: a view without it is only behind, so it is asked again at the journal's end.
    async fn once_seen<T, F>(&self, queries: Queries, ask: impl Fn(Queries) -> F) -> Result<T, Problem>
    where
        F: Future<Output = Result<Option<T>, QueryError>>,
    {
        if let Some(found) = ask(queries).await? {
            return Ok(found);
        }
        let end = self.commands().journal().head().await?.position;
        ask(self.wait_for(end).await?).await?.ok_or_else(Problem::behind)
    }

    /// Where a read is answered: by the views as they are, once they have reached `min_position`, or as they were at `as_of`.
    pub(crate) async fn read(&self, min_position: Option<&str>, as_of: Option<&str>) -> Result<Queries, Problem> {
        let queries = self.settle(min_position).await?;
        Ok(match self.then(as_of).await? {
            Some(then) => queries.as_of(then),
            None => queries,
        })
    }

    /// The same for one thing that the journal is known to hold; in the past it may not have been there yet, or no longer: 404.
    pub(crate) async fn read_one<T, F>(
        &self,
        min_position: Option<&str>,
        as_of: Option<&str>,
        ask: impl Fn(Queries) -> F,
    ) -> Result<T, Problem>
    where
        F: Future<Output = Result<Option<T>, QueryError>>,
    {
        let queries = self.settle(min_position).await?;
        match self.then(as_of).await? {
            Some(then) => ask(queries.as_of(then)).await?.ok_or_else(Problem::not_found),
            None => self.once_seen(queries, ask).await,
        }
    }

    /// The position that `as_of` means, once every view has reached it. What the journal itself has not reached is refused at once: nobody knows
    /// when it will.
    pub(crate) async fn then(&self, as_of: Option<&str>) -> Result<Option<Position>, Problem> {
        let Some(text) = as_of else { return Ok(None) };
        let position = match time::parse(text) {
            Some(time) => self.already(time).await?,
            None => self.no_time("as_of", text).await?,
        };
        if self.views_reached() < position {
            let end = self.commands().journal().head().await?.position;
            if end < position {
                return Err(Problem::beyond_the_end(end));
            }
        }
        self.wait_for(position).await?;
        Ok(Some(position))
    }

    /// The last position at a time. What time is yet to come is not known.
    async fn already(&self, time: Micros) -> Result<Position, Problem> {
        let journal = self.commands().journal();
        let position = journal.position_at(time).await?;
        if time > self.commands().clock().now() && self.time_of(position).await? < time {
            return Err(Problem::behind());
        }
        Ok(position)
    }

    /// When the event at a position happened; for position 0 before all times.
    pub(crate) async fn time_of(&self, position: Position) -> Result<Micros, Problem> {
        let found = self.commands().journal().read_at(&[position]).await?;
        Ok(found.first().map_or(0, |event| event.time))
    }

    /// A cursor, a position or a time, as the last position that it includes.
    pub(crate) async fn point(&self, parameter: &str, text: Option<&str>) -> Result<Option<Position>, Problem> {
        let Some(text) = text else { return Ok(None) };
        Ok(Some(match time::parse(text) {
            Some(time) => self.commands().journal().position_at(time).await?,
            None => self.no_time(parameter, text).await?,
        }))
    }

    /// Refuses who may not see the project, or its past.
    pub(crate) async fn may_see_project(
        &self,
        account: AccountId,
        id: ProjectId,
        permission: Permission,
        past: bool,
    ) -> Result<TeamId, Problem> {
        Ok(match past {
            false => self.commands().project_access(account, id, permission).await?.team_id,
            true => self.commands().past_access(account, &StreamId::new("project", id), permission).await?.team_id,
        })
    }

    /// Refuses who may not see the session, or its past.
    pub(crate) async fn may_see_session(&self, account: AccountId, id: SessionId, past: bool) -> Result<(), Problem> {
        match past {
            false => _ = self.commands().session_access(account, id, Permission::SeeSession).await?,
            true => _ = self.commands().past_access(account, &StreamId::new("agent_session", id), Permission::SeeSession).await?,
        }
        Ok(())
    }

    /// The same for what reads the whole session from the journal.
    pub(crate) async fn may_read_session(&self, account: AccountId, id: SessionId, past: bool) -> Result<(), Problem> {
        match past {
            false => Ok(self.commands().check_session_reader(account, id).await?),
            true => self.may_see_session(account, id, past).await,
        }
    }

    /// For lists over all teams that one is in: with `as_of` these, as today's rights allow; what one was in then and no longer is stays hidden.
    pub(crate) async fn todays_teams(&self, account: AccountId, as_of: Option<&str>) -> Result<Option<Vec<TeamId>>, Problem> {
        if as_of.is_none() {
            return Ok(None);
        }
        let mut teams = Vec::new();
        for (team, _) in self.queries().roles_of_account(account).await? {
            // The view may be behind; the journal decides.
            if self.commands().team_access(account, team, Permission::SeeTeam).await.is_ok() {
                teams.push(team);
            }
        }
        Ok(Some(teams))
    }
}

/// For what is not read from the journal and has no past: settings, the program's own.
pub(crate) fn present_only(as_of: Option<&str>, why: &str) -> Result<(), Problem> {
    if as_of.is_some() { Err(Problem::as_of_unsupported(why)) } else { Ok(()) }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::EpochChanged { epoch, common } => Problem::epoch_changed(epoch.to_string(), common),
            ReadError::Unavailable(why) => {
                tracing::error!(why, "the journal could not be read");
                Problem::unavailable()
            }
            ReadError::SetBack(why) => Problem::set_back(why),
        }
    }
}
