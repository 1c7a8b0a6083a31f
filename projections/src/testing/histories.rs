//! Random histories of a small house, sensible or not, in which nothing is made twice and nothing happens to what was never made.

use std::collections::BTreeSet;

use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::Forked;
use opensail_domain::agent_session::workspace::Origin;
use opensail_domain::kernel::{AccountId, InvitationId, Private, ProjectId, SessionId, TeamId};
use opensail_domain::project::{self, ProjectEvent, Source};
use opensail_domain::team::{self, Role, TeamEvent};
use opensail_eventstore::StreamId;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Wire, World, wire};
use crate::agent_session::tests::any_event;

#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Registered(u128),
    Team(u128, TeamEvent),
    Project(u128, ProjectEvent),
    Session(u128, AgentSessionEvent),
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// Few of each kind, so that they meet; sensible or not.
pub(crate) fn any_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        1 => (0u128..3).prop_map(Happening::Registered),
        6 => (0u128..2, any_of_team()).prop_map(|(team, event)| Happening::Team(team, event)),
        5 => (0u128..3, any_of_project()).prop_map(|(project, event)| Happening::Project(project, event)),
        6 => (0u128..4).prop_flat_map(|n| any_event(SessionId(id(n))).prop_map(move |event| Happening::Session(n, event))),
        1 => (1u128..4, 0u128..3).prop_map(|(n, origin)| Happening::Session(n, forked(n, origin))),
    ]
}

fn forked(session: u128, origin: u128) -> AgentSessionEvent {
    let conversation = Private::open(format!("session-{}", id(session)), Vec::new());
    let origin = Origin { session_id: SessionId(id(origin)), version: 1, snapshot: "0".repeat(64) };
    Forked { origin, conversation, turn: 0, attempts: 0, answered: false }.into()
}

fn any_of_team() -> impl Strategy<Value = TeamEvent> {
    let account = || (0u128..3).prop_map(|n| AccountId(id(n)));
    let role = || prop_oneof![Just(Role::Viewer), Just(Role::Editor), Just(Role::Admin)];
    let invitation = || (0u128..4).prop_map(|n| InvitationId(id(n)));
    prop_oneof![
        (0u8..3).prop_map(|n| team::Renamed { name: format!("Team {n}") }.into()),
        (account(), role()).prop_map(|(account_id, role)| team::MemberAdded { account_id, role }.into()),
        (account(), role()).prop_map(|(account_id, role)| team::MemberRoleChanged { account_id, role }.into()),
        account().prop_map(|account_id| team::MemberRemoved { account_id }.into()),
        (invitation(), role()).prop_map(|(invitation_id, role)| {
            team::InvitationCreated { invitation_id, role, email: None, expires_at: 77, invited_by: AccountId(id(0)) }.into()
        }),
        invitation().prop_map(|invitation_id| team::InvitationRevoked { invitation_id }.into()),
        (invitation(), account()).prop_map(|(invitation_id, account_id)| team::InvitationAccepted { invitation_id, account_id }.into()),
        Just(team::Deleted {}.into()),
    ]
}

fn any_of_project() -> impl Strategy<Value = ProjectEvent> {
    let tree = || project::Tree { snapshot: "0".repeat(64), files: 1, bytes: 2, left_out: 0 };
    prop_oneof![
        Just(project::Prepared {}.into()),
        Just(project::PreparationFailed { reason: "no network".into() }.into()),
        (0u8..3).prop_map(|n| project::Renamed { name: format!("Project {n}") }.into()),
        Just(project::FileDeleted { path: "a".into(), before: "b".into() }.into()),
        (1u64..9).prop_map(move |version| project::WorkspaceCaptured { version, tree: tree(), changed: None }.into()),
        prop::option::of(1u32..3).prop_map(|days| {
            let retention = days.map(|days| project::Retention { days, every: 1 });
            project::RetentionSet { retention, set_by: AccountId(id(0)) }.into()
        }),
        Just(project::Deleted {}.into()),
    ]
}

/// What is there, so that nothing is made twice and nothing happens to what was never made.
#[derive(Default)]
pub(crate) struct There {
    accounts: BTreeSet<u128>,
    teams: BTreeSet<u128>,
    projects: BTreeSet<u128>,
    sessions: BTreeSet<u128>,
    invitations: BTreeSet<InvitationId>,
    questions: BTreeSet<Uuid>,
}

impl There {
    /// The events that make it happen, each with its stream.
    pub(crate) fn lead_to(&mut self, world: &World, happening: Happening) -> Vec<(StreamId, Wire)> {
        let mut events = Vec::new();
        match happening {
            Happening::Registered(n) => {
                if self.accounts.insert(n) {
                    events.push((StreamId::new("account", id(n)), wire(registered(n))));
                }
            }
            Happening::Team(n, event) => {
                let stream = StreamId::new("team", id(n));
                if self.teams.insert(n) {
                    let created = team::Created { team_id: TeamId(id(n)), name: "Team".into(), created_by: AccountId(id(0)) };
                    events.push((stream.clone(), wire(TeamEvent::from(created))));
                }
                match &event {
                    TeamEvent::InvitationCreated(e) if !self.invitations.insert(e.invitation_id) => return events,
                    TeamEvent::Deleted(_) => _ = self.teams.remove(&n),
                    _ => {}
                }
                events.push((stream, wire(event)));
            }
            Happening::Project(n, event) => {
                let stream = StreamId::new("project", id(n));
                if self.projects.insert(n) {
                    events.push((stream.clone(), wire(ProjectEvent::from(created(n)))));
                }
                if let ProjectEvent::Deleted(_) = event {
                    self.projects.remove(&n);
                }
                events.push((stream, wire(event)));
            }
            Happening::Session(n, event) => {
                let (session, stream) = (SessionId(id(n)), StreamId::new("agent_session", id(n)));
                if self.sessions.insert(n) {
                    let mut requested = world.requested(session);
                    requested.project_id = ProjectId(id(n % 2));
                    events.push((stream.clone(), wire(AgentSessionEvent::from(requested))));
                }
                if let AgentSessionEvent::ApprovalRequested(e) = &event
                    && !self.questions.insert(e.approval_id.0)
                {
                    return events;
                }
                events.push((stream, wire(event)));
            }
        }
        events
    }
}

fn registered(n: u128) -> opensail_domain::account::AccountEvent {
    let subject = format!("account-{}", id(n));
    let private = |text: String| Private::open(&subject, text);
    let (email, name) = (private(format!("{n}@example.org")), private(format!("Person {n}")));
    opensail_domain::account::Registered { account_id: AccountId(id(n)), email, name, platform_admin: false }.into()
}

fn created(n: u128) -> project::Created {
    let (project_id, team_id) = (ProjectId(id(n)), TeamId(id(n % 2)));
    project::Created { project_id, team_id, name: "Project".into(), source: Source::Empty, created_by: AccountId(id(0)) }
}
