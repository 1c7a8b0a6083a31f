//! What a projection is: a name, a version, its tables, and how one event changes their rows.

use std::sync::OnceLock;

use async_trait::async_trait;
use opensail_domain::AnyEvent;
use opensail_domain::kernel::DecodeError;
use opensail_eventstore::{ReadError, Recorded};

use crate::rows::{Rows, Wants};
use crate::table::Table;

/// Why an event did not change the rows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    /// The event is of a newer program; going on without it would leave a wrong view.
    #[error("{0}")]
    Unknown(DecodeError),
    /// The event cannot be read or does not fit the rows: its stream is parked.
    #[error("{0}")]
    Poison(String),
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// No event is to blame for it: tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Journal(#[from] ReadError),
}

/// What the event itself is to blame for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{0}")]
    Unknown(DecodeError),
    #[error("{0}")]
    Poison(String),
}

impl ApplyError {
    /// Tells what would fail again from trouble.
    pub(crate) fn fault(self) -> Result<Fault, Trouble> {
        match self {
            ApplyError::Unknown(error) => Ok(Fault::Unknown(error)),
            ApplyError::Poison(error) => Ok(Fault::Poison(error)),
            ApplyError::Trouble(trouble) => Err(trouble),
        }
    }
}

impl From<sqlx::Error> for ApplyError {
    fn from(error: sqlx::Error) -> Self {
        if about_values(&error) { ApplyError::Poison(error.to_string()) } else { ApplyError::Trouble(error.into()) }
    }
}

/// True when the values themselves were refused, so that the same event would be refused again.
fn about_values(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Decode(_) | sqlx::Error::Encode(_) | sqlx::Error::ColumnDecode { .. } => true,
        sqlx::Error::Database(refused) => match refused.code().as_deref() {
            // PostgreSQL: class 22 data exception, 23 integrity constraint violation.
            Some(code) if code.len() == 5 => code.starts_with("22") || code.starts_with("23"),
            // SQLite: primary codes TOOBIG, CONSTRAINT, MISMATCH in the low byte.
            Some(code) => code.parse().is_ok_and(|code: u32| matches!(code & 0xff, 18..=20)),
            None => false,
        },
        _ => false,
    }
}

/// An event and what became of reading it; projections that index envelopes alone never look inside.
pub(crate) struct Incoming<'a> {
    pub(crate) recorded: &'a Recorded,
    /// Read when the first projection wants to see it.
    decoded: Decoded,
}

pub(crate) type Decoded = OnceLock<Result<AnyEvent, DecodeError>>;

impl<'a> Incoming<'a> {
    pub(crate) fn new(recorded: &'a Recorded) -> Self {
        Incoming { recorded, decoded: OnceLock::new() }
    }

    /// One that was read elsewhere, or will be read here if it was not.
    pub(crate) fn with(recorded: &'a Recorded, decoded: Decoded) -> Self {
        Incoming { recorded, decoded }
    }

    pub(crate) fn into_decoded(self) -> Decoded {
        let _ = self.event();
        self.decoded
    }

    fn decode(&self) -> Result<AnyEvent, DecodeError> {
        let Recorded { event_type, version, payload, .. } = self.recorded;
        AnyEvent::read(event_type, *version, payload)
    }

    pub(crate) fn event(&self) -> Result<&AnyEvent, ApplyError> {
        match self.decoded.get_or_init(|| self.decode()) {
            Ok(event) => Ok(event),
            Err(unknown @ DecodeError::Unknown { .. }) => Err(ApplyError::Unknown(unknown.clone())),
            Err(malformed @ DecodeError::Malformed { .. }) => Err(ApplyError::Poison(malformed.to_string())),
        }
    }
}

#[async_trait]
pub(crate) trait Projection: Send + Sync + 'static {
    /// Stable; names the checkpoint.
    fn name(&self) -> &'static str;
    /// Raised whenever the tables or their content change: the view is then built anew.
    fn version(&self) -> i64;
    /// Its tables; what remembers their past is made with them.
    fn tables(&self) -> &'static [Table];
    /// Types of the streams that concern it; empty for all.
    fn streams(&self) -> &'static [&'static str];
    /// Whether it looks into payloads.
    fn opens(&self) -> bool {
        true
    }
    /// The rows that the event will touch, so that those of a batch are read together. Only a hint: what is not told here is read when it is asked for.
    fn wants(&self, _incoming: &Incoming<'_>, _wants: &mut Wants) {}
    /// Whether rows of other streams take something from what this event writes. Should it come late, since its stream was parked, the view is built
    /// anew.
    fn lends(&self, _incoming: &Incoming<'_>) -> bool {
        false
    }
    /// Changes the rows by one event. Called once for each event in order, as far as the checkpoint says.
    async fn apply(&self, rows: &mut Rows<'_>, incoming: &Incoming<'_>) -> Result<(), ApplyError>;
}

/// The tables of every view.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    all().into_iter().flat_map(|view| view.tables())
}

/// Every projection of this program.
pub(crate) fn all() -> Vec<Box<dyn Projection>> {
    vec![
        Box::new(crate::account::AccountView),
        Box::new(crate::team::TeamView),
        Box::new(crate::project::ProjectView),
        Box::new(crate::agent_session::AgentSessionView),
        Box::new(crate::audit::AuditView),
    ]
}
