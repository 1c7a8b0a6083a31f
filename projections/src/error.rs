//! Why a question got no answer.

use opensail_eventstore::private::PrivateError;
use opensail_eventstore::seal::SealError;
use opensail_eventstore::vault::keyring::KeyError;
use opensail_eventstore::{Position, ReadError, StreamId};

#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The caller's mistake.
    #[error("`after` is not a place in this list")]
    BadAfter,
    #[error(transparent)]
    Journal(#[from] ReadError),
    #[error("the views are unavailable: {0}")]
    Unavailable(String),
    /// What stands there is of another version of the program or of another journal.
    #[error("the view {0:?} is being built; it answers when that is done")]
    Rebuilding(&'static str),
    /// What stands there is of a newer version of the program, which goes on keeping it.
    #[error("the view {0:?} is kept by a newer version of the program; upgrade this one")]
    KeptByNewer(&'static str),
    /// At an event of a newer version of the program.
    #[error("the view {view:?} stands still at position {position}, before an event of a newer version of the program; upgrade this one")]
    Stopped { view: &'static str, position: Position },
    /// Of the one thing that was asked for, and only where more of it is wanted than is there.
    #[error("the view {view:?} shows {stream} as it was before position {position}, since the event there cannot be applied")]
    Parked { view: &'static str, stream: StreamId, position: Position },
    #[error("event {event_type} v{version} at position {position} was written by a newer version of the program; upgrade this one")]
    NewerEvent { event_type: String, version: u32, position: Position },
    /// The vault does not answer, or was made with another secret.
    #[error(transparent)]
    Private(#[from] PrivateError),
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        QueryError::Unavailable(error.to_string())
    }
}

impl From<KeyError> for QueryError {
    fn from(error: KeyError) -> Self {
        QueryError::Private(error.into())
    }
}
