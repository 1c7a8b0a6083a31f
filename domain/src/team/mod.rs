//! A team: the tenant. It owns projects, and its members act in them by their role. It always keeps at least one admin. An invitation lets
//! one more person in, with the role it names, once and within seven days. Whoever looks
//! at its history or takes it away stands in it.

mod event;
mod reading;
mod rules;
#[cfg(test)]
mod tests;

pub use event::*;
pub use reading::{AuditQuestion, MAX_TOLD_READINGS, NOT_TOLD, READING_COVERS, Readings, identifier};
pub use rules::{INVITATION_LIFETIME, Invitation, MAX_OPEN_INVITATIONS, MAX_TEAM_NAME_CHARS, Team, TeamCommand, TeamRejection};

use crate::kernel::Decider;

/// The decider of the stream `team-<id>`.
pub struct TeamDecider;

impl Decider for TeamDecider {
    const TYPE: &'static str = "team";
    type Command = TeamCommand;
    type Event = TeamEvent;
    type State = Team;
    type Rejection = TeamRejection;

    fn decide(state: &Team, command: TeamCommand) -> Result<Vec<TeamEvent>, TeamRejection> {
        rules::decide(state, command)
    }
    fn evolve(state: &mut Team, event: &TeamEvent) {
        rules::evolve(state, event);
    }
}
