//! Our `cqrs_es::EventStore` over the journal. Command id, fence and guards ride in the aggregate context.
//!
//! `commands/src/execute.rs` does what `CqrsFramework::execute` does, load, handle, commit, but keeps what the commit answered and holds
//! several aggregates in one append; both write through the same `Entry`.

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, AggregateContext, AggregateError, EventEnvelope, EventStore};
use opensail_domain::kernel::{AccountId, Decider, Event, ProjectId, TeamId};
use opensail_eventstore::StreamId;
use serde_json::Value;

use super::cache::Cache;
use super::load::Loaded;
use super::{Cqrs, Stored};
use crate::execute::Request;
use crate::{Caller, CommandError, Commands, RejectionInfo};

/// Whose event it is: the tenant, and the project if there is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    pub tenant: String,
    pub project: Option<String>,
}

impl Place {
    pub fn team(team: TeamId) -> Self {
        Place { tenant: team.to_string(), project: None }
    }
    pub fn project(team: TeamId, project: ProjectId) -> Self {
        Place { tenant: team.to_string(), project: Some(project.to_string()) }
    }
    /// A person's own events.
    pub fn account(account: AccountId) -> Self {
        Place { tenant: format!("account-{account}"), project: None }
    }
}

/// One aggregate within a change: as it was loaded, and what has been decided since.
pub(crate) struct Context<D: Decider> {
    pub(crate) stream: StreamId,
    pub(crate) place: Place,
    /// Version it was loaded at.
    pub(crate) version: u64,
    pub(crate) aggregate: Cqrs<D>,
    pub(crate) pending: Vec<Stored<D::Event>>,
}

impl<D: Decider> Context<D> {
    pub(crate) fn new(loaded: Loaded<D>, place: Place) -> Self {
        let state = Arc::unwrap_or_clone(loaded.state);
        Context { stream: loaded.stream, place, version: loaded.version, aggregate: Cqrs { state }, pending: Vec::new() }
    }

    /// Load is done; this is handle.
    pub(crate) async fn handle(&mut self, command: D::Command) -> Result<(), CommandError> {
        let sink = EventSink::default();
        let handled = self.aggregate.handle(command, &(), &sink).await;
        handled.map_err(|rejection| CommandError::Rejected(RejectionInfo::of(&rejection)))?;
        self.pending.extend(sink.collect().await);
        Ok(())
    }
}

/// A context without its type, for appends over several aggregates.
pub(crate) trait Entry: Any + Send + Sync {
    fn stream(&self) -> &StreamId;
    fn place(&self) -> &Place;
    fn version(&self) -> u64;
    /// Type, version and payload with open private fields of each event decided.
    fn pending(&self) -> Vec<(&'static str, u32, Value)>;
    /// The append was acknowledged: the state becomes the cached one.
    fn settle(&self, cache: &Cache, version: u64);
}

impl<D: Decider> Entry for Context<D> {
    fn stream(&self) -> &StreamId {
        &self.stream
    }
    fn place(&self) -> &Place {
        &self.place
    }
    fn version(&self) -> u64 {
        self.version
    }
    fn pending(&self) -> Vec<(&'static str, u32, Value)> {
        self.pending.iter().map(|Stored(event)| (event.event_type(), event.version(), event.encode())).collect()
    }
    fn settle(&self, cache: &Cache, version: u64) {
        cache.put(&self.stream, version, Arc::new(self.aggregate.state.clone()));
    }
}

/// The journal as cqrs-es sees it, for one caller's command on an aggregate of one place.
pub struct JournalStore {
    commands: Commands,
    caller: Caller,
    place: Place,
}

impl JournalStore {
    pub fn new(commands: Commands, caller: Caller, place: Place) -> Self {
        JournalStore { commands, caller, place }
    }
}

/// An aggregate, and what its append must carry.
pub struct RequestContext<D: Decider> {
    context: Context<D>,
    request: Request,
}

impl<D: Decider> AggregateContext<Cqrs<D>> for RequestContext<D> {
    fn aggregate(&mut self) -> &mut Cqrs<D> {
        &mut self.context.aggregate
    }
}

impl<D: Decider> EventStore<Cqrs<D>> for JournalStore {
    type AC = RequestContext<D>;

    async fn load_events(&self, id: &str) -> Result<Vec<EventEnvelope<Cqrs<D>>>, AggregateError<D::Rejection>> {
        let stream = StreamId::new(D::TYPE, id);
        let events = self.commands.read_events::<D::Event>(&stream, None).await.map_err(foreign)?;
        events.into_iter().map(|(recorded, event)| envelope(id, recorded.stream_version, Stored(event), recorded.position)).collect()
    }

    async fn load_aggregate(&self, id: &str) -> Result<Self::AC, AggregateError<D::Rejection>> {
        let loaded = self.commands.load::<D>(id, true).await.map_err(foreign)?;
        Ok(RequestContext { context: Context::new(loaded, self.place.clone()), request: Request::new(self.caller.clone()) })
    }

    /// Each envelope's metadata holds the `position` of the append's last event.
    async fn commit(
        &self,
        events: Vec<Stored<D::Event>>,
        mut context: Self::AC,
        _: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Cqrs<D>>>, AggregateError<D::Rejection>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let id = context.context.stream.id().to_owned();
        let version = context.context.version;
        context.context.pending = events.clone();
        let appended = self.commands.append(&context.request, &[&context.context as &dyn Entry], None).await.map_err(foreign)?;
        let stored = events.into_iter().zip(version + 1..);
        stored.map(|(event, version)| envelope(&id, version, event, appended.position)).collect()
    }
}

fn envelope<D: Decider>(
    id: impl Display,
    version: u64,
    payload: Stored<D::Event>,
    position: u64,
) -> Result<EventEnvelope<Cqrs<D>>, AggregateError<D::Rejection>> {
    let sequence = usize::try_from(version).map_err(|error| AggregateError::UnexpectedError(error.into()))?;
    let metadata = HashMap::from([("position".to_owned(), position.to_string())]);
    Ok(EventEnvelope { aggregate_id: id.to_string(), sequence, payload, metadata })
}

fn foreign<R: std::error::Error>(error: CommandError) -> AggregateError<R> {
    match error {
        CommandError::Conflict => AggregateError::AggregateConflict,
        CommandError::Broken { .. } => AggregateError::DeserializationError(error.into()),
        other => AggregateError::DatabaseConnectionError(other.into()),
    }
}
