//! Given/when/then of the project.

use super::*;
use crate::kernel::{AccountId, ProjectId, TeamId, spec::given};
use uuid::Uuid;

fn created() -> Created {
    Created {
        project_id: ProjectId(Uuid::from_u128(3)),
        team_id: TeamId(Uuid::from_u128(2)),
        name: "Boat".into(),
        source: Source::Empty,
        created_by: AccountId(Uuid::from_u128(1)),
    }
}
fn project(events: impl IntoIterator<Item = ProjectEvent>) -> crate::kernel::spec::Given<ProjectDecider> {
    given(events)
}
fn written() -> FileWritten {
    FileWritten { path: "a".into(), before: None, after: "1".into(), size: 1 }
}

#[test]
fn it_is_created_prepared_and_ready() {
    project([]).when(ProjectCommand::Create(created())).then([created().into()]);
    project([created().into()]).when(ProjectCommand::Create(created())).then_refused(ProjectRejection::Exists);
    project([created().into()]).when(ProjectCommand::FinishPreparation).then([Prepared {}.into()]);
    project([created().into(), Prepared {}.into()]).when(ProjectCommand::FinishPreparation).then_nothing();
    project([]).when(ProjectCommand::FinishPreparation).then_refused(ProjectRejection::Absent);
}

#[test]
fn a_failed_one_says_why_and_takes_no_files() {
    let failed: ProjectEvent = PreparationFailed { reason: "gone".into() }.into();
    project([created().into()]).when(ProjectCommand::FailPreparation { reason: "gone".into() }).then([failed.clone()]);
    project([created().into(), failed.clone()]).when(ProjectCommand::RecordWrite(written())).then_refused(ProjectRejection::NotReady);
    project([created().into(), failed]).when(ProjectCommand::FinishPreparation).then_nothing();
}

#[test]
fn files_are_recorded_when_ready() {
    project([created().into()]).when(ProjectCommand::RecordWrite(written())).then_refused(ProjectRejection::NotReady);
    project([created().into(), Prepared {}.into()]).when(ProjectCommand::RecordWrite(written())).then([written().into()]);
    let deleted = FileDeleted { path: "a".into(), before: "1".into() };
    project([created().into(), Prepared {}.into()]).when(ProjectCommand::RecordDelete(deleted.clone())).then([deleted.into()]);
}

#[test]
fn names_are_checked() {
    for name in ["", " \t", "a\nb", "a\u{200e}b", &"x".repeat(MAX_PROJECT_NAME_CHARS + 1)] {
        project([]).when(ProjectCommand::Create(Created { name: name.into(), ..created() })).then_refused(ProjectRejection::BadName);
        project([created().into()]).when(ProjectCommand::Rename { name: name.into() }).then_refused(ProjectRejection::BadName);
    }
    project([created().into()]).when(ProjectCommand::Rename { name: "Boat".into() }).then_nothing();
}

#[test]
fn it_is_deleted_once_nobody_works_in_it() {
    project([created().into()])
        .when(ProjectCommand::Delete { open_sessions: 1 })
        .then_refused(ProjectRejection::SessionsOpen { open_sessions: 1 });
    project([created().into()]).when(ProjectCommand::Delete { open_sessions: 0 }).then([Deleted {}.into()]);
    let gone = [created().into(), Deleted {}.into()];
    project(gone.clone()).when(ProjectCommand::Delete { open_sessions: 0 }).then_nothing();
    project(gone.clone()).when(ProjectCommand::Create(created())).then_refused(ProjectRejection::Exists);
    project(gone).when(ProjectCommand::RecordWrite(written())).then_refused(ProjectRejection::Deleted);
}

fn reserved(project: u128, path: &str) -> FolderReserved {
    FolderReserved { project_id: ProjectId(Uuid::from_u128(project)), path: path.into() }
}

#[test]
fn a_folder_serves_one_project() {
    let folders = || given::<FolderDecider>([reserved(1, "/work/boat").into()]);
    for free in ["/work/boats", "/work/bo", "/other/work/boat", "/work/ship"] {
        folders().when(FolderCommand::Reserve(reserved(2, free))).then([reserved(2, free).into()]);
    }
    for taken in ["/work/boat", "/work/boat/", "/work/boat/mast", "/work", "/"] {
        folders().when(FolderCommand::Reserve(reserved(2, taken))).then_refused(ProjectRejection::FolderTaken);
    }
    folders().when(FolderCommand::Reserve(reserved(1, "/work/boat"))).then_nothing();
}

#[test]
fn a_released_folder_is_free() {
    let project_id = ProjectId(Uuid::from_u128(1));
    let released: FolderEvent = FolderReleased { project_id }.into();
    let history = || given::<FolderDecider>([reserved(1, "/work/boat").into()]);
    history().when(FolderCommand::Release { project_id }).then([released.clone()]);
    let after = || given::<FolderDecider>([reserved(1, "/work/boat").into(), released.clone()]);
    after().when(FolderCommand::Release { project_id }).then_nothing();
    after().when(FolderCommand::Reserve(reserved(2, "/work"))).then([reserved(2, "/work").into()]);
}

#[test]
fn what_was_in_use_before_is_adopted_once() {
    let in_use = vec![reserved(1, "/work/boat"), reserved(2, "/work/boat/mast")];
    let adopted: Vec<FolderEvent> = in_use.iter().cloned().map(Into::into).collect();
    given::<FolderDecider>([]).when(FolderCommand::Adopt { in_use: in_use.clone() }).then(adopted.clone());
    given::<FolderDecider>(adopted).when(FolderCommand::Adopt { in_use }).then_nothing();
}

#[test]
fn what_is_captured_and_how_long_it_is_kept() {
    let tree = Tree { snapshot: "5".repeat(64), files: 1, bytes: 1, left_out: 0 };
    let captured = WorkspaceCaptured { version: 3, tree, changed: None };
    project([created().into()]).when(ProjectCommand::Capture(captured.clone())).then_refused(ProjectRejection::NotReady);
    project([created().into(), Prepared {}.into()]).when(ProjectCommand::Capture(captured.clone())).then([captured.into()]);
    let set = |days, every| RetentionSet { retention: Some(Retention { days, every }), set_by: created().created_by };
    project([created().into()]).when(ProjectCommand::SetRetention(set(30, 0))).then_refused(ProjectRejection::BadRetention);
    project([created().into()]).when(ProjectCommand::SetRetention(set(30, 10))).then([set(30, 10).into()]);
    project([created().into(), set(30, 10).into()]).when(ProjectCommand::SetRetention(set(30, 10))).then_nothing();
}
