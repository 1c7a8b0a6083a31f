//! Given/when/then of the team.

use super::*;
use crate::kernel::{AccountId, TeamId, spec::given};
use uuid::Uuid;

const ADA: AccountId = AccountId(Uuid::from_u128(1));
const BEN: AccountId = AccountId(Uuid::from_u128(2));
const TEAM: TeamId = TeamId(Uuid::from_u128(9));

fn crew() -> Vec<TeamEvent> {
    vec![Created { team_id: TEAM, name: "Crew".into(), created_by: ADA }.into(), MemberAdded { account_id: ADA, role: Role::Admin }.into()]
}
fn with(more: impl IntoIterator<Item = TeamEvent>) -> Vec<TeamEvent> {
    crew().into_iter().chain(more).collect()
}
fn team(events: Vec<TeamEvent>) -> crate::kernel::spec::Given<TeamDecider> {
    given(events)
}

#[test]
fn its_creator_is_admin() {
    team(vec![]).when(TeamCommand::Create { team_id: TEAM, name: " Crew ".into(), created_by: ADA }).then(crew());
}

#[test]
fn names_are_checked() {
    for name in ["", "  ", "a\u{7}b", &"x".repeat(MAX_TEAM_NAME_CHARS + 1)] {
        team(vec![]).when(TeamCommand::Create { team_id: TEAM, name: name.into(), created_by: ADA }).then_refused(TeamRejection::BadName);
        team(crew()).when(TeamCommand::Rename { name: name.into() }).then_refused(TeamRejection::BadName);
    }
    team(crew()).when(TeamCommand::Rename { name: "Crew".into() }).then_nothing();
    team(crew()).when(TeamCommand::Rename { name: "New".into() }).then([Renamed { name: "New".into() }.into()]);
}

#[test]
fn it_keeps_an_admin() {
    team(crew()).when(TeamCommand::RemoveMember { account_id: ADA }).then_refused(TeamRejection::LastAdmin);
    team(crew()).when(TeamCommand::ChangeMemberRole { account_id: ADA, role: Role::Editor }).then_refused(TeamRejection::LastAdmin);
    let two = with([MemberAdded { account_id: BEN, role: Role::Admin }.into()]);
    team(two).when(TeamCommand::RemoveMember { account_id: ADA }).then([MemberRemoved { account_id: ADA }.into()]);
}

#[test]
fn members_come_change_and_go() {
    let added: TeamEvent = MemberAdded { account_id: BEN, role: Role::Editor }.into();
    team(crew()).when(TeamCommand::AddMember { account_id: BEN, role: Role::Editor }).then([added.clone()]);
    team(with([added.clone()])).when(TeamCommand::AddMember { account_id: BEN, role: Role::Editor }).then_nothing();
    team(with([added.clone()]))
        .when(TeamCommand::AddMember { account_id: BEN, role: Role::Admin })
        .then_refused(TeamRejection::MemberExists);
    team(with([added.clone()])).when(TeamCommand::ChangeMemberRole { account_id: BEN, role: Role::Viewer }).then([MemberRoleChanged {
        account_id: BEN,
        role: Role::Viewer,
    }
    .into()]);
    team(crew()).when(TeamCommand::ChangeMemberRole { account_id: BEN, role: Role::Viewer }).then_refused(TeamRejection::NoMember);
    team(crew()).when(TeamCommand::RemoveMember { account_id: BEN }).then_nothing();
}

#[test]
fn it_is_deleted_when_empty_of_projects_and_then_stays_so() {
    team(crew()).when(TeamCommand::Delete { projects: 2 }).then_refused(TeamRejection::HasProjects { projects: 2 });
    team(crew()).when(TeamCommand::Delete { projects: 0 }).then([Deleted {}.into()]);
    team(with([Deleted {}.into()])).when(TeamCommand::Delete { projects: 0 }).then_nothing();
    team(with([Deleted {}.into()])).when(TeamCommand::Rename { name: "x".into() }).then_refused(TeamRejection::Deleted);
    team(vec![]).when(TeamCommand::Rename { name: "x".into() }).then_refused(TeamRejection::Absent);
    let gone = crate::kernel::decider::fold::<TeamDecider>(&with([Deleted {}.into()]));
    assert_eq!(gone.role(ADA), None);
}
