use opensail_domain::agent_session::AgentSessionEvent;
use opensail_domain::agent_session::event::*;
use opensail_domain::agent_session::message::{Answer, Tokens, ToolCall};
use opensail_domain::kernel::private::FORGOTTEN;
use opensail_domain::kernel::{AccountId, ApprovalId, InvitationId, Private, ProjectId, SessionId};
use opensail_domain::{project, team};
use opensail_eventstore::StreamId;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{AuditFilter, EventPage};
use crate::testing::{World, on_both, wire};
use crate::{ClientAddress, Order, PageRequest, QueryError};

on_both!(
    teams_and_members_follow_what_happens,
    invitations_are_open_until_they_are_used_or_end,
    pages_neither_skip_nor_repeat,
    a_project_is_preparing_then_ready_or_failed_then_gone,
    an_open_question_shows_what_will_be_done_until_it_is_answered,
    a_requeued_session_waits_behind_the_others,
    what_is_forgotten_is_gone_from_every_answer,
    the_audit_answers_who_did_what,
    a_streams_events_come_in_both_directions_even_while_the_index_is_behind,
    an_item_without_address_has_no_such_field,
);

fn page(limit: u32, after: Option<String>, order: Order) -> PageRequest {
    PageRequest { limit: Some(limit), after, order }
}

fn session_event(event: impl Into<AgentSessionEvent>) -> (String, u32, serde_json::Value) {
    wire(event.into())
}

async fn teams_and_members_follow_what_happens(world: World) {
    world.cast().await;
    let bob = AccountId(Uuid::now_v7());
    world.register(bob, "bob@example.org", "Bob").await;
    world.on_team(world.crew, vec![team::MemberAdded { account_id: bob, role: team::Role::Editor }.into()]).await;
    let (projections, queries) = world.caught_up().await;
    let members = queries.team_members(world.crew, &PageRequest::default()).await.expect("an answer");
    let names: Vec<_> = members.items.iter().map(|member| (member.name.as_str(), member.email.as_str(), member.role.as_str())).collect();
    assert_eq!(names, [("Ada", "ada@example.org", "admin"), ("Bob", "bob@example.org", "editor")]);
    assert_eq!(queries.teams_of_account(bob, None, &PageRequest::default()).await.expect("an answer").items[0].role, team::Role::Editor);
    assert_eq!(queries.role_in_team(world.crew, bob).await.expect("an answer"), Some(team::Role::Editor));

    world.on_team(world.crew, vec![team::MemberRoleChanged { account_id: bob, role: team::Role::Viewer }.into()]).await;
    world.settle(&projections).await;
    assert_eq!(queries.roles_of_account(bob).await.expect("an answer"), [(world.crew, team::Role::Viewer)]);
    world.on_team(world.crew, vec![team::MemberRemoved { account_id: bob }.into(), team::Renamed { name: "Solo".into() }.into()]).await;
    world.settle(&projections).await;
    assert_eq!(queries.role_in_team(world.crew, bob).await.expect("an answer"), None);
    let crew = queries.team(world.crew).await.expect("an answer").expect("the team");
    assert_eq!((crew.name.as_str(), crew.members, crew.position), ("Solo", 1, world.store_head().await));
    world.on_team(world.crew, vec![team::Deleted {}.into()]).await;
    world.settle(&projections).await;
    assert_eq!(queries.team(world.crew).await.expect("an answer"), None);
    assert!(queries.teams_of_account(world.ada, None, &PageRequest::default()).await.expect("an answer").items.is_empty());
}

async fn invitations_are_open_until_they_are_used_or_end(world: World) {
    world.cast().await;
    let (projections, queries) = world.caught_up().await;
    let ids = [(); 3].map(|()| InvitationId(Uuid::now_v7()));
    let email = |id: InvitationId| Private::open(format!("invitation-{id}"), "bob@example.org".to_owned());
    let invited = |id: InvitationId, email, expires_at| {
        team::InvitationCreated { invitation_id: id, role: team::Role::Editor, email, expires_at, invited_by: world.ada }.into()
    };
    let all = vec![invited(ids[0], Some(email(ids[0])), 100), invited(ids[1], None, 100), invited(ids[2], None, 50)];
    world.on_team(world.crew, all).await;
    world.settle(&projections).await;
    let open = async |now| {
        let page = queries.team_invitations(world.crew, now, &PageRequest::default()).await.expect("an answer");
        page.items.into_iter().map(|one| (one.id, one.email)).collect::<Vec<_>>()
    };
    assert_eq!(open(1).await, [(ids[0], Some("bob@example.org".into())), (ids[1], None), (ids[2], None)]);
    assert_eq!(open(50).await.len(), 2);
    assert!(!world.rows().await.concat().contains("bob@example.org"));
    let bob = AccountId(Uuid::now_v7());
    let used = team::InvitationAccepted { invitation_id: ids[0], account_id: bob };
    world.on_team(world.crew, vec![used.into(), team::InvitationRevoked { invitation_id: ids[1] }.into()]).await;
    world.settle(&projections).await;
    assert_eq!(open(1).await, [(ids[2], None)]);
    world.on_team(world.crew, vec![team::Deleted {}.into()]).await;
    world.settle(&projections).await;
    assert_eq!(open(1).await, []);
}

async fn pages_neither_skip_nor_repeat(world: World) {
    world.cast().await;
    let mut all = vec![world.boat];
    for n in 0..6 {
        let id = ProjectId(Uuid::now_v7());
        world.on_project(id, vec![world.project_created(id, &format!("P{n}")).into()]).await;
        all.push(id);
    }
    let (_projections, queries) = world.caught_up().await;
    for order in [Order::Asc, Order::Desc] {
        let mut expected = all.clone();
        if order == Order::Desc {
            expected.reverse();
        }
        for of_account in [false, true] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let request = page(3, after, order);
                let answer = match of_account {
                    false => queries.projects_of_team(world.crew, &request).await,
                    true => queries.projects_of_account(world.ada, None, &request).await,
                };
                let answer = answer.expect("an answer");
                assert!(answer.items.len() <= 3);
                found.extend(answer.items.into_iter().map(|project| project.id));
                after = answer.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected);
        }
    }
    assert_eq!(queries.count_projects(world.crew).await.expect("an answer"), 7);
    for bad in ["", "!", "LTE", "eA", "MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"] {
        let refused = queries.projects_of_team(world.crew, &page(3, Some(bad.into()), Order::Asc)).await;
        assert!(matches!(refused, Err(QueryError::BadAfter)), "{bad:?}");
    }
}

async fn a_project_is_preparing_then_ready_or_failed_then_gone(world: World) {
    world.cast().await;
    let (projections, queries) = world.caught_up().await;
    let status = async || queries.project(world.boat).await.expect("an answer").map(|project| (project.status.as_str(), project.reason));
    assert_eq!(status().await, Some(("preparing", None)));
    world.on_project(world.boat, vec![project::PreparationFailed { reason: "no such\0 repository".into() }.into()]).await;
    world.settle(&projections).await;
    assert_eq!(status().await, Some(("failed", Some("no such\u{fffd} repository".into()))));
    world.on_project(world.boat, vec![project::Deleted {}.into()]).await;
    world.settle(&projections).await;
    assert_eq!(status().await, None);
}

async fn an_open_question_shows_what_will_be_done_until_it_is_answered(world: World) {
    world.cast().await;
    let (projections, queries) = world.caught_up().await;
    let (session, approval) = (SessionId(Uuid::now_v7()), ApprovalId(Uuid::now_v7()));
    let subject = format!("session-{session}");
    let call = ToolCall { call_id: "1-0".into(), tool: "bash_exec".into(), arguments: r#"{"command":"make"}"#.into() };
    let answer = TurnCompleted {
        turn: 1,
        attempt: 1,
        calls: vec![CallName { call_id: call.call_id.clone(), tool: call.tool.clone() }],
        answer: Private::open(&subject, Answer { text: "I will".into(), tool_calls: vec![call] }),
        model: "scripted".into(),
        tokens: Tokens { input: 3, output: 4, cached: 0 },
        micro_usd: Some(5),
        duration_ms: 1,
    };
    let question = ApprovalRequested {
        approval_id: approval,
        call_id: "1-0".into(),
        tool: "bash_exec".into(),
        grant: Private::open(&subject, "make".into()),
        preview: Private::open(&subject, "$ make".into()),
        expires_at: 1_760_000_000_000_000,
    };
    let begin = RunStarted { run: 1, worker: "w".into() };
    let history = vec![session_event(world.requested(session)), session_event(begin), session_event(answer), session_event(question)];
    world.on_session(session, history).await;
    world.settle(&projections).await;

    let open = queries.approvals_of_account(world.ada, None, &PageRequest::default()).await.expect("an answer").items;
    assert_eq!(open, queries.approvals_of_session(session).await.expect("an answer"));
    assert_eq!((open[0].id, &open[0].arguments, open[0].preview.as_str()), (approval, &json!({ "command": "make" }), "$ make"));
    let details = queries.session(session).await.expect("an answer").expect("the session");
    assert_eq!((details.status.as_str(), details.title.as_str(), details.task.as_str()), ("waiting_approval", "build", "build\na mast"));
    let shown = serde_json::to_value(&details).expect("JSON");
    assert_eq!(shown["usage"], json!({ "steps": 1, "input_tokens": 3, "output_tokens": 4, "micro_usd": 5 }));
    assert_eq!((&shown["status"], &shown["edit_mode"]), (&json!("waiting_approval"), &json!("ask")));
    let queue = queries.session_queue_of_project(world.boat).await.expect("an answer");
    assert_eq!(queue[0].question, Some((approval, 1_760_000_000_000_000)));

    let denied = ApprovalAnswered { approval_id: approval, decision: Decision::Deny, reason: None, answered_by: world.ada };
    world.on_session(session, vec![session_event(denied)]).await;
    world.settle(&projections).await;
    assert_eq!(queries.approvals_of_session(session).await.expect("an answer"), []);
}

async fn a_requeued_session_waits_behind_the_others(world: World) {
    world.cast().await;
    let ids = [(); 3].map(|()| SessionId(Uuid::now_v7()));
    for id in ids {
        world.on_session(id, vec![session_event(world.requested(id))]).await;
    }
    world.on_session(ids[0], vec![session_event(Completed {}), session_event(Requeued {})]).await;
    world.on_session(ids[1], vec![session_event(CancelRequested { requested_by: world.ada }), session_event(Cancelled {})]).await;
    let (_projections, queries) = world.caught_up().await;
    let queue = queries.session_queue().await.expect("an answer");
    assert_eq!(queue.iter().map(|queued| queued.session_id).collect::<Vec<_>>(), [ids[2], ids[0]]);
    let listed = queries.sessions_of_project(world.boat, &page(2, None, Order::Desc)).await.expect("an answer");
    assert_eq!(listed.items.iter().map(|session| session.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    assert!(listed.next.is_some());
}

async fn what_is_forgotten_is_gone_from_every_answer(world: World) {
    world.cast().await;
    let session = SessionId(Uuid::now_v7());
    world.on_session(session, vec![session_event(world.requested(session))]).await;
    let (_projections, queries) = world.caught_up().await;
    world.keys.destroy(&format!("account-{}", world.ada)).await.expect("destroyed");
    world.keys.destroy(&format!("session-{session}")).await.expect("destroyed");
    assert_eq!(queries.account(world.ada).await.expect("an answer").expect("the account").email, FORGOTTEN);
    assert_eq!(queries.account_names([world.ada]).await.expect("an answer")[&world.ada], FORGOTTEN);
    let details = queries.session(session).await.expect("an answer").expect("the session");
    assert_eq!((details.task.as_str(), details.title.as_str()), (FORGOTTEN, FORGOTTEN));
    let replay = queries.session_at(session, None).await.expect("an answer").expect("the session");
    assert_eq!(replay.session, details);
    let items = queries.events_of_stream(&StreamId::new("agent_session", session), &EventPage::default()).await.expect("an answer").items;
    assert_eq!((&items[0].data["task"], items[0].actor.name.as_str()), (&json!(FORGOTTEN), FORGOTTEN));
    assert!(!world.rows().await.concat().contains("ada@example.org"));
}

async fn the_audit_answers_who_did_what(world: World) {
    world.cast().await;
    let renamed = world.on_project(world.boat, vec![project::Renamed { name: "Ship".into() }.into()]).await;
    let (_projections, queries) = world.caught_up().await;
    let tenants = vec![world.crew.to_string(), format!("account-{}", world.ada)];
    let all = AuditFilter { tenants: tenants.clone(), ..AuditFilter::default() };
    let positions = async |filter: &AuditFilter, limit, after, order| {
        let answer = queries.audit_events(filter, &EventPage { limit: Some(limit), after, order }).await.expect("an answer");
        (answer.items.iter().map(|item| item.position).collect::<Vec<_>>(), answer.next)
    };
    assert_eq!(positions(&all, 50, None, Order::Asc).await, (vec![1, 2, 3, 4, 5], None));
    let (first, next) = positions(&all, 2, None, Order::Desc).await;
    assert_eq!(first, [5, 4]);
    let cursor: opensail_eventstore::Cursor = next.expect("more").parse().expect("a cursor");
    assert_eq!((cursor.position, cursor.epoch), (4, renamed.epoch));
    assert_eq!(positions(&all, 2, Some(4), Order::Desc).await.0, [3, 2]);
    let of_rename = world.store.read_at(&[renamed.position]).await.expect("an event")[0].correlation_id;
    let with = |change: fn(&mut AuditFilter, &World)| {
        let mut filter = all.clone();
        change(&mut filter, &world);
        filter
    };
    for (filter, expected) in [
        (with(|filter, world| filter.tenants = vec![world.crew.to_string()]), vec![2, 3, 4, 5]),
        (with(|filter, _| filter.tenants.clear()), vec![]),
        (with(|filter, world| filter.project = Some(world.boat.to_string())), vec![4, 5]),
        (with(|filter, _| filter.event_type = Some("project.renamed".into())), vec![5]),
        (with(|filter, world| filter.stream = Some(format!("team-{}", world.crew))), vec![2, 3]),
        (with(|filter, world| filter.actor = Some(world.ada.to_string())), vec![1, 2, 3, 4, 5]),
        (AuditFilter { from: Some(renamed.time), ..all.clone() }, vec![5]),
        (AuditFilter { to: Some(renamed.time), ..all.clone() }, vec![1, 2, 3, 4]),
        (AuditFilter { from: Some(renamed.time + 1), ..all.clone() }, vec![]),
        (AuditFilter { until: Some(3), ..all.clone() }, vec![1, 2, 3]),
        (AuditFilter { until: Some(2), to: Some(renamed.time), ..all.clone() }, vec![1, 2]),
        (AuditFilter { until: Some(5), to: Some(renamed.time), ..all.clone() }, vec![1, 2, 3, 4]),
        (AuditFilter { correlation: Some(of_rename), ..all.clone() }, vec![5]),
        (AuditFilter { correlation: Some(of_rename), tenants: vec![format!("account-{}", world.ada)], ..all.clone() }, vec![]),
        (with(|filter, _| filter.correlation = Some(Uuid::nil())), vec![]),
    ] {
        assert_eq!(positions(&filter, 50, None, Order::Asc).await.0, expected, "{filter:?}");
    }
    let item = &queries.audit_events(&all, &EventPage { limit: Some(1), ..EventPage::default() }).await.expect("an answer").items[0];
    let shown = serde_json::to_value(item).expect("JSON");
    assert_eq!(shown["data"]["email"], "ada@example.org");
    assert_eq!(shown["actor"], json!({ "kind": "user", "id": world.ada.to_string(), "name": "Ada" }));
    assert_eq!(
        (&shown["team_id"], &shown["client_address"], &shown["type"]),
        (&json!(null), &json!("127.0.0.1"), &json!("account.registered"))
    );
    assert_eq!(shown["time"].as_str().map(str::len), Some("2026-01-02T03:04:05.000006Z".len()));
}

async fn a_streams_events_come_in_both_directions_even_while_the_index_is_behind(world: World) {
    world.cast().await;
    for n in 0..7 {
        world.on_project(world.boat, vec![project::Renamed { name: format!("B{n}") }.into()]).await;
    }
    let (projections, queries) = world.caught_up().await;
    drop(projections);
    world.on_project(world.boat, vec![project::Renamed { name: "late".into() }.into()]).await;
    let stream = StreamId::new("project", world.boat);
    let positions = async |limit, after, order| {
        let answer = queries.events_of_stream(&stream, &EventPage { limit: Some(limit), after, order }).await.expect("an answer");
        (answer.items.iter().map(|item| item.position).collect::<Vec<_>>(), answer.next.is_some())
    };
    assert_eq!(positions(50, None, Order::Asc).await, ((4..=12).collect(), false));
    assert_eq!(positions(3, Some(5), Order::Asc).await, (vec![6, 7, 8], true));
    assert_eq!(positions(3, Some(11), Order::Asc).await, (vec![12], false));
    assert_eq!(positions(3, Some(12), Order::Asc).await, (vec![], false));
    assert_eq!(positions(50, None, Order::Desc).await, ((4..=12).rev().collect(), false));
    assert_eq!(positions(2, Some(12), Order::Desc).await, (vec![11, 10], true));
    assert_eq!(positions(3, Some(6), Order::Desc).await, (vec![5, 4], false));
    let nothing = queries.events_of_stream(&StreamId::new("project", Uuid::nil()), &EventPage::default()).await.expect("an answer");
    assert!(nothing.items.is_empty() && nothing.next.is_none());
}

async fn an_item_without_address_has_no_such_field(world: World) {
    world.cast().await;
    let (_projections, queries) = world.caught_up().await;
    let recorded = world.store.read_at(&[4]).await.expect("an event");
    let item = queries.event_item(&recorded[0], ClientAddress::Left).await.expect("an item");
    let shown = serde_json::to_value(item).expect("JSON");
    assert!(shown.get("client_address").is_none());
    assert_eq!((&shown["team_id"], &shown["data"]["name"]), (&json!(world.crew.to_string()), &json!("Boat")));
}
