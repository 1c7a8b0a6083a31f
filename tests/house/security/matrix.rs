//! Every route of the API's own table × nobody, a stranger, a viewer, an editor, an admin.

use std::collections::BTreeSet;

use opensail_api::{Needs, ROUTES};
use opensail_domain::team::Role;
use opensail_tests::people::Person;
use opensail_tests::world::{Answer, World};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

/// Real things for the routes to name.
struct Place {
    world: World,
    team: String,
    project: String,
    session: String,
    hash: String,
    /// A member that requests may be about.
    member: Person,
}

impl Place {
    async fn new() -> Place {
        let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
        let member = world.register("member").await;
        let (project, _) = world.project("boat").await;
        let team = world.team().await;
        let write = json!({ "tool_calls": [{ "name": "write_file", "arguments": { "file_path": "a.txt", "content": "a" } }] });
        let shell = json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": "true" } }] });
        let model = world.script(&[write, shell, json!({ "text": "done" })]);
        let session = world.session(&project, json!({ "task": "t", "model": model })).await;
        let first = world.session_is(&session, &["waiting_approval"]).await["approval_id"].as_str().expect("a question").to_owned();
        world.post(&format!("/api/v1/sessions/{session}/approvals/{first}"), json!({ "decision": "allow_once" })).await.expect(202);
        let hash = opensail_tests::world::until("a blob", async || {
            let events = world.events(&session).await;
            let started = events.into_iter().find(|event| event["type"] == "agent_session.tool_call_started")?;
            started["data"]["changes"][0]["after_blob"].as_str().map(String::from)
        })
        .await;
        world.session_is(&session, &["waiting_approval"]).await;
        world.join(&team, &member, "viewer").await;
        Place { world, team, project, session, hash, member }
    }

    async fn fill(&self, path: &str) -> String {
        let id = match path.split('/').nth(3) {
            Some("teams") => &self.team,
            Some("projects") => &self.project,
            _ => &self.session,
        };
        let approval =
            self.world.get(&format!("/api/v1/sessions/{}", self.session)).await["approval_id"].as_str().unwrap_or(&self.session).to_owned();
        path.replace("{id}", id)
            .replace("{account_id}", &self.member.id)
            .replace("{*path}", "a.txt")
            .replace("{invitation_id}", &self.member.id)
            .replace("{hash}", &self.hash)
            .replace("{name}", "team")
            .replace("{stream}", "team-1")
            .replace("{at}", &u64::MAX.to_string())
            .replace("{approval_id}", &approval)
    }

    /// A body that is well formed, so that only rights can stand in the way.
    fn body(&self, method: &str, path: &str) -> Option<Value> {
        Some(match (method, path) {
            ("PUT", "/api/v1/model") => json!({ "provider": "openai", "name": "m", "api_key": "k" }),
            ("POST", "/api/v1/model/test") => json!({}),
            ("PUT", path) if path.contains("/snapshots/") => json!({ "name": "n" }),
            ("PUT", path) if path.ends_with("/retention") => json!({ "retention": { "days": 30, "every": 10 } }),
            ("GET" | "DELETE" | "PUT", _) => return None,
            ("POST", path) if path.ends_with("/undo") => json!({ "to": 1 }),
            ("POST", path) if path.contains("/parked/") => json!({ "position": 1, "reason": "r" }),
            ("POST", path) if path.ends_with("/sweep") => json!({ "dry_run": true }),
            ("POST", path) if ["/fork", "/merge", "/discard"].iter().any(|end| path.ends_with(end)) => json!({}),
            ("POST", "/api/v1/projects") => json!({ "team_id": self.team, "name": "n" }),
            ("POST", path) if path.ends_with("/invitations") => json!({ "role": "viewer" }),
            ("POST", path) if path.ends_with("/accept") => json!({ "token": "guess" }),
            ("POST", path) if path.ends_with("/members") => json!({ "email": self.member.email, "role": "viewer" }),
            ("PATCH", path) if path.contains("/members/") => json!({ "role": "viewer" }),
            ("POST", path) if path.ends_with("/sessions") => json!({ "task": "t", "model": "scripted:/nowhere" }),
            ("POST", path) if path.ends_with("/messages") => json!({ "text": "t" }),
            ("POST", path) if path.ends_with("/forget") => json!({ "reason": "r" }),
            ("POST", path) if path.contains("/approvals/") => json!({ "decision": "deny" }),
            ("POST", path) if path.ends_with("/password") => json!({ "new_password": "long enough" }),
            _ => json!({ "name": "n" }),
        })
    }

    async fn ask(&self, token: &str, method: &str, path: &str) -> Answer {
        let (filled, body) = (self.fill(path).await, self.body(method, path));
        let method: Method = method.parse().expect("a method");
        // A stream that opens has no end; its head says enough.
        if path.ends_with("/stream") || path.ends_with("/live") {
            let filled = if path.ends_with("/live") { format!("{filled}?sessions={}", self.session) } else { filled };
            let response = self.world.http.get(format!("{}{filled}", self.world.url)).bearer_auth(token).send().await.expect("an answer");
            return Answer { status: response.status(), headers: response.headers().clone(), body: Value::Null, text: String::new() };
        }
        self.world.send_as(token, method, &filled, body.as_ref(), &[]).await
    }
}

#[tokio::test]
async fn the_document_and_the_table_name_the_same_routes() {
    let world = World::start(PROGRAM, &[]).await;
    let document = world.get("/api/openapi.json").await;
    assert!(document["openapi"].as_str().expect("a version").starts_with("3.1"));
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            if !matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                continue;
            }
            documented.insert((method.to_uppercase(), path.clone()));
            assert!(operation["responses"].as_object().is_some_and(|responses| !responses.is_empty()), "{method} {path}");
        }
    }
    let listed: BTreeSet<_> = ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), path.replace("{*", "{"))).collect();
    assert_eq!(documented, listed);
}

#[tokio::test]
async fn nobody_and_strangers() {
    let place = Place::new().await;
    let stranger = place.world.register("stranger").await;
    for (method, path, needs) in ROUTES {
        let nobody = place.ask("", method, path).await.status.as_u16();
        if path.contains("/auth/log") {
            // As the stranger it would sign out, and everything after it would be nobody's again.
            assert_eq!(nobody, if path.ends_with("login") { 422 } else { 401 }, "{method} {path}");
            continue;
        }
        let strange = place.ask(&stranger.token, method, path).await;
        match needs {
            Needs::Nothing => assert_ne!(nobody, 401, "{method} {path}"),
            Needs::RefreshCookie | Needs::SignIn => assert_eq!(nobody, 401, "{method} {path}"),
            Needs::PlatformAdmin => {
                assert_eq!(nobody, 401, "{method} {path}");
                assert_eq!(strange.status, 403, "{method} {path}: {}", strange.text);
            }
            Needs::Holds(_) => {
                assert_eq!(nobody, 401, "{method} {path}");
                assert_eq!(strange.status, 404, "{method} {path}: {}", strange.text);
                assert_eq!(strange.body["code"].as_str().unwrap_or("not_found"), "not_found", "no word on what there is");
            }
        }
        if path.ends_with("/live") {
            assert_eq!(strange.status, 404, "a stranger's live stream of our session");
        }
    }
    assert_eq!(place.world.get(&format!("/api/v1/sessions/{}", place.session)).await["status"], "waiting_approval", "nothing was moved");
}

#[tokio::test]
async fn roles_hold_what_the_table_says() {
    let place = Place::new().await;
    for (role, name) in [(Role::Viewer, "viewer"), (Role::Editor, "editor"), (Role::Admin, "admin")] {
        let person = place.world.register(name).await;
        place.world.join(&place.team, &person, name).await;
        for (method, path, needs) in ROUTES {
            let Needs::Holds(permission) = needs else { continue };
            let may = role >= permission.minimal_role();
            // What would take the place away from those who come after is only tried by who may not.
            let ends = *method == "DELETE" || path.ends_with("/cancel") || path.contains("/approvals/{");
            if may && ends {
                continue;
            }
            let answer = place.ask(&person.token, method, path).await;
            let status = answer.status.as_u16();
            if may {
                assert!(!matches!(status, 401 | 403 | 404 | 405 | 500..), "{name} may {method} {path}: {status} {}", answer.text);
            } else {
                assert_eq!(status, 403, "{name} may not {method} {path}: {}", answer.text);
            }
        }
    }
    // The same for what ends things, by who may, in an order that leaves each its object.
    let admin = place.world.token.clone();
    for (method, path) in [
        ("POST", "/api/v1/sessions/{id}/approvals/{approval_id}"),
        ("POST", "/api/v1/sessions/{id}/cancel"),
        ("DELETE", "/api/v1/projects/{id}/files/{*path}"),
        ("DELETE", "/api/v1/teams/{id}/members/{account_id}"),
    ] {
        let answer = place.ask(&admin, method, path).await;
        assert!(answer.status.is_success() || answer.status == 409, "{method} {path}: {}", answer.text);
    }
}
