//! A session from its task to what is left of it.

use axum::body::Bytes;
use opensail_domain::agent_session::AgentSessionCommand as C;
use opensail_domain::agent_session::command::CompleteCall;
use opensail_domain::agent_session::event::{Effect, FullOutput, PlannedChange};
use opensail_domain::agent_session::message::{Answer, CallOutcome, Tokens, ToolCall};
use opensail_domain::kernel::ApprovalId;
use opensail_eventstore::Fence;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fakes::sha256;
use super::world::{Person, World};

/// One turn that asks, then changes a file.
async fn worked(world: &World, fence: &Fence, session: &str, approval: ApprovalId) {
    let drive = |command| world.drive(fence, session, command);
    drive(C::BeginRun { worker: "test".into() }).await;
    drive(C::StartTurn).await;
    let call = ToolCall { call_id: "1-0".into(), tool: "write_file".into(), arguments: r#"{"file_path":"a.sh"}"#.into() };
    let answer = Answer { text: "I write it.".into(), tool_calls: vec![call] };
    let tokens = Tokens { input: 10, output: 5, cached: 2 };
    drive(C::CompleteTurn { answer, model: "scripted".into(), tokens, micro_usd: None, duration_ms: 7 }).await;
    drive(C::RequestApproval {
        approval_id: approval,
        call_id: "1-0".into(),
        grant: "write_file".into(),
        preview: "+hello".into(),
        now: 1,
    })
    .await;
}

async fn finished(world: &World, fence: &Fence, session: &str) {
    let subject = format!("session-{session}");
    let drive = |command| world.drive(fence, session, command);
    let before = world.commands.blobs().put(&subject, Bytes::from_static(b"old\n")).await.unwrap().0;
    let after = world.commands.blobs().put(&subject, Bytes::from_static(b"new\n")).await.unwrap().0;
    let full = world.commands.blobs().put(&subject, Bytes::from_static(b"the whole output")).await.unwrap().0;
    let change = PlannedChange {
        path: "a.sh".into(),
        before: Some(sha256(b"old\n")),
        before_blob: Some(before),
        after: Some(sha256(b"new\n")),
        after_blob: Some(after),
        mode: None,
    };
    drive(C::StartCall { call_id: "1-0".into(), effect: Effect::Files, changes: Some(vec![change]) }).await;
    drive(C::CompleteCall(Box::new(CompleteCall {
        call_id: "1-0".into(),
        outcome: CallOutcome::Ok,
        output: "done".into(),
        full_output: Some(FullOutput { hash: full, size: 16 }),
        exit_code: None,
        duration_ms: 1,
    })))
    .await;
    drive(C::StartTurn).await;
    let answer = Answer { text: "Ready.".into(), tool_calls: vec![] };
    drive(C::CompleteTurn { answer, model: "scripted".into(), tokens: Tokens::default(), micro_usd: None, duration_ms: 7 }).await;
    drive(C::Complete).await;
}

async fn head(world: &World) -> u64 {
    world.commands.journal().head().await.unwrap().position
}

async fn run(world: &World, ada: &Person, session: &str) {
    let approval = ApprovalId(Uuid::now_v7());
    let fence = world.fence(session).await;
    worked(world, &fence, session, approval).await;
    let waiting = format!("/api/v1/sessions/{session}/approvals?min_position={}", head(world).await);
    let open = world.get(ada, &waiting).await.is(200).json();
    assert_eq!(open["items"][0]["id"], approval.to_string());
    assert_eq!(open["items"][0]["arguments"]["file_path"], "a.sh");
    assert_eq!(world.get(ada, "/api/v1/approvals").await.is(200).json()["items"], open["items"]);
    let answer = format!("/api/v1/sessions/{session}/approvals/{approval}");
    let allow = json!({ "decision": "allow_once" });
    world.post(ada, &answer, json!({ "decision": "perhaps" })).await.refused(422, "validation");
    world.post(ada, &answer, allow.clone()).await.is(202);
    world.post(ada, &answer, allow).await.is(200);
    let other = world.post(ada, &answer, json!({ "decision": "deny" })).await.refused(409, "state");
    assert_eq!(other["reason"], "approval_answered");
    finished(world, &fence, session).await;
}

#[tokio::test]
async fn a_session_is_started_answered_and_taken_away() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let team = world.team(&ada).await;
    let project = world.project(&ada, &team).await;
    let path = format!("/api/v1/projects/{project}/sessions");
    let body = json!({ "task": "Say hello\nplease", "edit_mode": "ask", "budget": { "max_steps": 7 } });
    let started = world.post(&ada, &path, body).await.is(201).json();
    assert_eq!((started["status"].as_str(), started["title"].as_str()), (Some("queued"), Some("Say hello")));
    assert_eq!(started["budget"], json!({ "max_steps": 7, "max_seconds": 3600, "max_tokens": 2_000_000, "max_micro_usd": null }));
    let session = started["id"].as_str().unwrap();
    let money = json!({ "task": "t", "budget": { "max_micro_usd": 1 } });
    assert_eq!(world.post(&ada, &path, money).await.refused(422, "validation")["errors"][0]["pointer"], "/budget/max_micro_usd");
    run(&world, &ada, session).await;

    let at = |what: &str| format!("/api/v1/sessions/{session}{what}");
    let head = head(&world).await;
    let now = world.get(&ada, &at(&format!("?min_position={head}"))).await.is(200).json();
    assert_eq!((now["status"].as_str(), now["usage"]["steps"].as_u64()), (Some("completed"), Some(2)));
    let then = world.get(&ada, &at(&format!("?as_of={}", started["position"]))).await.is(200).json();
    assert_eq!(then["status"], "queued");
    world.get(&ada, &at("?as_of=1")).await.refused(404, "not_found");

    let diff = world.get(&ada, &at("/diff")).await.is(200).json();
    assert_eq!(diff["items"][0]["diff"], "--- a/a.sh\n+++ b/a.sh\n@@ -1 +1 @@\n-old\n+new\n");
    let replay = world.get(&ada, &at("/replay")).await.is(200).json();
    let roles: Vec<_> = replay["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "assistant"]);
    let early = world.get(&ada, &at(&format!("/replay?until={}", started["position"]))).await.is(200).json();
    assert_eq!((early["messages"].as_array().unwrap().len(), early["session"]["status"].as_str()), (1, Some("queued")));

    let events = world.get(&ada, &at("/events?limit=3")).await.is(200).json();
    assert_eq!(events["items"][0]["type"], "agent_session.requested");
    assert_eq!(events["items"][0]["data"]["task"], "Say hello\nplease");
    assert!(events["items"][0].get("client_address").is_none());
    let rest = world.get(&ada, &at(&format!("/events?limit=200&after={}", events["next"].as_str().unwrap()))).await.is(200).json();
    let completed = rest["items"].as_array().unwrap().iter().find(|e| e["type"] == "agent_session.tool_call_completed").unwrap();
    let output = completed["data"]["full_output"]["hash"].as_str().unwrap();
    assert_eq!(world.get(&ada, &at(&format!("/outputs/{output}"))).await.is(200).text(), "the whole output");
    world.get(&ada, &at("/outputs/00")).await.refused(404, "not_found");

    let export = world.get(&ada, &at("/export?format=jsonl")).await.is(200).text();
    let lines: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines[0]["format"].as_str(), lines[1]["type"].as_str()), (Some("opensail-session"), Some("agent_session.requested")));
    assert_eq!(lines.iter().filter(|line| line.get("blob").is_some()).count(), 3);
    let atif = world.get(&ada, &at("/export?format=atif")).await.is(200).json();
    assert_eq!((atif["schema_version"].as_str(), atif["final_metrics"]["total_prompt_tokens"].as_u64()), (Some("ATIF-v1.4"), Some(10)));
    assert_eq!(atif["steps"][1]["observation"]["results"][0], json!({ "source_call_id": "1-0", "content": "done" }));
    world.get(&ada, &at("/export?format=pdf")).await.refused(422, "validation");

    world.ask(&ada, "POST", &at("/cancel"), None).await.refused(409, "state");
    world.post(&ada, &at("/messages"), json!({ "text": "And now?" })).await.is(202);
    let list = world.get(&ada, &format!("{path}?min_position={}", self::head(&world).await)).await.is(200).json();
    assert_eq!(list["items"][0]["status"], "queued");
}

#[tokio::test]
async fn the_audit_tells_who_did_what() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let team = world.team(&ada).await;
    let project = world.project(&ada, &team).await;
    let session = world.session(&ada, &project).await;
    run(&world, &ada, &session).await;
    let head = head(&world).await;
    let path = format!("/api/v1/audit/events?team_id={team}&stream=agent_session-{session}&actor={session}&min_position={head}");
    let agents = world.get(&ada, &path).await.is(200).json();
    assert!(agents["items"].as_array().unwrap().iter().all(|event| event["actor"]["kind"] == "agent"));
    let answered = format!("/api/v1/audit/events?project_id={project}&type=agent_session.approval_answered");
    let answered = world.get(&ada, &answered).await.is(200).json();
    assert_eq!(answered["items"][0]["actor"]["name"], "ada");
    assert!(answered["items"][0].as_object().unwrap().contains_key("client_address"));
    let export = world.get(&ada, &format!("/api/v1/audit/export?team_id={team}")).await.is(200).text();
    let lines: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["format"], "opensail-audit");
    // Gapless in the team's own count.
    let (end, events) = lines[1..].split_last().unwrap();
    assert_eq!(end["end"]["events"], events.len());
    let places: Vec<_> = events.iter().map(|event| event["tenant_position"].as_u64().unwrap()).collect();
    assert_eq!(places, (1..=places.len() as u64).collect::<Vec<_>>());
    world.get(&ada, "/api/v1/audit/events?from=yesterday").await.refused(422, "validation");
    // Nobody seals this one.
    world.get(&ada, "/api/v1/audit/checkpoint").await.refused(503, "unavailable");
}

#[tokio::test]
async fn the_model_that_is_set_up_is_told() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let model = world.get(&ada, "/api/v1/model").await.is(200).json();
    assert_eq!((model["name"].as_str(), model["configured"].as_bool()), (Some("scripted"), Some(false)), "{model}");
}
