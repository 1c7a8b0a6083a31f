//! A change in the making: aggregates opened, streams it leans on, vault rows that go with it.

use std::any::Any;
use std::fmt::Display;
use std::sync::Arc;

use opensail_domain::kernel::{AccountId, Decider, Micros};
use opensail_eventstore::{Appended, Guard, StreamId, VaultWrite};
use uuid::Uuid;

use super::Request;
use crate::aggregate::store::{Context, Entry, Place};
use crate::{Caller, CommandError, Commands};

pub struct Change {
    commands: Commands,
    request: Request,
    entries: Vec<Box<dyn Entry>>,
    /// Ask the journal, whatever the cache holds.
    fresh: bool,
    rests_on_cache: bool,
}

impl Change {
    pub(crate) fn new(commands: Commands, caller: Caller, fresh: bool) -> Self {
        Change { commands, request: Request::new(caller), entries: Vec::new(), fresh, rests_on_cache: false }
    }

    pub fn commands(&self) -> &Commands {
        &self.commands
    }

    pub fn caller(&self) -> &Caller {
        &self.request.caller
    }

    /// The person whose rights it rests on.
    pub fn account(&self) -> Result<AccountId, CommandError> {
        self.request.caller.account.ok_or(CommandError::Forbidden)
    }

    /// Refuses everybody but the platform itself.
    pub fn require_system(&self) -> Result<(), CommandError> {
        if self.request.caller.is_system() { Ok(()) } else { Err(CommandError::Forbidden) }
    }

    pub fn now(&self) -> Micros {
        self.commands.clock().now()
    }

    pub fn next_id(&self) -> Uuid {
        self.commands.ids().next()
    }

    /// Puts a command to an aggregate and keeps its events for the append; answers the state after them.
    pub async fn decide<D: Decider>(&mut self, id: impl Display, place: Place, command: D::Command) -> Result<&D::State, CommandError> {
        let stream = StreamId::new(D::TYPE, &id);
        let index = match self.entries.iter().position(|entry| *entry.stream() == stream) {
            Some(index) => index,
            None => {
                let loaded = self.commands.load::<D>(id, self.fresh).await?;
                self.rests_on_cache |= loaded.from_cache;
                self.entries.push(Box::new(Context::new(loaded, place)));
                self.entries.len() - 1
            }
        };
        let entry: &mut dyn Any = self.entries[index].as_mut();
        let context = entry.downcast_mut::<Context<D>>().ok_or_else(|| CommandError::broken(format!("{stream} is another aggregate")))?;
        context.handle(command).await?;
        Ok(&context.aggregate.state)
    }

    /// What was decided of an aggregate so far, and the state after it.
    pub(crate) fn decided<D: Decider>(&self, id: impl Display) -> Result<(Vec<D::Event>, D::State), CommandError> {
        let stream = StreamId::new(D::TYPE, id);
        let opened = self.entries.iter().find(|entry| *entry.stream() == stream);
        let context = opened.and_then(|entry| (entry.as_ref() as &dyn Any).downcast_ref::<Context<D>>());
        let context = context.ok_or_else(|| CommandError::broken(format!("nothing was decided of {stream}")))?;
        Ok((context.pending.iter().map(|stored| stored.0.clone()).collect(), context.aggregate.state.clone()))
    }

    /// A state this decision leans on: the append fails if it moves meanwhile.
    pub async fn lean_on<D: Decider>(&mut self, id: impl Display) -> Result<Arc<D::State>, CommandError> {
        let (state, guard) = self.read::<D>(id).await?;
        self.request.guards.extend(guard);
        Ok(state)
    }

    /// A state of which only what never changes is used.
    pub async fn look_at<D: Decider>(&mut self, id: impl Display) -> Result<Arc<D::State>, CommandError> {
        Ok(self.read::<D>(id).await?.0)
    }

    async fn read<D: Decider>(&mut self, id: impl Display) -> Result<(Arc<D::State>, Option<Guard>), CommandError> {
        let stream = StreamId::new(D::TYPE, &id);
        let opened = self.entries.iter().find(|entry| *entry.stream() == stream);
        if let Some(context) = opened.and_then(|entry| (entry.as_ref() as &dyn Any).downcast_ref::<Context<D>>()) {
            return Ok((Arc::new(context.aggregate.state.clone()), None));
        }
        let loaded = self.commands.load::<D>(id, self.fresh).await?;
        self.rests_on_cache |= loaded.from_cache;
        Ok((loaded.state, Some(Guard { stream, version: loaded.version })))
    }

    /// A vault row changed in the same transaction.
    pub fn write_vault(&mut self, write: VaultWrite) {
        self.request.vault.push(write);
    }

    /// Goes on as the account that was just registered or signed in.
    pub(crate) fn become_person(&mut self, account: AccountId) {
        self.request.caller.become_person(account);
    }

    pub(crate) fn rests_on_cache(&self) -> bool {
        self.rests_on_cache
    }

    pub(crate) async fn append(&self, answer: Option<String>) -> Result<Appended, CommandError> {
        let entries: Vec<&dyn Entry> = self.entries.iter().map(Box::as_ref).collect();
        self.commands.append(&self.request, &entries, answer).await
    }
}
