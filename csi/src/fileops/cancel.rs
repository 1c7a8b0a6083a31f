//! A walk whose asker has gone away stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asked for at every entry of a walk. Clones share the wish.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Whether the walk should stop.
    pub fn wished(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Wishes it when the returned guard is dropped, as the future of an abandoned call is.
    pub(super) fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }
}

pub(super) struct CancelOnDrop(Cancel);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}
