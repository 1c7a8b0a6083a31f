//! Shipped events stay readable for ever: one file per type and version, added, never changed.
//!
//! A new event: add its sample here and run `OPENSAIL_GOLDEN=add cargo test -p opensail-domain --test golden`, which writes missing files and their
//! line in `golden.lock`. A file that exists is never rewritten; a changed one is refused by its hash.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use opensail_domain::account::{self, EmailReserved, SignInMethod};
use opensail_domain::agent_session::event as session;
use opensail_domain::agent_session::message::{Answer, CallOutcome, Message, Tokens, ToolCall};
use opensail_domain::consumer::{self, ConsumerEvent};
use opensail_domain::kernel::{AccountId, ApprovalId, Event, InvitationId, MessageId, Private, ProjectId, SessionId, TeamId};
use opensail_domain::model::{self, KeyState, ModelEvent, Provider};
use opensail_domain::project::{self, Source};
use opensail_domain::projection::{self, ProjectionEvent};
use opensail_domain::team::{self, Role};
use opensail_domain::work::{self, WorkEvent};
use opensail_domain::{
    AnyEvent, account::AccountEvent, account::EmailEvent, agent_session::AgentSessionEvent, project::FolderEvent, project::ProjectEvent,
    team::TeamEvent,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + n)
}
fn private<T>(value: T) -> Private<T> {
    Private::open(format!("session-{}", id(4)), value)
}

fn tree() -> session::Tree {
    session::Tree { snapshot: "55".repeat(32), files: 3, bytes: 400, left_out: 1 }
}

/// One sample of every event, every optional field present.
fn samples() -> Vec<(String, u32, Value)> {
    let account = AccountId(id(1));
    let team = TeamId(id(2));
    let project = ProjectId(id(3));
    let own = |value: &str| Private::open(format!("account-{}", id(1)), value.to_string());
    let mut all = Vec::new();
    let mut add = |event_type: &str, version: u32, payload: Value| all.push((event_type.to_string(), version, payload));

    let accounts: Vec<AccountEvent> = vec![
        account::Registered { account_id: account, email: own("ada@example.org"), name: own("Ada"), platform_admin: true }.into(),
        account::SignedIn { method: SignInMethod::Password, family: id(10) }.into(),
        account::SignedOut { family: id(10) }.into(),
        account::SignedOutEverywhere {}.into(),
        account::PasswordChanged {}.into(),
        account::RefreshReused { family: id(10) }.into(),
        account::Forgotten { reason: "asked for by the person".into() }.into(),
    ];
    accounts.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    let emails: Vec<EmailEvent> = vec![EmailReserved { account_id: account }.into()];
    emails.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    let teams: Vec<TeamEvent> = vec![
        team::Created { team_id: team, name: "Crew".into(), created_by: account }.into(),
        team::Renamed { name: "Crew 2".into() }.into(),
        team::MemberAdded { account_id: account, role: Role::Admin }.into(),
        team::MemberRoleChanged { account_id: account, role: Role::Viewer }.into(),
        team::MemberRemoved { account_id: account }.into(),
        team::InvitationCreated {
            invitation_id: InvitationId(id(7)),
            role: Role::Editor,
            email: Some(Private::open(format!("invitation-{}", id(7)), "ben@example.org".to_string())),
            expires_at: 1_760_000_000_000_000,
            invited_by: account,
        }
        .into(),
        team::InvitationRevoked { invitation_id: InvitationId(id(7)) }.into(),
        team::InvitationAccepted { invitation_id: InvitationId(id(7)), account_id: account }.into(),
        team::Deleted {}.into(),
        team::AuditExported { format: team::AuditFormat::Csv, filtered: true, question: team::AuditQuestion::default() }.into(),
        team::AuditRead {
            by: account,
            question: team::AuditQuestion {
                project_id: Some(project),
                actor: Some(id(1).to_string()),
                event_type: Some("team.renamed".into()),
                stream: Some(format!("team-{}", id(2))),
                correlation: Some(id(8)),
                from: Some(1_760_000_000_000_000),
                to: Some(1_760_000_100_000_000),
                after: None,
                proofs: true,
            },
            others: true,
            at: 1_760_000_200_000_000,
        }
        .into(),
    ];
    teams.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    let projects: Vec<ProjectEvent> = vec![
        project::Created {
            project_id: project,
            team_id: team,
            name: "Boat".into(),
            source: Source::Git { url: "https://example.org/boat.git".into(), reference: Some("main".into()) },
            created_by: account,
        }
        .into(),
        project::Prepared {}.into(),
        project::PreparationFailed { reason: "no such repository".into() }.into(),
        project::Renamed { name: "Ship".into() }.into(),
        project::FileWritten { path: "a b.txt".into(), before: Some("00".repeat(32)), after: "11".repeat(32), size: 3 }.into(),
        project::FileDeleted { path: "a b.txt".into(), before: "11".repeat(32) }.into(),
        project::Deleted {}.into(),
        project::WorkspaceCaptured { version: 5, tree: tree(), changed: Some(1) }.into(),
        project::RetentionSet { retention: Some(project::Retention { days: 30, every: 10 }), set_by: account }.into(),
        project::SnapshotsReleased { snapshots: vec!["55".repeat(32)] }.into(),
    ];
    projects.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    let folders: Vec<FolderEvent> = vec![
        project::FolderReserved { project_id: project, path: "/home/ada/boat".into() }.into(),
        project::FolderReleased { project_id: project }.into(),
    ];
    folders.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    let orders: Vec<ProjectionEvent> = vec![
        projection::RetryOrdered {
            projection: "team".into(),
            stream: format!("team-{}", id(2)),
            position: 7,
            reason: Some("the program was mended".into()),
            ordered_by: account,
        }
        .into(),
        projection::SkipOrdered {
            projection: "team".into(),
            stream: format!("team-{}", id(2)),
            position: 7,
            reason: "written by a broken import".into(),
            ordered_by: account,
        }
        .into(),
    ];
    orders.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    let orders: Vec<ConsumerEvent> = vec![
        consumer::RetryOrdered {
            consumer: "webhooks".into(),
            stream: format!("team-{}", id(2)),
            position: 7,
            reason: Some("the address was mended".into()),
            ordered_by: account,
        }
        .into(),
        consumer::SkipOrdered {
            consumer: "webhooks".into(),
            stream: format!("team-{}", id(2)),
            position: 7,
            reason: "nobody waits for it any more".into(),
            ordered_by: account,
        }
        .into(),
    ];
    orders.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    let work: Vec<WorkEvent> = vec![work::RetryOrdered { piece: "01990000000070008000000000000009.7".into(), ordered_by: account }.into()];
    work.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    let models: Vec<ModelEvent> = vec![
        model::Chosen {
            provider: Provider::Openai,
            name: "gpt-5".into(),
            base_url: Some("https://models.example.org/v1".into()),
            key: KeyState::New,
            chosen_by: account,
        }
        .into(),
        model::Cleared { cleared_by: account }.into(),
    ];
    models.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    let call = ToolCall { call_id: "1-0".into(), tool: "write_file".into(), arguments: "{\"n\":1e999,\"s\":\"\\u0000\"}".into() };
    let sessions: Vec<AgentSessionEvent> = vec![
        session::Requested {
            session_id: SessionId(id(4)),
            project_id: project,
            team_id: team,
            task: private("write a\nprogram".to_string()),
            title: private("write a".to_string()),
            model: "scripted".into(),
            edit_mode: session::EditMode::Ask,
            budget: session::Budget { max_micro_usd: Some(5_000_000), ..Default::default() },
            requested_by: account,
        }
        .into(),
        session::RunStarted { run: 1, worker: "node/boot".into() }.into(),
        session::TurnStarted { turn: 1, attempt: 1 }.into(),
        session::TurnCompleted {
            turn: 1,
            attempt: 1,
            answer: private(Answer { text: "I will".into(), tool_calls: vec![call] }),
            calls: vec![session::CallName { call_id: "1-0".into(), tool: "write_file".into() }],
            model: "scripted".into(),
            tokens: Tokens { input: 10, output: 20, cached: 5 },
            micro_usd: Some(7),
            duration_ms: 12,
        }
        .into(),
        session::TurnFailed {
            turn: 1,
            attempt: 1,
            code: "rate_limited".into(),
            detail: private("slow down".to_string()),
            retryable: true,
            duration_ms: 3,
        }
        .into(),
        session::ApprovalRequested {
            approval_id: ApprovalId(id(5)),
            call_id: "1-0".into(),
            tool: "write_file".into(),
            grant: private("write_file".to_string()),
            preview: private("+line".to_string()),
            expires_at: 1_760_000_000_000_000,
        }
        .into(),
        session::ApprovalAnswered {
            approval_id: ApprovalId(id(5)),
            decision: session::Decision::AllowSession,
            reason: Some(private("fine".to_string())),
            answered_by: account,
        }
        .into(),
        session::ApprovalTimedOut { approval_id: ApprovalId(id(5)) }.into(),
        session::ToolCallStarted {
            call_id: "1-0".into(),
            tool: "write_file".into(),
            effect: session::Effect::Files,
            changes: Some(private(vec![session::PlannedChange {
                path: "a.txt".into(),
                before: Some("00".repeat(32)),
                before_blob: Some("22".repeat(32)),
                after: Some("11".repeat(32)),
                after_blob: Some("33".repeat(32)),
                mode: Some(0o644),
            }])),
        }
        .into(),
        session::ToolCallCompleted {
            call_id: "1-0".into(),
            tool: "write_file".into(),
            outcome: CallOutcome::Ok,
            output: private("written".to_string()),
            full_output: Some(session::FullOutput { hash: "44".repeat(32), size: 100_000 }),
            exit_code: Some(0),
            duration_ms: 4,
        }
        .into(),
        session::MessageAdded { message_id: MessageId(id(6)), text: private("more".to_string()), added_by: account }.into(),
        session::Requeued {}.into(),
        session::Paused { reason: "model_unavailable".into(), until: 1_760_000_000_000_000 }.into(),
        session::Resumed {}.into(),
        session::CancelRequested { requested_by: account }.into(),
        session::Completed {}.into(),
        session::Failed { reason: "unauthorized".into(), detail: private("bad key".to_string()) }.into(),
        session::Cancelled {}.into(),
        session::LimitReached { limit: session::Limit::MaxMicroUsd }.into(),
        session::Forgotten { reason: "it held a secret".into() }.into(),
        session::WorkspaceCaptured {
            version: 7,
            call_id: Some("1-0".into()),
            tree: tree(),
            changed: Some(1),
            paths: Some(private(vec!["a.txt".to_string()])),
            late: true,
        }
        .into(),
        session::CaptureFailed {
            version: 7,
            call_id: Some("1-0".into()),
            reason: session::CaptureFailure::StoreFull,
            detail: private("no room is left in the store".to_string()),
        }
        .into(),
        session::UndoStarted { to: 3, before: "66".repeat(32), goal: "77".repeat(32), requested_by: account }.into(),
        session::Undone { to: 3, tree: tree(), changed: 2, spared: Some(private(vec!["b.txt".to_string()])), refused: None }.into(),
        session::Forked {
            origin: session::Origin { session_id: SessionId(id(7)), version: 3, snapshot: "55".repeat(32) },
            conversation: private(vec![Message::User { text: "write a program".into() }]),
            turn: 1,
            attempts: 2,
            answered: false,
        }
        .into(),
        session::MergeStarted {
            into: SessionId(id(7)),
            base: "55".repeat(32),
            before: "66".repeat(32),
            theirs: "77".repeat(32),
            goal: "88".repeat(32),
            requested_by: account,
        }
        .into(),
        session::Merged {
            into: SessionId(id(7)),
            theirs: "77".repeat(32),
            tree: tree(),
            changed: 2,
            spared: Some(private(vec!["b.txt".to_string()])),
            refused: None,
        }
        .into(),
        session::ForkMergeStarted { fork: SessionId(id(7)), before: "66".repeat(32) }.into(),
        session::ForkMerged { fork: SessionId(id(7)), theirs: "77".repeat(32), before: "66".repeat(32), tree: tree(), changed: 2 }.into(),
        session::WorkspaceDiscarded { discarded_by: account, last: None }.into(),
        session::SnapshotNamed { version: 7, name: Some(private("before the tidy-up".to_string())), named_by: account }.into(),
        session::SnapshotsReleased { snapshots: vec!["55".repeat(32)] }.into(),
    ];
    sessions.iter().for_each(|e| add(e.event_type(), e.version(), e.encode()));
    all
}

fn folder() -> PathBuf {
    // Asked when it runs: clones share their build results, and each has a folder of its own.
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests")).join("tests/golden")
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn lock() -> BTreeMap<String, String> {
    std::fs::read_to_string(folder().join("golden.lock"))
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, name)| (name.to_string(), hash.to_string()))
        .collect()
}

#[test]
fn every_shipped_event_is_still_written_and_read_as_its_golden_file_says() {
    let adding = std::env::var("OPENSAIL_GOLDEN").as_deref() == Ok("add");
    let mut lock = lock();
    for (event_type, version, payload) in samples() {
        let (room, name) = event_type.split_once('.').expect("a dotted name");
        let file = format!("{room}/{name}.v{version}.json");
        let path = folder().join(&file);
        if adding && !path.exists() {
            std::fs::create_dir_all(path.parent().expect("a room")).expect("the room's folder");
            let text = format!("{}\n", serde_json::to_string_pretty(&payload).expect("plain data"));
            lock.insert(file.clone(), hash(&text));
            std::fs::write(&path, text).expect("the golden file");
        }
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}; see the head of this test"));
        assert_eq!(lock.get(&file), Some(&hash(&text)), "{file} was changed or is not locked; a shipped event is never changed");
        let golden: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(payload, golden, "{event_type} v{version} is no longer written as it was");
        let event = AnyEvent::decode(&event_type, version, golden).expect("readable");
        assert_eq!(format!("{event:?}"), format!("{:?}", AnyEvent::decode(&event_type, version, payload).expect("readable")));
    }
    if adding {
        let text = lock.iter().fold(String::new(), |text, (name, hash)| text + &format!("{hash}  {name}\n"));
        std::fs::write(folder().join("golden.lock"), text).expect("the lock");
    }
}

#[test]
fn every_type_has_a_sample_and_every_locked_file_is_still_there() {
    let sampled: Vec<_> = samples().into_iter().map(|(event_type, version, _)| (event_type, version)).collect();
    for (event_type, version, _) in AnyEvent::schemas() {
        assert!(sampled.contains(&(event_type.to_string(), version)), "{event_type} v{version} has no sample");
    }
    let lock = lock();
    for name in lock.keys() {
        assert!(folder().join(name).exists(), "{name} was removed; a shipped event is never forgotten");
    }
    // Also those that are written no more.
    for (event_type, newest, _) in AnyEvent::schemas() {
        for version in 1..=newest {
            let file = format!("{}.v{version}.json", event_type.replacen('.', "/", 1));
            assert!(lock.contains_key(&file), "{file} is missing");
            let text = std::fs::read_to_string(folder().join(&file)).expect("the golden file");
            let golden: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(
                AnyEvent::newest(event_type, version, golden.clone()).0,
                newest,
                "{event_type} v{version} has no way up to v{newest}"
            );
            let event = AnyEvent::decode(event_type, version, golden).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert_eq!(AnyEvent::read(event_type, version, &text), Ok(event), "{file}");
        }
    }
}

#[test]
fn a_sealed_and_a_forgotten_field_are_read_back() {
    let sealed =
        serde_json::json!({"message_id": id(6), "added_by": id(1), "text": {"$p": {"subject": "s", "key": "k", "nonce": "n", "ct": "c"}}});
    assert!(AnyEvent::decode("agent_session.message_added", 1, sealed).is_ok());
    let forgotten = serde_json::json!({"message_id": id(6), "added_by": id(1), "text": {"$forgotten": true}});
    match AnyEvent::decode("agent_session.message_added", 1, forgotten).expect("readable") {
        AnyEvent::AgentSession(event) => match *event {
            AgentSessionEvent::MessageAdded(e) => assert_eq!(e.text.text(), "[forgotten]"),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unknown_type_or_version_says_to_upgrade() {
    for (event_type, version) in [("agent_session.teleported", 1), ("team.created", 99)] {
        let error = AnyEvent::decode(event_type, version, Value::Null).expect_err("unknown");
        assert!(error.to_string().contains("upgrade"), "{error}");
    }
}
