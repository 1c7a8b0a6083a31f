//! Every write of the table, wished once under an idempotency key and once more after the caller lost the role.

use axum::http::{HeaderValue, StatusCode};
use opensail_domain::agent_session::AgentSessionCommand as C;
use opensail_domain::agent_session::message::{Answer, Tokens, ToolCall};
use opensail_domain::kernel::ApprovalId;
use opensail_eventstore::Journal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::routes::{Place, body, place};
use super::world::{self, Person, World, request};
use crate::routes::{Needs, ROUTES};

async fn keyed(world: &World, person: &Person, method: &str, path: &str, body: Option<Value>) -> world::Answer {
    let mut asked = request(method, path, Some(&person.bearer), body);
    asked.headers_mut().insert("idempotency-key", HeaderValue::from_static("k"));
    world.send(asked).await
}

/// The session asks a question; answers its id.
async fn question(world: &World, place: &Place) -> String {
    let fence = world.fence(&place.session).await;
    let approval = ApprovalId(Uuid::now_v7());
    let call = ToolCall { call_id: "1-0".into(), tool: "write_file".into(), arguments: "{}".into() };
    let answer = Answer { text: String::new(), tool_calls: vec![call] };
    let question =
        C::RequestApproval { approval_id: approval, call_id: "1-0".into(), grant: "write_file".into(), preview: "+hello".into(), now: 1 };
    for command in [
        C::BeginRun { worker: "test".into() },
        C::StartTurn,
        C::CompleteTurn { answer, model: "scripted".into(), tokens: Tokens::default(), micro_usd: None, duration_ms: 7 },
        question,
    ] {
        world.drive(&fence, &place.session, command).await;
    }
    approval.to_string()
}

async fn invitation(world: &World, admin: &Person, team: &str) -> Value {
    let path = format!("/api/v1/teams/{team}/invitations");
    world.post(admin, &path, json!({ "role": "editor" })).await.is(201).json()["token"].clone()
}

/// Writes about a session's files, which this world has none of; tried over real ones in `tests/house/agent_session/files/undo.rs`.
fn about_files(path: &str) -> bool {
    ["/undo", "/fork", "/merge", "/discard", "/snapshots/{at}"].iter().any(|end| path.ends_with(end))
}

/// What has to be so before the write can be done.
async fn prepare(world: &World, place: &mut Place, admin: &Person, method: &str, path: &str) {
    match (method, path) {
        (_, path) if path.contains("/approvals/") => place.approval = question(world, place).await,
        ("DELETE", "/api/v1/projects/{id}") => {
            // One without sessions, which could not be deleted otherwise.
            place.project = world.project(admin, &place.team).await;
        }
        ("POST", path) if path.ends_with("/forget") => {
            let cancel = place.fill("/api/v1/sessions/{id}/cancel");
            world.ask(admin, "POST", &cancel, None).await.is(202);
        }
        ("DELETE", "/api/v1/teams/{id}") => {
            place.team = world.team(admin).await;
        }
        ("DELETE", path) if path.contains("/files/") => {
            let file = place.fill("/api/v1/projects/{id}/files/{*path}");
            world.ask(admin, "PUT", &file, None).await.is(200);
        }
        _ => {}
    }
}

async fn join(world: &World, by: &Person, team: &str, who: &Person) {
    let wish = json!({ "account_id": who.account, "role": "admin" });
    world.post(by, &format!("/api/v1/teams/{team}/members"), wish).await.is(201);
}

/// A write of the table, done once by Bob in Ada's team.
struct Done {
    world: World,
    place: Place,
    ada: Person,
    bob: Person,
    eve: Person,
    method: &'static str,
    path: String,
    body: Option<Value>,
    status: StatusCode,
    answer: Value,
}

impl Done {
    async fn once(method: &'static str, path: &str) -> Done {
        let world = World::new().await;
        let (mut place, ada) = place(&world).await;
        prepare(&world, &mut place, &ada, method, path).await;
        let (bob, eve) = (world.person("bob").await, world.person("eve").await);
        let accepts = path.ends_with("/invitations/accept");
        if !accepts {
            join(&world, &ada, &place.team, &bob).await;
        }
        if path.contains("/members/{") {
            join(&world, &ada, &place.team, &eve).await;
        }
        place.account = eve.account.clone();
        let body = match accepts {
            true => Some(json!({ "token": invitation(&world, &ada, &place.team).await })),
            false => body(method, path, &place.team, &eve.account),
        };
        let path = place.fill(path);
        let first = keyed(&world, &bob, method, &path, body.clone()).await;
        assert!(first.status.is_success(), "{method} {path}: {:?}", first.bytes);
        let (status, answer) = (first.status, first.json());
        Done { world, place, ada, bob, eve, method, path, body, status, answer }
    }

    async fn again(&self) -> world::Answer {
        keyed(&self.world, &self.bob, self.method, &self.path, self.body.clone()).await
    }

    /// The team that it founded.
    fn founded(&self) -> Option<&str> {
        (self.path == "/api/v1/teams").then(|| self.answer["id"].as_str().expect("an id"))
    }
}

/// Writes that are tried here. Who forgot an account of one's own is nobody any more, and an administrator of the platform stays one.
fn writes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let tried = ROUTES.iter().filter(|(method, path, needs)| {
        let elsewhere = path.contains("/auth/") || path.contains("/accounts/") || *needs == Needs::PlatformAdmin || about_files(path);
        *method != "GET" && !elsewhere
    });
    tried.map(|(method, path, needs)| {
        assert_ne!(*needs, Needs::Nothing, "{method} {path}: a write that anybody may repeat");
        (*method, *path)
    })
}

#[tokio::test]
async fn who_lost_the_role_is_not_shown_what_it_once_wrote() {
    let mut tried = 0;
    for (method, path) in writes() {
        tried += 1;
        let done = Done::once(method, path).await;
        let same = done.again().await;
        assert!(same.status.is_success(), "{method} {path}: {:?}", same.bytes);
        assert_eq!(same.json()["position"], done.answer["position"], "{method} {path}");

        // In a team of his own making he has to take somebody in who can remove him.
        let (team, by) = match done.founded() {
            Some(team) => {
                join(&done.world, &done.bob, team, &done.eve).await;
                (team, &done.eve)
            }
            None => (done.place.team.as_str(), &done.ada),
        };
        if (method, path) != ("DELETE", "/api/v1/teams/{id}") {
            done.world.ask(by, "DELETE", &format!("/api/v1/teams/{team}/members/{}", done.bob.account), None).await.is(200);
        }
        let again = done.again().await;
        if method == "DELETE" && again.status == 200 {
            assert_eq!(again.json(), json!({ "position": done.answer["position"] }), "{method} {path}");
        } else {
            let problem = again.refused(404, "not_found");
            assert!(problem.get("position").is_none(), "{method} {path}: {problem}");
        }
    }
    assert!(tried >= 15, "only {tried} writes are in the table");
}

/// What was deleted since hides nothing from who could see it to the end: whoever lost the first answer is told it, and does not wish again.
#[tokio::test]
async fn what_was_deleted_since_is_answered_as_it_was_granted() {
    let mut tried = 0;
    // A session that runs, as one that asks does, is ended by its worker.
    for (method, path) in writes().filter(|(_, path)| !path.contains("/approvals/")) {
        tried += 1;
        let done = Done::once(method, path).await;
        let (razed, by) = match done.founded() {
            Some(team) => (team, &done.bob),
            None => (done.place.team.as_str(), &done.ada),
        };
        raze(&done.world, by, razed).await;
        let again = done.again().await;
        assert_eq!(again.status, done.status, "{method} {path}: {:?}", again.bytes);
        let again = again.json();
        for field in ["id", "position", "name", "token"] {
            assert_eq!(again[field], done.answer[field], "{method} {path}: {field}");
        }
        // It is gone for everything else.
        done.world.get(by, &format!("/api/v1/teams/{razed}")).await.refused(404, "not_found");
    }
    assert!(tried >= 14, "only {tried} writes are in the table");
}

/// Deletes a team with all that is in it.
async fn raze(world: &World, admin: &Person, team: &str) {
    let seen = format!("min_position={}", world.store.head().await.expect("a head").position);
    let projects = world.get(admin, &format!("/api/v1/projects?team_id={team}&{seen}")).await.json()["items"].clone();
    for project in projects.as_array().into_iter().flatten() {
        let project = project["id"].as_str().expect("an id");
        let sessions = world.get(admin, &format!("/api/v1/projects/{project}/sessions?{seen}")).await.json()["items"].clone();
        for session in sessions.as_array().into_iter().flatten() {
            let cancel = format!("/api/v1/sessions/{}/cancel", session["id"].as_str().expect("an id"));
            world.ask(admin, "POST", &cancel, None).await;
        }
        world.ask(admin, "DELETE", &format!("/api/v1/projects/{project}"), None).await.is(200);
    }
    let gone = world.ask(admin, "DELETE", &format!("/api/v1/teams/{team}"), None).await;
    assert!(gone.status == 200 || gone.status == 404, "{:?}", gone.bytes);
}

/// Who lost the role first does not get it back by the end of all roles.
#[tokio::test]
async fn who_was_gone_before_the_end_is_told_nothing() {
    let world = World::new().await;
    let (ada, bob) = (world.person("ada").await, world.person("bob").await);
    let team = world.team(&ada).await;
    let wish = json!({ "account_id": bob.account, "role": "admin" });
    world.post(&ada, &format!("/api/v1/teams/{team}/members"), wish).await.is(201);
    let (path, renamed) = (format!("/api/v1/teams/{team}"), Some(json!({ "name": "Ours" })));
    keyed(&world, &bob, "PATCH", &path, renamed.clone()).await.is(200);
    world.ask(&ada, "DELETE", &format!("{path}/members/{}", bob.account), None).await.is(200);
    keyed(&world, &bob, "PATCH", &path, renamed.clone()).await.refused(404, "not_found");
    world.ask(&ada, "DELETE", &path, None).await.is(200);
    keyed(&world, &bob, "PATCH", &path, renamed).await.refused(404, "not_found");
}
