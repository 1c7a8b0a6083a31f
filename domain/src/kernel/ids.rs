//! Ids: lower-case UUIDv7, one type per thing so that they cannot be mixed up.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> { Uuid::parse_str(text).map($name) }
        }
    )+};
}

id!(
    /// A person's account.
    AccountId,
    TeamId,
    ProjectId,
    /// An agent session.
    SessionId,
    /// A question of a session to people.
    ApprovalId,
    /// A person's message to a session.
    MessageId,
    /// An invitation into a team.
    InvitationId,
);
