//! The journey of a new user, over HTTP and over the command line, with the server killed in the middle.

use futures::StreamExt;
use opensail_deploy::cli::events::{Frame, Frames};
use opensail_tests::postgres;
use opensail_tests::world::{World, until};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::PROGRAM;

fn write(path: &str, content: &str) -> Value {
    json!({ "text": format!("Writing {path}."), "tool_calls": [{ "name": "write_file", "arguments": { "file_path": path, "content": content } }] })
}
fn shell(command: &str) -> Value {
    json!({ "text": "Running it.", "tool_calls": [{ "name": "bash_exec", "arguments": { "command": command } }] })
}
fn say(text: &str) -> Value {
    json!({ "text": text })
}

/// Reads a session's stream up to its end or `enough`; answers the frames with an id.
async fn stream(world: &World, session: &str, after: Option<&str>, enough: impl Fn(&Frame) -> bool) -> Vec<Frame> {
    let mut request = world.http.get(format!("{}/api/v1/sessions/{session}/stream", world.url)).bearer_auth(&world.token);
    if let Some(after) = after {
        request = request.header("Last-Event-ID", after);
    }
    let response = request.send().await.expect("a stream");
    if response.status() == 204 {
        return Vec::new();
    }
    assert_eq!(response.status(), 200);
    let (mut bytes, mut frames, mut seen) = (response.bytes_stream(), Frames::default(), Vec::new());
    while let Some(Ok(piece)) = bytes.next().await {
        for frame in frames.push(&piece).expect("frames") {
            let last = frame.event == "end" || enough(&frame);
            if frame.id.is_some() {
                seen.push(frame);
            }
            if last {
                return seen;
            }
        }
    }
    seen
}

#[tokio::test]
async fn from_the_link_to_the_audit_with_a_kill_in_between() {
    from_the_link_to_the_audit(&[]).await;
}

#[tokio::test]
async fn from_the_link_to_the_audit_on_postgres() {
    let database = postgres::fresh_database().await;
    from_the_link_to_the_audit(&database.settings()).await;
}

async fn from_the_link_to_the_audit(settings: &[(&str, &str)]) {
    let mut world = World::start(PROGRAM, settings).await;

    // The printed link signs in, once.
    let log = world.log();
    let link = log.split_whitespace().find(|word| word.contains("/sign-in#")).expect("a link is printed on the first run");
    let token = link.split_once('#').expect("a token").1.to_string();
    let signed_in = world.send_as("", Method::POST, "/api/v1/auth/link", Some(&json!({ "token": token })), &[]).await.expect(200);
    assert!(signed_in["access_token"].is_string());
    world.send_as("", Method::POST, "/api/v1/auth/link", Some(&json!({ "token": token })), &[]).await.expect(401);

    // A project in place, a task, a question.
    let (project, folder) = world.project("boat").await;
    let model = world.script(&[
        write("boat.sh", "echo sail\n"),
        shell("sh boat.sh"),
        say("It sails."),
        shell("cat boat.sh"),
        say("It is a script."),
    ]);
    let session = world.session(&project, json!({ "task": "build a boat", "model": model, "edit_mode": "ask" })).await;
    let waiting = world.session_is(&session, &["waiting_approval", "failed"]).await;
    assert_eq!(waiting["status"], "waiting_approval");
    assert!(!folder.join("boat.sh").exists(), "nothing happens before it is allowed");
    let first = stream(&world, &session, None, |frame| frame.event == "agent_session.approval_requested").await;
    let cursor = first.last().and_then(|frame| frame.id.clone()).expect("a cursor");

    // kill -9 while it waits; the answer comes to the next server.
    world.kill().await;
    world.serve(&[]).await;
    let mut answered: Vec<Value> = Vec::new();
    let mut allow = async |decision: &str| {
        let question = until("a question", async || {
            let open = world.get(&format!("/api/v1/sessions/{session}/approvals")).await;
            open["items"].as_array().and_then(|items| items.iter().find(|question| !answered.contains(&question["id"])).cloned())
        })
        .await;
        answered.push(question["id"].clone());
        let path = format!("/api/v1/sessions/{session}/approvals/{}", question["id"].as_str().expect("an id"));
        world.post(&path, json!({ "decision": decision })).await.expect(202);
        // The same answer again is fine, another one is not.
        world.post(&path, json!({ "decision": decision })).await.expect(200);
        assert_eq!(world.post(&path, json!({ "decision": "deny" })).await.status, 409);
        question
    };
    allow("allow_once").await;
    let question = until("the second question", async || {
        let open = world.get(&format!("/api/v1/sessions/{session}/approvals")).await;
        open["items"].as_array().and_then(|items| items.iter().find(|question| question["tool"] == "bash_exec").cloned())
    })
    .await;
    assert!(question["preview"].as_str().expect("a preview").contains("sh boat.sh"), "the exact command is shown");
    allow("allow_session").await;
    let done = world.session_is(&session, &["completed", "failed"]).await;
    assert_eq!(done["status"], "completed", "{}", world.log());
    assert_eq!(std::fs::read_to_string(folder.join("boat.sh")).expect("written"), "echo sail\n");

    // The watcher resumes without gap or repeat.
    let rest = stream(&world, &session, Some(&cursor), |_| false).await;
    let ids: Vec<_> = first.iter().chain(&rest).filter_map(|frame| frame.id.clone()).collect();
    let all: Vec<_> = stream(&world, &session, None, |_| false).await.iter().filter_map(|frame| frame.id.clone()).collect();
    assert_eq!(ids, all);
    assert!(stream(&world, &session, all.last().map(String::as_str), |_| false).await.is_empty(), "past the end there is nothing");
    let output =
        world.events(&session).await.iter().find(|event| event["data"]["tool"] == "bash_exec" && event["data"]["outcome"] == "ok").cloned();
    assert!(output.expect("the command ran")["data"]["output"].as_str().expect("output").contains("sail"));

    // A follow-up; then the past.
    world.post(&format!("/api/v1/sessions/{session}/messages"), json!({ "text": "what is it?" })).await.expect(202);
    allow("allow_once").await;
    let followed = until("the follow-up", async || {
        let details = world.get(&format!("/api/v1/sessions/{session}")).await;
        (details["status"] == "completed" && details["usage"]["steps"] == 5).then_some(details)
    })
    .await;
    assert_eq!(followed["status"], "completed");
    let replay = world.get(&format!("/api/v1/sessions/{session}/replay")).await;
    let messages = replay["messages"].as_array().expect("messages");
    assert_eq!(messages.first().map(|message| message["role"].clone()), Some("user".into()));
    assert!(messages.iter().any(|message| message["text"] == "It is a script."));
    let until_position = replay["position"].as_u64().expect("a position") - 3;
    let earlier = world.get(&format!("/api/v1/sessions/{session}/replay?until={until_position}")).await;
    assert!(earlier["messages"].as_array().expect("messages").len() < messages.len());
    let team = world.team().await;
    let audit = world.get(&format!("/api/v1/audit/events?team_id={team}&type=agent_session.approval_answered")).await;
    assert!(
        audit["items"].as_array().expect("items").iter().all(|item| item["actor"]["kind"] == "api_key"),
        "the command line's token answered"
    );
    assert!(!audit["items"].as_array().expect("items").is_empty());
    assert_eq!(world.stop().await, Some(0));
}

#[tokio::test]
async fn the_command_line_does_the_same() {
    let world = World::start(PROGRAM, &[]).await;
    let folder = world.project_folder("cli");
    let model = world.script(&[write("a.txt", "one\n"), shell("cat a.txt"), say("Done.")]);
    let project = folder.display().to_string();
    let mut run = world
        .command(&["session", "run", "write a file", "--project", &project, "--model", &model, "--yes", "--json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(run.stdout.take().expect("output")).lines();
    let mut types = Vec::new();
    let mut session = String::new();
    while let Some(line) = lines.next_line().await.expect("a line") {
        let item: Value = serde_json::from_str(&line).expect("JSON lines and nothing else");
        if let Some(kind) = item["type"].as_str() {
            types.push(kind.to_string());
            session = item["stream"].as_str().expect("a stream").trim_start_matches("agent_session-").to_string();
        }
    }
    assert_eq!(run.wait().await.expect("ended").code(), Some(0));
    assert_eq!(types.first().map(String::as_str), Some("agent_session.requested"));
    assert_eq!(types.last().map(String::as_str), Some("agent_session.completed"));

    let opensail = async |arguments: &[&str]| {
        let output = world.command(arguments).output().await.expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, replay, error) = opensail(&["session", "replay", &session]).await;
    assert_eq!((code, replay.contains("bash_exec")), (Some(0), true), "{replay}{error}");
    assert!(!replay.contains('\x1b'), "no colours when nobody looks");
    let file = world.path().join("session.jsonl").display().to_string();
    assert_eq!(opensail(&["session", "export", &session, "--output", &file]).await.0, Some(0));
    assert_eq!(opensail(&["session", "replay", &file]).await.1, replay, "a replay from the file is the same");
    let (code, diff, _) = opensail(&["session", "diff", &session]).await;
    assert_eq!((code, diff.contains("+one")), (Some(0), true), "{diff}");
    let (code, list, _) = opensail(&["session", "list", "--project", &project]).await;
    assert_eq!((code, list.contains(&session)), (Some(0), true), "{list}");
    let (code, audit, _) = opensail(&["audit", "query", "--type", "agent_session.completed"]).await;
    assert_eq!((code, audit.contains(&session)), (Some(0), true), "{audit}");
    assert_eq!(opensail(&["session", "replay", "no-such-file"]).await.0, Some(1));
    assert_eq!(opensail(&["session", "run"]).await.0, Some(2), "wrong usage is 2");
    assert_eq!(opensail(&["projection", "list"]).await.0, Some(0));

    // Nobody there to ask: cancelled, exit code 1.
    let model = world.script(&[shell("true"), say("no")]);
    let (code, _, error) = opensail(&["session", "run", "ask me", "--project", &project, "--model", &model, "--json"]).await;
    assert_eq!(code, Some(1), "{error}");
    assert!(error.contains("--yes"), "{error}");
}

#[tokio::test]
async fn the_command_line_starts_a_server_of_its_own_when_none_runs() {
    let world = World::at_rest(PROGRAM, &[]);
    let folder = world.project_folder("alone").display().to_string();
    let model = world.script(&[write("b.txt", "two\n"), say("Done.")]);
    let run =
        world.command(&["session", "run", "write", "--project", &folder, "--model", &model, "--yes"]).output().await.expect("it runs");
    assert_eq!(run.status.code(), Some(0), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(String::from_utf8_lossy(&run.stdout).contains("completed"));
}

#[tokio::test]
async fn without_a_model_there_is_a_tour() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("tour").await;
    let session = world.session(&project, json!({ "task": "show me", "edit_mode": "allow" })).await;
    let done = world.session_is(&session, &["completed", "failed", "limit_reached"]).await;
    assert_eq!(done["status"], "completed", "{done} {}", world.log());
    let exits: Vec<_> = world.events(&session).await.iter().filter_map(|event| event["data"]["exit_code"].as_i64()).collect();
    assert!(exits.iter().any(|code| *code != 0) && exits.last() == Some(&0), "a test fails first and passes at the end: {exits:?}");
    assert!(std::fs::read_dir(folder.join("opensail-tour")).expect("the folder").count() >= 2, "a program and its test");
    let diff = world.get(&format!("/api/v1/sessions/{session}/diff")).await;
    assert!(!diff["items"].as_array().expect("files").is_empty());
}
