use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Display, Formatter};

use sqlx::error::{DatabaseError, ErrorKind};

use super::*;

/// What SQLite says went wrong, as its extended result code.
#[derive(Debug)]
struct Coded(i32);

impl Display for Coded {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "(code: {})", self.0)
    }
}

impl Error for Coded {}

impl DatabaseError for Coded {
    fn message(&self) -> &str {
        ""
    }
    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.0.to_string().into())
    }
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }
    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }
    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

fn coded(code: i32) -> sqlx::Error {
    sqlx::Error::Database(Box::new(Coded(code)))
}

#[test]
fn only_a_full_disk_tells_that_a_commit_was_not_written() {
    // IOERR_FSYNC, IOERR_SHMSIZE, IOERR_WRITE, NOMEM.
    for code in [1034, 4874, 778, 7] {
        assert!(matches!(commit_failed(coded(code)), WriteFailed::Lost(_)), "{code}");
    }
    assert!(matches!(commit_failed(sqlx::Error::WorkerCrashed), WriteFailed::Lost(_)));
    assert!(matches!(commit_failed(coded(FULL)), WriteFailed::Busy(_)));
}

#[test]
fn before_the_commit_nothing_is_written() {
    // FULL, IOERR_WRITE, BUSY; CONSTRAINT_TRIGGER.
    for code in [13, 778, 5] {
        assert!(matches!(failed(coded(code)), WriteFailed::Busy(_)), "{code}");
    }
    assert!(matches!(failed(coded(1811)), WriteFailed::Refused(_)));
}
