//! Which forks' files are in a session's: going back to before a merge takes it out again, and undoing that brings it back.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::SessionId;

/// Of each fork, the snapshot of its files that is merged in.
type Inside = BTreeMap<SessionId, String>;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Merges {
    /// Forks of which a merge is told, in force or not.
    told: BTreeSet<SessionId>,
    now: Inside,
    /// What was inside from a version on, in order.
    then: Vec<(u64, Inside)>,
}

impl Merges {
    pub(super) fn merged(&mut self, version: u64, fork: SessionId, theirs: &str) {
        self.told.insert(fork);
        self.now.insert(fork, theirs.to_owned());
        self.then.push((version, self.now.clone()));
    }

    pub(super) fn undone(&mut self, version: u64, to: u64) {
        self.now = self.then.iter().rev().find(|(from, _)| *from <= to).map(|(_, then)| then.clone()).unwrap_or_default();
        self.then.push((version, self.now.clone()));
    }

    /// What the next merge of a fork begins from: those of its files that are inside. `first`: the files it began with; `alone`: what the fork
    /// itself says was merged last, for merges of which this session was not told.
    pub fn base<'m>(&'m self, fork: SessionId, first: &'m str, alone: Option<&'m str>) -> &'m str {
        match self.now.get(&fork) {
            Some(inside) => inside,
            None if self.told.contains(&fork) => first,
            None => alone.unwrap_or(first),
        }
    }
}
