//! Every route under nobody's, a stranger's and too small a role's credentials.

use std::collections::BTreeSet;

use opensail_domain::team::Role;
use serde_json::{Value, json};

use super::world::{Person, World, request};
use crate::routes::{Needs, ROUTES};

/// A body that gets as far as the rights.
pub(super) fn body(method: &str, path: &str, team: &str, account: &str) -> Option<Value> {
    Some(match (method, path) {
        ("PUT", "/api/v1/model") => json!({ "provider": "openai", "name": "m", "api_key": "k" }),
        ("POST", "/api/v1/model/test") => json!({}),
        ("PUT", path) if path.contains("/snapshots/") => json!({ "name": "n" }),
        ("PUT", path) if path.ends_with("/retention") => json!({ "retention": { "days": 30, "every": 10 } }),
        ("GET" | "DELETE", _) | ("PUT", _) => return None,
        ("POST", path) if path.ends_with("/undo") => json!({ "to": 1 }),
        ("POST", path) if path.contains("/parked/") => json!({ "position": 1, "reason": "r" }),
        ("POST", path) if path.ends_with("/sweep") => json!({ "dry_run": true }),
        ("POST", path) if ["/fork", "/merge", "/discard"].iter().any(|end| path.ends_with(end)) => json!({}),
        ("POST", "/api/v1/projects") => json!({ "team_id": team, "name": "n" }),
        ("POST", path) if path.ends_with("/invitations") => json!({ "role": "viewer" }),
        ("POST", path) if path.ends_with("/accept") => json!({ "token": "guess" }),
        ("POST", path) if path.ends_with("/members") => json!({ "account_id": account, "role": "viewer" }),
        ("PATCH", path) if path.contains("/members/") => json!({ "role": "viewer" }),
        ("POST", path) if path.ends_with("/sessions") => json!({ "task": "t" }),
        ("POST", path) if path.ends_with("/messages") => json!({ "text": "t" }),
        ("POST", path) if path.ends_with("/forget") => json!({ "reason": "r" }),
        ("POST", path) if path.contains("/approvals/") => json!({ "decision": "deny" }),
        ("POST", path) if path.ends_with("/password") => json!({ "new_password": "long enough" }),
        ("POST", path) if path.ends_with("/cancel") || path.contains("/logout") => return None,
        _ => json!({ "name": "n" }),
    })
}

pub(super) struct Place {
    pub(super) team: String,
    pub(super) project: String,
    pub(super) session: String,
    pub(super) account: String,
    /// No question of the session's, unless a test asks one.
    pub(super) approval: String,
}

impl Place {
    pub(super) fn fill(&self, path: &str) -> String {
        let id = match path.split('/').nth(3) {
            Some("teams") => &self.team,
            Some("projects") => &self.project,
            _ => &self.session,
        };
        path.replace("{id}", id)
            .replace("{account_id}", &self.account)
            .replace("{*path}", "src/a.txt")
            .replace("{hash}", "00")
            .replace("{invitation_id}", &self.account)
            .replace("{approval_id}", &self.approval)
            .replace("{at}", "1")
            .replace("{name}", "team")
            .replace("{stream}", "team-1")
    }
}

pub(super) async fn place(world: &World) -> (Place, Person) {
    let admin = world.person("admin").await;
    let team = world.team(&admin).await;
    let project = world.project(&admin, &team).await;
    let session = world.session(&admin, &project).await;
    let approval = session.clone();
    (Place { team, project, session, account: admin.account.clone(), approval }, admin)
}

#[tokio::test]
async fn the_table_names_every_route_and_no_other() {
    let world = World::new().await;
    let document = world.send(request("GET", "/api/openapi.json", None, None)).await.is(200).json();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"].iter().filter(|method| item.get(**method).is_some()) {
            documented.insert((method.to_uppercase(), path.clone()));
        }
    }
    let listed: BTreeSet<_> = ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), path.replace("{*", "{"))).collect();
    assert_eq!(listed.len(), ROUTES.len(), "a route is listed twice");
    assert_eq!(documented, listed);
}

#[tokio::test]
async fn without_credentials_there_is_nothing() {
    let world = World::new().await;
    let (place, _) = place(&world).await;
    for (method, path, needs) in ROUTES {
        let filled = place.fill(path);
        let body = body(method, path, &place.team, &place.account);
        if *needs == Needs::Nothing {
            continue;
        }
        for bearer in [None, Some("Bearer osk_nothing"), Some("Bearer a.b.c"), Some("Basic x"), Some("Bearer ")] {
            let answer = world.send(request(method, &filled, bearer, body.clone())).await;
            assert_eq!(answer.status.as_u16(), 401, "{method} {path} {bearer:?}: {:?}", answer.bytes);
        }
    }
}

#[tokio::test]
async fn strangers_find_nothing() {
    let world = World::new().await;
    let (place, _) = place(&world).await;
    let stranger = world.person("stranger").await;
    for (method, path, needs) in ROUTES {
        let refusal = match needs {
            Needs::Holds(_) => 404,
            Needs::PlatformAdmin => 403,
            Needs::Nothing | Needs::RefreshCookie | Needs::SignIn => continue,
        };
        let body = body(method, path, &place.team, &place.account);
        let answer = world.ask(&stranger, method, &place.fill(path), body).await;
        assert_eq!(answer.status.as_u16(), refusal, "{method} {path}: {:?}", answer.bytes);
    }
    for path in ["audit/events", "audit/export", "projects"] {
        let path = format!("/api/v1/{path}?team_id={}", place.team);
        world.get(&stranger, &path).await.refused(404, "not_found");
    }
    world.get(&stranger, &format!("/api/v1/audit/events?project_id={}", place.project)).await.refused(404, "not_found");
    world.get(&stranger, &format!("/api/v1/live?sessions={}", place.session)).await.refused(404, "not_found");
    world.get(&stranger, &format!("/api/v1/live?teams={}", place.team)).await.refused(404, "not_found");
    for path in ["/api/v1/projects", "/api/v1/teams", "/api/v1/approvals"] {
        assert_eq!(world.get(&stranger, path).await.is(200).json(), json!({ "items": [], "next": null }), "{path}");
    }
    let own = world.get(&stranger, "/api/v1/audit/events?limit=200").await.is(200).json();
    assert!(own["items"].as_array().unwrap().iter().all(|event| event["team_id"].is_null()), "{own}");
}

#[tokio::test]
async fn too_small_a_role_is_forbidden() {
    let world = World::new().await;
    let (place, admin) = place(&world).await;
    for (role, name) in [(Role::Viewer, "viewer"), (Role::Editor, "editor")] {
        let person = world.person(name).await;
        let member = json!({ "account_id": person.account, "role": name });
        world.post(&admin, &format!("/api/v1/teams/{}/members", place.team), member).await.is(201);
        for (method, path, needs) in ROUTES {
            let Needs::Holds(permission) = needs else { continue };
            if role >= permission.minimal_role() {
                continue;
            }
            let body = body(method, path, &place.team, &place.account);
            let answer = world.ask(&person, method, &place.fill(path), body).await;
            assert_eq!(answer.status.as_u16(), 403, "{method} {path} as {name}: {:?}", answer.bytes);
        }
        world.get(&person, &format!("/api/v1/audit/events?team_id={}", place.team)).await.refused(403, "forbidden");
        world.get(&person, &format!("/api/v1/sessions/{}", place.session)).await.is(200);
    }
}
