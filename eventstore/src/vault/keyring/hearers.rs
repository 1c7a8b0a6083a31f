//! Those who keep what a key opened, and hear at once that it was destroyed.

use std::sync::{Mutex, PoisonError, Weak};

/// Drops what it keeps of whatever the subject's key opened.
pub trait Forgets: Send + Sync + 'static {
    fn forget(&self, subject: &str);
}

#[derive(Default)]
pub(super) struct Hearers {
    hearers: Mutex<Vec<Weak<dyn Forgets>>>,
}

impl Hearers {
    pub(super) fn add(&self, hearer: Weak<dyn Forgets>) {
        self.hearers.lock().unwrap_or_else(PoisonError::into_inner).push(hearer);
    }

    pub(super) fn tell(&self, subject: &str) {
        let mut hearers = self.hearers.lock().unwrap_or_else(PoisonError::into_inner);
        hearers.retain(|hearer| match hearer.upgrade() {
            Some(hearer) => {
                hearer.forget(subject);
                true
            }
            None => false,
        });
    }
}
