//! `GET audit/events`: filters, rights, and that each event says who, why and where from.

use std::collections::BTreeSet;

use opensail_tests::people::Person;
use opensail_tests::postgres::fresh_database;
use opensail_tests::world::{World, until};
use serde_json::{Value, json};

use crate::PROGRAM;

const OPEN: (&str, &str) = ("OPENSAIL_REGISTRATION", "open");

struct Place {
    world: World,
    team: String,
    project: String,
    session: String,
    bob: Person,
}

/// A team with an editor, a file by a person, a session by an agent.
async fn place(world: World) -> Place {
    let (project, _) = world.project("boat").await;
    let team = world.team().await;
    let bob = world.register("bob").await;
    world.join(&team, &bob, "editor").await;
    bob.browser.send(&world, reqwest::Method::PUT, &format!("/api/v1/projects/{project}/files/a.txt"), None).await.expect(200);
    until("the file to be captured", async || {
        let captures = world.get(&format!("/api/v1/audit/events?project_id={project}&type=project.workspace_captured")).await;
        captures["items"].get(0).map(|_| ())
    })
    .await;
    let call = json!({ "tool_calls": [{ "name": "write_file", "arguments": { "file_path": "b.txt", "content": "b" } }] });
    let wish = json!({ "task": "t", "model": world.script(&[call, json!({ "text": "done" })]), "edit_mode": "allow" });
    let session =
        bob.post(&world, &format!("/api/v1/projects/{project}/sessions"), wish).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let position = world.session_is(&session, &["completed"]).await["position"].clone();
    world.get(&format!("/api/v1/audit/events?min_position={position}")).await;
    Place { world, team, project, session, bob }
}

/// That these tests look at the audit stands in it too; `reading.rs` is about that.
fn is_reading(event: &Value) -> bool {
    event["type"] == "team.audit_read"
}

impl Place {
    async fn whole(&self, query: &str) -> Vec<Value> {
        let page = self.world.get(&format!("/api/v1/audit/events?limit=200&order=asc&{query}")).await;
        assert_eq!(page["next"], Value::Null);
        page["items"].as_array().expect("items").clone()
    }

    async fn ask(&self, query: &str) -> Vec<Value> {
        self.whole(query).await.into_iter().filter(|event| !is_reading(event)).collect()
    }
}

async fn filters_narrow_and_hold_together(world: World) {
    let place = place(world).await;
    let whole = place.whole(&format!("team_id={}", place.team)).await;
    let positions: Vec<u64> = whole.iter().map(|event| event["position"].as_u64().expect("a position")).collect();
    assert!(positions.windows(2).all(|pair| pair[0] < pair[1]));
    // Gapless within the team: nothing of it can be missing.
    let tenants: Vec<u64> = whole.iter().map(|event| event["tenant_position"].as_u64().expect("a position")).collect();
    assert_eq!(tenants, (1..=whole.len() as u64).collect::<Vec<_>>());
    let all = place.ask(&format!("team_id={}", place.team)).await;
    assert!(all.len() > 10);

    let stream = format!("agent_session-{}", place.session);
    let correlation =
        all.iter().find(|event| event["stream"] == stream).expect("the session")["correlation_id"].as_str().expect("an id").to_owned();
    let (first, last) = (all[3]["time"].as_str().expect("a time"), all[8]["time"].as_str().expect("a time"));
    type Holds<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let cases: Vec<(String, Holds)> = vec![
        (format!("project_id={}", place.project), Box::new(|event| event["project_id"] == *place.project)),
        (format!("actor={}", place.bob.id), Box::new(|event| event["actor"]["id"] == *place.bob.id)),
        (format!("actor={}", place.session), Box::new(|event| event["actor"]["kind"] == "agent")),
        ("type=project.file_written".into(), Box::new(|event| event["type"] == "project.file_written")),
        (format!("stream={stream}"), Box::new(|event| event["stream"] == stream)),
        (format!("correlation={correlation}"), Box::new(|event| event["correlation_id"] == correlation)),
        (format!("from={first}"), Box::new(|event| event["time"].as_str() >= Some(first))),
        (format!("to={last}"), Box::new(|event| event["time"].as_str() < Some(last))),
        (
            format!("from={first}&to={last}&stream={stream}"),
            Box::new(|event| event["stream"] == stream && event["time"].as_str() >= Some(first) && event["time"].as_str() < Some(last)),
        ),
        (
            format!("actor={}&type=agent_session.requested", place.bob.id),
            Box::new(|event| event["actor"]["id"] == *place.bob.id && event["type"] == "agent_session.requested"),
        ),
        ("type=no.such_type".into(), Box::new(|_| false)),
        (format!("stream={}", uuid::Uuid::now_v7()), Box::new(|_| false)),
    ];
    for (query, holds) in cases {
        let found = place.ask(&format!("team_id={}&{query}", place.team)).await;
        let wanted: Vec<Value> = all.iter().filter(|event| holds(event)).cloned().collect();
        assert_eq!(found, wanted, "{query}");
    }
    for query in ["from=yesterday", "to=1", "correlation=x", "team_id=x", "actr=x", "limit=0", "after=x"] {
        let refused = place.world.send(reqwest::Method::GET, &format!("/api/v1/audit/events?{query}"), None).await;
        assert!(matches!(refused.status.as_u16(), 404 | 422), "{query}: {}", refused.text);
    }
    // Page by page, both ways, it is the same list.
    for order in ["asc", "desc"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = place.world.get(&format!("/api/v1/audit/events?team_id={}&limit=4&order={order}{after}", place.team)).await;
            seen.extend(page["items"].as_array().expect("items").iter().filter(|event| !is_reading(event)).cloned());
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        if order == "desc" {
            seen.reverse();
        }
        assert_eq!(seen, all, "{order}");
    }
}

#[tokio::test]
async fn filters_narrow_and_hold_together_on_sqlite() {
    filters_narrow_and_hold_together(World::start(PROGRAM, &[OPEN]).await).await;
}

#[tokio::test]
async fn filters_narrow_and_hold_together_on_postgres() {
    let database = fresh_database().await;
    let [app, owner] = database.settings();
    filters_narrow_and_hold_together(World::start(PROGRAM, &[OPEN, app, owner]).await).await;
}

#[tokio::test]
async fn each_event_says_who_why_and_from_where() {
    let place = place(World::start(PROGRAM, &[OPEN]).await).await;
    let all = place.ask(&format!("team_id={}", place.team)).await;
    let kinds: BTreeSet<&str> = all.iter().map(|event| event["actor"]["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, BTreeSet::from(["agent", "api_key", "system", "user"]));
    for event in &all {
        for id in ["command_id", "correlation_id"] {
            assert!(uuid::Uuid::parse_str(event[id].as_str().expect(id)).is_ok(), "{event}");
        }
        assert!(event.get("client_address").is_some(), "the audit tells it, if only as null");
        assert!(!event["actor"]["id"].as_str().expect("an id").is_empty());
        match event["actor"]["kind"].as_str() {
            Some("user" | "api_key") => assert_eq!(event["client_address"], "127.0.0.1", "{event}"),
            Some("agent") => assert_eq!(event["actor"]["id"], *place.session),
            _ => {}
        }
    }
    // What the agent did goes back to what the person wished.
    let session: Vec<&Value> = all.iter().filter(|event| event["stream"] == format!("agent_session-{}", place.session)).collect();
    let wish = session[0];
    assert_eq!(
        (wish["type"].as_str(), wish["actor"]["id"].as_str(), wish["actor"]["name"].as_str()),
        (Some("agent_session.requested"), Some(place.bob.id.as_str()), Some("bob"))
    );
    assert!(session.iter().all(|event| event["correlation_id"] == wish["correlation_id"]), "{session:?}");
    assert!(session[1..].iter().all(|event| event["causation_id"].is_string()), "every later event has a cause");
}

#[tokio::test]
async fn only_admins_ask_for_a_team() {
    let place = place(World::start(PROGRAM, &[OPEN]).await).await;
    let carol = place.world.register("carol").await;
    let path = |query: String| format!("/api/v1/audit/events?{query}");
    for query in [format!("team_id={}", place.team), format!("project_id={}", place.project)] {
        place.bob.get(&place.world, &path(query.clone())).await.expect(403);
        carol.get(&place.world, &path(query.clone())).await.expect(404);
        place.bob.get(&place.world, &format!("/api/v1/audit/export?{query}")).await.expect(403);
        carol.get(&place.world, &format!("/api/v1/audit/export?{query}")).await.expect(404);
    }
    // Without a team there is one's own account and nothing else, whatever is filtered for.
    for query in [
        "limit=200".to_owned(),
        format!("stream=agent_session-{}", place.session),
        format!("actor={}", place.session),
        "type=agent_session.requested".into(),
    ] {
        let own = carol.get(&place.world, &path(query.clone())).await.expect(200);
        let foreign = own["items"].as_array().expect("items").iter().any(|event| event["actor"]["id"] != *carol.id);
        assert!(!foreign, "{query}: {own}");
    }
    let own = carol.get(&place.world, &path("limit=200".into())).await.expect(200);
    assert!(own["items"].as_array().expect("items").iter().any(|event| event["type"] == "account.registered"));
}

#[tokio::test]
async fn the_command_line_finds_the_team_of_what_is_asked_for() {
    let world = World::start(PROGRAM, &[]).await;
    world.team().await;
    let other = world.post("/api/v1/teams", json!({ "name": "other" })).await.expect(201)["id"].clone();
    let made = world.post("/api/v1/projects", json!({ "team_id": other, "name": "raft" })).await.expect(201);
    let project = made["id"].as_str().expect("an id").to_owned();
    world.get(&format!("/api/v1/audit/events?min_position={}", made["position"])).await;
    for asked in [["--project", project.as_str()], ["--stream", &format!("project-{project}")]] {
        let (code, said) = super::verify::run(&world, &["audit", "query", asked[0], asked[1]]).await;
        assert!(code == 0 && said.contains("project.created"), "{asked:?}: {said}");
    }
    let (code, said) = super::verify::run(&world, &["audit", "export", "--limit", "3"]).await;
    assert!(code == 2 && said.contains("--limit"), "an export has no pages: {said}");
    let (code, said) = super::verify::run(&world, &["projection", "rebuild", "../x"]).await;
    assert!(code == 1 && said.contains("leads elsewhere"), "{said}");
}

/// Who deletes a team does not hide what was done in it.
#[tokio::test]
async fn a_deleted_teams_history_is_shown_to_the_platforms_administrators() {
    let world = World::start(PROGRAM, &[OPEN]).await;
    let (ada, bob) = (world.register("ada").await, world.register("bob").await);
    let team = ada.post(&world, "/api/v1/teams", json!({ "name": "brief" })).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let of_team = format!("/api/v1/audit/events?team_id={team}");
    assert_eq!(world.send(reqwest::Method::GET, &of_team, None).await.status, 404, "while it is there, only to its own");
    let gone = ada.send(&world, reqwest::Method::DELETE, &format!("/api/v1/teams/{team}"), None).await.expect(200)["position"].clone();
    let seen = world.get(&format!("{of_team}&min_position={gone}")).await.to_string();
    assert!(seen.contains("team.created") && seen.contains("team.deleted"), "{seen}");
    assert_eq!(world.get(&format!("/api/v1/audit/proof?position={gone}")).await["event"]["type"], "team.deleted");
    let file = world.path().join("gone.jsonl").display().to_string();
    assert_eq!(super::verify::run(&world, &["audit", "export", "--team", &team, "--output", &file]).await.0, 0);
    let (code, said) = super::verify::run(&world, &["audit", "verify", &file]).await;
    assert!(code == 0 && said.contains("complete: "), "{said}");
    // They do not look unseen.
    let seen = world.get(&format!("{of_team}&order=desc")).await.to_string();
    assert!(seen.contains("team.audit_read") && seen.contains("team.audit_exported"), "{seen}");
    let (mut pages, mut after) = (0, String::new());
    while let Some(next) = world.get(&format!("{of_team}&limit=2&order=asc{after}")).await["next"].as_str() {
        (pages, after) = (pages + 1, format!("&after={next}"));
        assert!(pages < 20, "a page makes no further page");
    }
    for stranger in [&ada, &bob] {
        for path in [&of_team, &format!("/api/v1/audit/export?team_id={team}"), &format!("/api/v1/audit/proof?position={gone}")] {
            assert_eq!(stranger.send(&world, reqwest::Method::GET, path, None).await.status, 404, "{path}");
        }
    }
}
