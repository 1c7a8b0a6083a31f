//! Time and new ids, so that tests can move the one and know the other.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Wall-clock time in microseconds since 1970.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> i64;
}

#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map(|since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX)).unwrap_or(0)
    }
}

/// New UUIDv7 ids.
pub trait Ids: Send + Sync + 'static {
    fn next(&self) -> Uuid;
}

#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
