//! What befell the house, counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
pub(super) struct Tally {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    strange: Mutex<Vec<String>>,
    under_way: Mutex<BTreeSet<&'static str>>,
}

impl Tally {
    pub(super) fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }

    /// The first of these that did not happen.
    pub(super) fn lacks(&self, wanted: &[&'static str]) -> Option<&'static str> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.iter().copied().find(|what| !counts.contains_key(what))
    }

    /// Whether nobody else does this just now; until it is over.
    pub(super) fn alone(&self, what: &'static str) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(what)
    }

    pub(super) fn over(&self, what: &'static str) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(what);
    }

    /// An answer that no fault excuses.
    pub(super) fn odd(&self, answer: String) {
        self.strange.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
    }

    pub(super) fn strange(&self) -> Vec<String> {
        self.strange.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
        f.write_str(&told.join(", "))
    }
}
