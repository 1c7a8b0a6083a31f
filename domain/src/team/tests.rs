//! Given/when/then of the team.

use super::*;
use crate::kernel::{AccountId, InvitationId, Micros, TeamId, spec::given};
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
fn an_export_is_written_down_also_when_the_team_is_gone() {
    let export = AuditExported { format: AuditFormat::Jsonl, filtered: true, question: of_actor(1) };
    let before = serde_json::json!({ "format": "csv", "filtered": true });
    assert!(serde_json::from_value::<AuditExported>(before).expect("one of before").question.is_for_all());
    team(crew()).when(TeamCommand::RecordExport(export.clone())).then([export.clone().into()]);
    team(vec![]).when(TeamCommand::RecordExport(export.clone())).then_refused(TeamRejection::Absent);
    team(with([Deleted {}.into()])).when(TeamCommand::RecordExport(export.clone())).then([export.into()]);
}

fn reading(question: AuditQuestion, others: bool, at: Micros) -> AuditRead {
    AuditRead { by: ADA, question, others, at }
}

fn of_actor(n: usize) -> AuditQuestion {
    AuditQuestion { actor: Some(format!("actor-{n}")), ..AuditQuestion::default() }
}

const HOUR: Micros = READING_COVERS.as_micros() as Micros;

#[test]
fn a_reading_is_told_once_for_each_reader_question_and_hour() {
    let first = reading(of_actor(1), false, 1000);
    let read = |by, question, now| TeamCommand::RecordReading { by, question, now };
    team(crew()).when(read(ADA, of_actor(1), 1000)).then([first.clone().into()]);
    let seen = || with([first.clone().into()]);
    team(seen()).when(read(ADA, of_actor(1), 1000 + HOUR - 1)).then_nothing();
    team(seen()).when(read(ADA, of_actor(1), 1000 + HOUR)).then([reading(of_actor(1), false, 1000 + HOUR).into()]);
    team(seen()).when(read(ADA, of_actor(2), 1001)).then([reading(of_actor(2), false, 1001).into()]);
    team(seen()).when(read(BEN, of_actor(1), 1001)).then([AuditRead { by: BEN, ..reading(of_actor(1), false, 1001) }.into()]);
    team(vec![]).when(read(ADA, of_actor(1), 1)).then_refused(TeamRejection::Absent);
    let gone = with([Deleted {}.into(), reading(of_actor(1), false, 1000).into()]);
    team(gone).when(read(ADA, of_actor(1), 1001)).then([reading(of_actor(1), false, 1001).into()]);
}

#[test]
fn after_many_questions_one_record_stands_for_all_others() {
    let many = || (0..MAX_TOLD_READINGS).map(|n| reading(of_actor(n), false, 1000).into());
    let read = |n, now| TeamCommand::RecordReading { by: ADA, question: of_actor(n), now };
    let others = reading(AuditQuestion::default(), true, 2000);
    team(with(many())).when(read(9999, 2000)).then([others.clone().into()]);
    let told = || with(many().chain([others.clone().into()]));
    team(told()).when(read(10_000, 2001)).then_nothing();
    // The first ones no longer stand; that one still does.
    team(told()).when(read(1, 1000 + HOUR)).then_nothing();
    team(told()).when(read(1, 2000 + HOUR)).then([reading(of_actor(1), false, 2000 + HOUR).into()]);
}

#[test]
fn of_a_text_that_is_no_identifier_nothing_is_told() {
    for (text, told) in [
        ("agent_session-0199", "agent_session-0199"),
        ("", ""),
        ("ada@example.org", "?"),
        ("Ada L", "?"),
        ("osk_kR7zQ", "?"),
        (&"x".repeat(200), "?"),
    ] {
        assert_eq!(identifier(text), told);
    }
}

#[test]
fn names_are_checked() {
    for name in ["", "  ", "a\u{7}b", "gnp.\u{202e}exe", &"x".repeat(MAX_TEAM_NAME_CHARS + 1)] {
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

const FIRST: InvitationId = InvitationId(Uuid::from_u128(20));

fn invitation(invitation_id: InvitationId) -> InvitationCreated {
    InvitationCreated { invitation_id, role: Role::Editor, email: None, expires_at: 100, invited_by: ADA }
}

#[test]
fn an_invitation_lets_one_person_in_once() {
    let accept = |account_id| TeamCommand::AcceptInvitation { invitation_id: FIRST, account_id, now: 99 };
    let invited = || with([invitation(FIRST).into()]);
    team(crew()).when(TeamCommand::Invite { invitation: invitation(FIRST), now: 1 }).then([invitation(FIRST).into()]);
    let accepted =
        [InvitationAccepted { invitation_id: FIRST, account_id: BEN }.into(), MemberAdded { account_id: BEN, role: Role::Editor }.into()];
    team(invited()).when(accept(BEN)).then(accepted.clone());
    let after = invited().into_iter().chain(accepted).collect();
    team(after).when(accept(AccountId(Uuid::from_u128(3)))).then_refused(TeamRejection::NoInvitation);
    // Who is a member already leaves it to somebody else.
    team(invited()).when(accept(ADA)).then_refused(TeamRejection::MemberExists);
    team(crew()).when(accept(BEN)).then_refused(TeamRejection::NoInvitation);
    team(invited().into_iter().chain([Deleted {}.into()]).collect()).when(accept(BEN)).then_refused(TeamRejection::Deleted);
}

#[test]
fn an_invitation_ends_by_itself_or_when_it_is_revoked() {
    let late = TeamCommand::AcceptInvitation { invitation_id: FIRST, account_id: BEN, now: 100 };
    team(with([invitation(FIRST).into()])).when(late).then_refused(TeamRejection::NoInvitation);
    let revoke = TeamCommand::RevokeInvitation { invitation_id: FIRST };
    team(with([invitation(FIRST).into()])).when(revoke.clone()).then([InvitationRevoked { invitation_id: FIRST }.into()]);
    let revoked = with([invitation(FIRST).into(), InvitationRevoked { invitation_id: FIRST }.into()]);
    team(revoked.clone()).when(revoke.clone()).then_nothing();
    team(crew()).when(revoke).then_nothing();
    let accept = TeamCommand::AcceptInvitation { invitation_id: FIRST, account_id: BEN, now: 1 };
    team(revoked).when(accept).then_refused(TeamRejection::NoInvitation);
}

#[test]
fn open_invitations_are_bounded_and_expired_ones_do_not_count() {
    let many = (0..MAX_OPEN_INVITATIONS).map(|n| invitation(InvitationId(Uuid::from_u128(n as u128))).into());
    let full = with(many);
    let one_more = invitation(InvitationId(Uuid::from_u128(999)));
    team(full.clone()).when(TeamCommand::Invite { invitation: one_more.clone(), now: 99 }).then_refused(TeamRejection::TooManyInvitations);
    team(full).when(TeamCommand::Invite { invitation: one_more.clone(), now: 100 }).then([one_more.into()]);
}
