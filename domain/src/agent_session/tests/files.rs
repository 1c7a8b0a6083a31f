//! Captures, undo, forks and merges, and what they do to the conversation.

use super::*;
use crate::agent_session::Snapshots;

fn tree(digit: &str) -> Tree {
    Tree { snapshot: digit.repeat(64), files: 1, bytes: 1, left_out: 0 }
}
fn captured(version: u64, call_id: Option<&str>, digit: &str) -> WorkspaceCaptured {
    WorkspaceCaptured { version, call_id: call_id.map(Into::into), tree: tree(digit), changed: None, paths: None, late: false }
}
fn capture_failed(version: u64, call_id: Option<&str>) -> CaptureFailed {
    let (reason, detail) = (CaptureFailure::StoreFull, private("no room".to_owned()));
    CaptureFailed { version, call_id: call_id.map(Into::into), reason, detail }
}
fn undo(to: u64) -> UndoStarted {
    UndoStarted { to, before: "b".repeat(64), goal: "c".repeat(64), requested_by: ADA }
}
fn undone(to: u64) -> Undone {
    Undone { to, tree: tree("d"), changed: 1, spared: None, refused: None }
}
fn forked() -> Forked {
    Forked {
        origin: Origin { session_id: SessionId(Uuid::from_u128(9)), version: 5, snapshot: "e".repeat(64) },
        conversation: private(vec![Message::User { text: "earlier".into() }]),
        turn: 3,
        attempts: 4,
        answered: false,
    }
}
fn fork(message: Option<&str>, start: bool) -> C {
    C::Fork {
        requested: Box::new(requested()),
        model_has_price: true,
        forked: Box::new(forked()),
        message: message.map(|text| (MessageId(Uuid::from_u128(8)), text.into())),
        start,
    }
}
/// One call with effects, captured, and the end: nine events.
fn worked() -> Vec<AgentSessionEvent> {
    vec![
        requested().into(),                   // 1
        run(1),                               // 2
        captured(2, None, "0").into(),        // 3
        turn(1, 1),                           // 4
        answered(1, &["bash_exec"]),          // 5
        started("1-0"),                       // 6
        completed("1-0", CallOutcome::Ok),    // 7
        captured(7, Some("1-0"), "1").into(), // 8
        Completed {}.into(),                  // 9
    ]
}

#[test]
fn a_call_is_captured_once() {
    let worked_so_far = worked();
    let before = &worked_so_far[..7];
    let state = fold::<AgentSessionDecider>(before);
    assert_eq!(state.core().expect("begun").workspace.uncaptured, Some(("1-0".into(), 7)));
    let capture = captured(7, Some("1-0"), "1");
    given::<AgentSessionDecider>(before.to_vec()).when(C::Capture(Box::new(capture.clone()))).then(vec![capture.clone().into()]);
    given::<AgentSessionDecider>(worked()).when(C::Capture(Box::new(capture))).then(vec![]);
}

#[test]
fn a_reading_call_needs_no_capture() {
    let read = ToolCallStarted { call_id: "1-0".into(), tool: "read_file".into(), effect: Effect::Read, changes: None };
    let events = [requested().into(), run(1), turn(1, 1), answered(1, &["read_file"]), read.into(), completed("1-0", CallOutcome::Ok)];
    assert_eq!(fold::<AgentSessionDecider>(&events).core().expect("begun").workspace.uncaptured, None);
}

#[test]
fn files_belong_to_the_version_they_were_captured_for() {
    let snapshots = Snapshots::of(&worked());
    let at = |version| snapshots.at(version).map(|point| point.snapshot[..1].to_owned());
    assert_eq!(at(1).as_deref(), Some("0"), "before anything was done");
    assert_eq!(at(6).as_deref(), Some("0"), "the call has begun and not ended");
    assert_eq!(at(7).as_deref(), Some("1"), "though the capture stands behind it");
    assert_eq!(at(9).as_deref(), Some("1"));
    assert!(Snapshots::of(&worked()[..7]).awaited(7));
    assert!(!Snapshots::of(&worked()[..7]).awaited(6));
}

#[test]
fn only_a_session_at_rest_is_undone_and_nothing_moves_it_meanwhile() {
    given::<AgentSessionDecider>(worked()[..6].to_vec()).when(C::StartUndo(undo(2))).then_refused(R::WrongPhase { status: "running" });
    given::<AgentSessionDecider>(worked()).when(C::StartUndo(undo(10))).then_refused(R::NoSuchVersion);
    given::<AgentSessionDecider>(worked()).when(C::StartUndo(undo(2))).then(vec![undo(2).into()]);
    let mut open = worked();
    open.push(undo(2).into());
    let say = C::AddMessage { message_id: MessageId(Uuid::from_u128(8)), text: "go on".into(), added_by: ADA };
    given::<AgentSessionDecider>(open.clone()).when(say).then_refused(R::Unsettled { what: "an undo" });
    given::<AgentSessionDecider>(open.clone()).when(C::StartUndo(undo(2))).then_refused(R::Unsettled { what: "an undo" });
    given::<AgentSessionDecider>(open.clone()).when(C::FinishUndo(Box::new(undone(2)))).then(vec![undone(2).into()]);
    open.push(undone(2).into());
    given::<AgentSessionDecider>(open.clone()).when(C::FinishUndo(Box::new(undone(2)))).then(vec![]);
}

#[test]
fn the_conversation_goes_back_and_forth_with_undos() {
    let mut events = worked();
    let whole = Transcript::of(&events).messages;
    assert_eq!(whole.len(), 3);
    events.extend([undo(2).into(), undone(2).into()]);
    assert_eq!(Transcript::of(&events).messages, whole[..1]);
    let said: AgentSessionEvent =
        MessageAdded { message_id: MessageId(Uuid::from_u128(8)), text: private("otherwise".into()), added_by: ADA }.into();
    events.push(said);
    assert_eq!(Transcript::of(&events).messages.len(), 2);
    // The undo is undone: what it took away is there again.
    events.extend([undo(9).into(), undone(9).into()]);
    assert_eq!(Transcript::of(&events).messages, whole);
    // And back to what was said after the first one.
    events.extend([undo(12).into(), undone(12).into()]);
    assert_eq!(Transcript::of(&events).messages.last(), Some(&Message::User { text: "otherwise".into() }));
}

#[test]
fn a_call_without_a_result_is_told_as_not_run() {
    let mut events = worked();
    events.extend([undo(6).into(), undone(6).into()]);
    let transcript = Transcript::of(&events);
    assert!(transcript.pending.is_empty());
    match transcript.messages.last() {
        Some(Message::Tool { call_id, outcome: CallOutcome::Cancelled, output, .. }) => {
            assert_eq!(call_id, "1-0");
            assert!(output.contains("took the session back"), "{output}");
        }
        other => panic!("{other:?}"),
    }
    let conversation = Transcript::of(&worked()[..6]).into_conversation();
    assert!(matches!(conversation.last(), Some(Message::Tool { output, .. }) if output.contains("forked off")));
}

#[test]
fn a_fork_rests_until_somebody_speaks() {
    given::<AgentSessionDecider>([]).when(fork(None, false)).then(vec![requested().into(), forked().into(), Completed {}.into()]);
    given::<AgentSessionDecider>([]).when(fork(None, true)).then(vec![requested().into(), forked().into()]);
    given::<AgentSessionDecider>([]).when(fork(Some(" "), false)).then_refused(R::EmptyText);
    let events: Vec<AgentSessionEvent> = vec![requested().into(), forked().into(), Completed {}.into()];
    let state = fold::<AgentSessionDecider>(&events);
    let core = state.core().expect("begun");
    assert_eq!((core.turn, core.attempts_settled, core.unread), (3, 4, true));
    assert_eq!(Transcript::of(&events).messages, [Message::User { text: "earlier".into() }]);
    assert_eq!(Snapshots::of(&events).at(1).map(|point| point.snapshot.clone()), Some("e".repeat(64)));
}

#[test]
fn a_fork_is_merged_and_thrown_away_and_no_other_session() {
    let merge = MergeStarted {
        into: SessionId(Uuid::from_u128(9)),
        base: "e".repeat(64),
        before: "a".repeat(64),
        theirs: "f".repeat(64),
        goal: "c".repeat(64),
        requested_by: ADA,
    };
    let discard = WorkspaceDiscarded { discarded_by: ADA, last: None };
    given::<AgentSessionDecider>(worked()).when(C::StartMerge(merge.clone())).then_refused(R::NotAFork);
    given::<AgentSessionDecider>(worked()).when(C::Discard(discard.clone())).then_refused(R::NotAFork);
    let mut events: Vec<AgentSessionEvent> = vec![requested().into(), forked().into(), Completed {}.into()];
    given::<AgentSessionDecider>(events.clone()).when(C::StartMerge(merge.clone())).then(vec![merge.clone().into()]);
    events.push(merge.into());
    given::<AgentSessionDecider>(events.clone()).when(C::Discard(discard.clone())).then_refused(R::Unsettled { what: "a merge" });
    let merged =
        Merged { into: SessionId(Uuid::from_u128(9)), theirs: "f".repeat(64), tree: tree("a"), changed: 1, spared: None, refused: None };
    given::<AgentSessionDecider>(events.clone()).when(C::FinishMerge(Box::new(merged.clone()))).then(vec![merged.clone().into()]);
    events.push(merged.into());
    given::<AgentSessionDecider>(events.clone()).when(C::Discard(discard.clone())).then(vec![discard.clone().into()]);
    events.push(discard.clone().into());
    given::<AgentSessionDecider>(events.clone()).when(C::Discard(discard)).then(vec![]);
    let say = C::AddMessage { message_id: MessageId(Uuid::from_u128(8)), text: "go on".into(), added_by: ADA };
    given::<AgentSessionDecider>(events.clone()).when(say).then_refused(R::Discarded);
}

const FORK: SessionId = SessionId(Uuid::from_u128(9));

fn fork_merge() -> ForkMergeStarted {
    ForkMergeStarted { fork: FORK, before: "6".repeat(64) }
}
fn fork_merged(theirs: &str) -> ForkMerged {
    ForkMerged { fork: FORK, theirs: theirs.repeat(64), before: "6".repeat(64), tree: tree("7"), changed: 1 }
}

#[test]
fn a_session_is_told_of_a_forks_merge_and_nothing_moves_it_meanwhile() {
    given::<AgentSessionDecider>(worked()).when(C::StartForkMerge(fork_merge())).then(vec![fork_merge().into()]);
    given::<AgentSessionDecider>(worked()).when(C::FinishForkMerge(Box::new(fork_merged("f")))).then(vec![]);
    let mut open = worked();
    open.push(fork_merge().into());
    let unsettled = || R::Unsettled { what: "a merge of a fork into its files" };
    given::<AgentSessionDecider>(open.clone()).when(C::StartForkMerge(fork_merge())).then_refused(unsettled());
    given::<AgentSessionDecider>(open.clone()).when(C::StartUndo(undo(2))).then_refused(unsettled());
    given::<AgentSessionDecider>(open.clone()).when(say("go on")).then_refused(unsettled());
    given::<AgentSessionDecider>(open.clone()).when(C::Forget { reason: "why".into() }).then_refused(unsettled());
    let end = || C::FinishForkMerge(Box::new(fork_merged("f")));
    given::<AgentSessionDecider>(open.clone()).when(end()).then(vec![fork_merged("f").into()]);
    open.push(fork_merged("f").into());
    given::<AgentSessionDecider>(open).when(end()).then(vec![]);
}

#[test]
fn a_forgotten_session_is_told_while_its_files_are_its_projects() {
    let forgotten: AgentSessionEvent = Forgotten { reason: "why".into() }.into();
    let mut events = worked();
    events.push(forgotten.clone());
    given::<AgentSessionDecider>(events).when(C::StartForkMerge(fork_merge())).then(vec![fork_merge().into()]);
    // Before it, the step that nobody captured is made up, and nothing else.
    let mut uncaptured = worked();
    uncaptured.remove(7);
    uncaptured.push(forgotten.clone());
    let (made_up, another) = (captured(7, Some("1-0"), "1"), captured(8, None, "2"));
    given::<AgentSessionDecider>(uncaptured.clone()).when(C::Capture(Box::new(made_up.clone()))).then(vec![made_up.into()]);
    given::<AgentSessionDecider>(uncaptured).when(C::Capture(Box::new(another))).then_refused(R::Forgotten);
    let own_copy: Vec<AgentSessionEvent> = vec![requested().into(), forked().into(), Completed {}.into(), forgotten];
    given::<AgentSessionDecider>(own_copy).when(C::StartForkMerge(fork_merge())).then_refused(R::Forgotten);
}

#[test]
fn files_before_and_after_a_forks_merge_have_their_versions() {
    let mut events = worked();
    events.extend([fork_merge().into(), fork_merged("f").into()]);
    let snapshots = Snapshots::of(&events);
    let at = |version| snapshots.at(version).map(|point| point.snapshot[..1].to_owned());
    assert_eq!((at(9).as_deref(), at(10).as_deref(), at(11).as_deref()), (Some("1"), Some("6"), Some("7")));
    assert_eq!(snapshots.last().map(|point| point.version), Some(11));
}

#[test]
fn what_an_undo_found_has_its_version() {
    let mut events = worked();
    events.extend([undo(2).into(), undone(2).into()]);
    let snapshots = Snapshots::of(&events);
    let at = |version| snapshots.at(version).map(|point| point.snapshot[..1].to_owned());
    assert_eq!((at(9).as_deref(), at(10).as_deref(), at(11).as_deref()), (Some("1"), Some("b"), Some("d")));
}

#[test]
fn files_that_were_never_captured_are_not_told_to_be_others() {
    let mut events = worked()[..7].to_vec();
    events.extend([turn(2, 1), answered(2, &["bash_exec"]), started("2-0"), completed("2-0", CallOutcome::Ok)]); // 8 to 11
    events.push(captured(11, Some("2-0"), "2").into());
    let snapshots = Snapshots::of(&events);
    let at = |version| snapshots.at(version).map(|point| point.snapshot[..1].to_owned());
    assert_eq!((at(6).as_deref(), at(7), at(10), at(11).as_deref()), (Some("0"), None, None, Some("2")));
    // Nor where an undo left them uncaptured.
    let mut events = worked()[..7].to_vec();
    events.extend([Completed {}.into(), undo(2).into(), undone(2).into()]);
    let snapshots = Snapshots::of(&events);
    assert_eq!((snapshots.at(8), snapshots.at(9).map(|point| point.snapshot[..1].to_owned()).as_deref()), (None, Some("b")));
}

#[test]
fn a_capture_that_failed_is_told_once_and_not_after_it_was_made() {
    let before = worked()[..7].to_vec();
    let fail = |version, call_id: Option<&str>| C::FailCapture(Box::new(capture_failed(version, call_id)));
    given::<AgentSessionDecider>(before.clone()).when(fail(7, Some("1-0"))).then(vec![capture_failed(7, Some("1-0")).into()]);
    given::<AgentSessionDecider>(worked()).when(fail(7, Some("1-0"))).then(vec![]);
    let told = [before, vec![capture_failed(7, Some("1-0")).into()]].concat();
    given::<AgentSessionDecider>(told.clone()).when(fail(7, Some("1-0"))).then(vec![]);
    // It can still be made up.
    let late = captured(7, Some("1-0"), "1");
    given::<AgentSessionDecider>(told).when(C::Capture(Box::new(late.clone()))).then(vec![late.into()]);
    given::<AgentSessionDecider>(worked()[..2].to_vec()).when(fail(2, None)).then(vec![capture_failed(2, None).into()]);
}

#[test]
fn what_a_failed_capture_would_have_told_is_known_to_be_unknown() {
    let mut events = worked()[..7].to_vec();
    events.push(capture_failed(7, Some("1-0")).into()); // 8
    let snapshots = Snapshots::of(&events);
    assert_eq!((snapshots.failed_at(6), snapshots.failed_at(8).map(|failed| failed.version)), (None, Some(7)));
    events.extend([turn(2, 1), answered(2, &["bash_exec"]), started("2-0"), completed("2-0", CallOutcome::Ok)]); // 9 to 12
    events.push(captured(12, Some("2-0"), "2").into());
    let snapshots = Snapshots::of(&events);
    assert_eq!((snapshots.at(11), snapshots.failed_at(11).map(|failed| failed.version)), (None, Some(7)));
    assert!(snapshots.at(12).is_some() && snapshots.failed_at(12).is_none());
    assert_eq!(snapshots.failed.len(), 1);
    let mut made_up = worked()[..7].to_vec();
    made_up.extend([capture_failed(7, Some("1-0")).into(), captured(7, Some("1-0"), "1").into()]);
    let snapshots = Snapshots::of(&made_up);
    assert_eq!((snapshots.failed.len(), snapshots.at(8).map(|point| point.version)), (0, Some(7)));
}

#[test]
fn what_a_run_began_with_is_not_what_its_first_call_made() {
    let mut events = worked();
    events[2] = capture_failed(2, None).into();
    let snapshots = Snapshots::of(&events);
    assert_eq!((snapshots.at(1), snapshots.at(6), snapshots.at(7).map(|point| point.version)), (None, None, Some(7)));
    // A later run finds something else than the earlier one left.
    events.extend([run(2), capture_failed(10, None).into()]);
    let snapshots = Snapshots::of(&events);
    assert_eq!((snapshots.at(9).map(|point| point.version), snapshots.at(10)), (Some(7), None));
}

#[test]
fn a_capture_that_is_made_up_stands_where_it_belongs() {
    let mut events = worked()[..7].to_vec();
    events.extend([fork_merge().into(), fork_merged("f").into(), captured(7, Some("1-0"), "1").into()]);
    let snapshots = Snapshots::of(&events);
    assert_eq!(snapshots.points.iter().map(|point| point.version).collect::<Vec<_>>(), [2, 7, 8, 9]);
    assert_eq!(snapshots.last().map(|point| point.snapshot[..1].to_owned()).as_deref(), Some("7"));
}

#[test]
fn going_back_to_before_a_merge_takes_the_fork_out_again() {
    let base = |events: &[AgentSessionEvent]| Snapshots::of(events).merges.base(FORK, "first", Some("alone")).to_owned();
    let mut events = worked();
    assert_eq!(base(&events), "alone", "nothing was told here");
    events.extend([fork_merge().into(), fork_merged("f").into()]); // 10, 11
    assert_eq!(base(&events), "f".repeat(64));
    events.extend([fork_merge().into(), fork_merged("e").into()]); // 12, 13
    events.extend([undo(11).into(), undone(11).into()]); // 14, 15
    assert_eq!(base(&events), "f".repeat(64));
    events.extend([undo(9).into(), undone(9).into()]); // 16, 17
    assert_eq!(base(&events), "first");
    // The undos are undone.
    events.extend([undo(14).into(), undone(14).into()]);
    assert_eq!(base(&events), "e".repeat(64));
}

#[test]
fn names_and_releases_are_seen() {
    let mut events = worked();
    let named = |version, name: Option<&str>| SnapshotNamed { version, name: name.map(|name| private(name.into())), named_by: ADA };
    given::<AgentSessionDecider>(events.clone()).when(C::NameSnapshot(named(99, Some("n")))).then_refused(R::NoSuchVersion);
    given::<AgentSessionDecider>(events.clone()).when(C::NameSnapshot(named(7, Some(" ")))).then_refused(R::BadSnapshotName { limit: 200 });
    let turned = named(7, Some("\u{202e}on"));
    given::<AgentSessionDecider>(events.clone()).when(C::NameSnapshot(turned)).then_refused(R::BadSnapshotName { limit: 200 });
    events.push(named(9, Some("good")).into());
    events.push(SnapshotsReleased { snapshots: vec!["0".repeat(64)] }.into());
    let snapshots = Snapshots::of(&events);
    assert_eq!(
        snapshots.points.iter().map(|point| (point.name.as_deref(), point.released)).collect::<Vec<_>>(),
        [(None, true), (Some("good"), false)]
    );
}
