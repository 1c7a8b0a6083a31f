//! What relays promise: a suite for what is live, one for work, and the real servers they are tried with.
//!
//! What a relay may do to its users (lose, delay, double) is tried on the users; here it is that a relay which was lost comes back by itself,
//! blocks nobody meanwhile, and keeps installations apart.

pub mod guarded;
pub mod live;
pub mod proxy;
pub mod servers;
pub mod work;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::relay::{LiveRelay, Patience, WorkRelay};

/// Enough to see that something comes again, short enough to wait for.
pub const IMPATIENT: Patience = Patience { done_within: Duration::from_millis(400), deliveries: 3 };

/// How a relay is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// The server dies, without a word.
    Killed,
    /// The network takes what is sent and gives nothing.
    Silent,
}

/// A relay that can be lost.
#[async_trait]
pub trait Lost: Send + Sync {
    /// False for one that lives in this process's memory: it is never lost.
    fn can_be_lost(&self) -> bool;
    async fn lose(&mut self, how: Loss);
    /// Back where it was; a killed one has forgotten everything.
    async fn come_back(&mut self);
}

#[async_trait]
pub trait LiveSubject: Lost {
    /// As a process of its own would have it.
    async fn relay(&self, installation: &str) -> Arc<dyn LiveRelay>;
}

#[async_trait]
pub trait WorkSubject: Lost {
    /// As a process of its own would have it, with [`IMPATIENT`].
    async fn relay(&self, installation: &str) -> Arc<dyn WorkRelay>;
}

/// Makes one `#[tokio::test]` of each promise, for a subject that `$open` gives.
#[macro_export]
macro_rules! live_relay_suite {
    ($open:expr) => {
        $crate::relay_suite!(@ live, $open, everybody_hears, one_teller_is_heard_in_order, installations_are_apart,
            a_slow_hearer_holds_nobody_up, it_comes_back_from_a_kill, it_comes_back_from_silence);
    };
}

/// Like [`live_relay_suite!`](crate::live_relay_suite).
#[macro_export]
macro_rules! work_relay_suite {
    ($open:expr) => {
        $crate::relay_suite!(@ work, $open, each_piece_goes_to_one, the_same_piece_is_taken_in_once, what_is_not_done_comes_again,
            what_shall_come_again_does, what_is_never_done_is_parked, what_is_parked_is_put_back,
            a_gap_among_what_is_parked_hides_nothing, installations_are_apart, it_comes_back_from_a_kill,
            it_comes_back_from_silence);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! relay_suite {
    (@ $room:ident, $open:expr, $($promise:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $promise() {
            let mut subject = $open.await;
            let test = $crate::conformance::relay::$room::$promise(&mut subject);
            tokio::time::timeout($crate::conformance::PATIENCE, test).await.expect("an end in time");
        })*
    };
}
