//! What the journal keeps in the store, gathered from the beginning and read on from the index.

use opensail_domain::agent_session::AgentSessionCommand;
use opensail_domain::agent_session::command::CompleteCall;
use opensail_domain::agent_session::event::{Effect, FullOutput, PlannedChange, Tree, WorkspaceCaptured};
use opensail_domain::agent_session::message::{Answer, CallOutcome, Tokens, ToolCall};
use opensail_domain::kernel::SessionId;
use opensail_eventstore::snapshot::{Snapshot, SnapshotKey, SnapshotTable};
use opensail_eventstore::{Journal, StreamId};

use super::world::World;
use crate::Caller;

fn name(digit: char) -> String {
    String::from(digit).repeat(64)
}

impl World {
    /// One turn with a call that changes a file, prints much and is captured.
    pub(super) async fn works(&self, session_id: SessionId) {
        let fence = self.lease(&format!("session-{session_id}"), "test").await;
        let call = ToolCall { call_id: "1-0".into(), tool: "write_file".into(), arguments: "{}".into() };
        let change = PlannedChange {
            path: "a.txt".into(),
            before: Some(name('1')),
            before_blob: Some(name('a')),
            after: Some(name('2')),
            after_blob: Some(name('b')),
            mode: None,
        };
        let completed = CompleteCall {
            call_id: "1-0".into(),
            outcome: CallOutcome::Ok,
            output: name('e'),
            full_output: Some(FullOutput { hash: name('c'), size: 9 }),
            exit_code: None,
            duration_ms: 1,
        };
        let tree = Tree { snapshot: name('d'), files: 1, bytes: 1, left_out: 0 };
        for command in [
            AgentSessionCommand::BeginRun { worker: "test".into() },
            AgentSessionCommand::StartTurn,
            AgentSessionCommand::CompleteTurn {
                answer: Answer { text: String::new(), tool_calls: vec![call] },
                model: "scripted".into(),
                tokens: Tokens::default(),
                micro_usd: None,
                duration_ms: 1,
            },
            AgentSessionCommand::StartCall { call_id: "1-0".into(), effect: Effect::Files, changes: Some(vec![change]) },
            AgentSessionCommand::CompleteCall(Box::new(completed)),
        ] {
            self.drive(&fence, session_id, command).await.expect("driven");
        }
        let version = self.a.session_core(session_id).await.expect("a session").1.version;
        let captured = WorkspaceCaptured { version, call_id: Some("1-0".into()), tree, changed: None, paths: None, late: false };
        self.drive(&fence, session_id, AgentSessionCommand::Capture(Box::new(captured))).await.expect("captured");
        self.drive(&fence, session_id, AgentSessionCommand::Complete).await.expect("completed");
    }
}

#[tokio::test]
async fn the_index_says_what_the_journal_says_and_is_read_on_from() {
    let world = World::new().await;
    let ada = world.person("ada@example.org").await;
    let team = world.team(ada).await;
    let project = world.project(ada, team).await;
    let session = world.session(ada, project).await;
    world.works(session).await;
    let head = world.store.head().await.expect("the head");
    let first = world.a.gathered().await.expect("gathered");
    let roots = first.roots(&Default::default());
    assert_eq!(roots.snapshots, [(project, name('d'))]);
    assert_eq!(roots.blobs, [name('a'), name('b'), name('c')]);
    assert_eq!(roots.perhaps, [name('e')], "digests of files' bytes name nothing; a text may");
    let index = world.b.index(head.epoch).await.expect("an index");
    assert_eq!((index.seen, &index), (head.position, &first));

    // Another node reads on from there; whatever comes after is in it, and a forgotten session's blobs are not.
    let other = world.session(ada, project).await;
    world.works(other).await;
    world.a.forget_session(&Caller::person(ada), session, "a secret").await.expect("forgotten");
    let second = world.b.gathered().await.expect("gathered");
    let mut anew = Default::default();
    world.a.gather(&mut anew).await.expect("gathered");
    assert_eq!(second, anew);
    assert_eq!(second.roots(&Default::default()).blobs, [name('a'), name('b'), name('c')], "those of the other session");

    // Damaged or of another epoch, it is as if it were not there.
    let stream = StreamId::new("storage_roots", head.epoch);
    let key = SnapshotKey { stream: stream.clone(), aggregate_type: "storage_roots".into(), schema_hash: [0; 32] };
    let damaged = Snapshot { version: u64::from(u32::MAX), state: b"not as it was sealed, and long enough to be".as_slice().into() };
    SnapshotTable::forget(&world.store, &stream).await.expect("forgotten");
    assert_eq!(world.a.index(head.epoch).await, None);
    SnapshotTable::save(&world.store, &key, &damaged).await.expect("saved");
    assert_eq!(world.a.gathered().await.expect("gathered"), anew);
}
