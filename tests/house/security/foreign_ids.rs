//! Ids of other people's things, in paths, bodies and queries.

use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;

use crate::PROGRAM;

#[tokio::test]
async fn another_teams_ids_open_nothing() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (ours, _) = world.project("ours").await;
    let our_team = world.team().await;
    let shell = json!({ "tool_calls": [{ "name": "bash_exec", "arguments": { "command": "true" } }] });
    let session = world.session(&ours, json!({ "task": "secret task", "model": world.script(&[shell, json!({ "text": "done" })]) })).await;
    let approval = world.session_is(&session, &["waiting_approval"]).await["approval_id"].as_str().expect("a question").to_owned();

    let eve = world.register("eve").await;
    let her_team = eve.post(&world, "/api/v1/teams", json!({ "name": "hers" })).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let hers = eve.post(&world, "/api/v1/projects", json!({ "team_id": her_team, "name": "hers" })).await.expect(201)["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    super::settle(&world, &eve, &hers).await;
    let her_session = eve
        .post(
            &world,
            &format!("/api/v1/projects/{hers}/sessions"),
            json!({ "task": "t", "model": world.script(&[json!({ "text": "x" })]) }),
        )
        .await
        .expect(201)["id"]
        .as_str()
        .expect("an id")
        .to_owned();

    eve.post(&world, "/api/v1/projects", json!({ "team_id": our_team, "name": "n" })).await.expect(404);
    // A field that would move a thing elsewhere is no field.
    for (path, body) in [
        (format!("/api/v1/projects/{hers}"), json!({ "name": "n", "team_id": our_team })),
        (format!("/api/v1/projects/{hers}/sessions"), json!({ "task": "t", "project_id": ours })),
        (format!("/api/v1/projects/{hers}/sessions"), json!({ "task": "t", "team_id": our_team })),
        (format!("/api/v1/teams/{her_team}/members"), json!({ "account_id": eve.id, "role": "admin", "team_id": our_team })),
    ] {
        let method = if path.ends_with(&hers) { Method::PATCH } else { Method::POST };
        let refused = eve.send(&world, method, &path, Some(&body)).await;
        assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (422, Some("unknown_field")), "{path}: {}", refused.text);
    }
    // Her own path with our inner id.
    eve.post(&world, &format!("/api/v1/sessions/{her_session}/approvals/{approval}"), json!({ "decision": "allow_once" }))
        .await
        .expect(404);
    eve.post(&world, &format!("/api/v1/sessions/{session}/approvals/{approval}"), json!({ "decision": "allow_once" })).await.expect(404);
    for query in [format!("team_id={our_team}"), format!("project_id={ours}"), format!("team_id={her_team}&project_id={ours}")] {
        eve.get(&world, &format!("/api/v1/audit/events?{query}")).await.expect(404);
    }
    for query in [format!("stream=agent_session-{session}"), format!("team_id={her_team}&stream=agent_session-{session}")] {
        let found = eve.get(&world, &format!("/api/v1/audit/events?{query}")).await.expect(200);
        assert_eq!(found["items"], json!([]), "{query}");
    }
    for query in [format!("sessions={session}"), format!("teams={our_team}"), format!("sessions={her_session},{session}")] {
        assert_eq!(eve.get(&world, &format!("/api/v1/live?{query}")).await.status, 404, "{query}");
    }
    for path in ["/api/v1/projects", "/api/v1/approvals", "/api/v1/teams"] {
        let listed = eve.get(&world, path).await.expect(200).to_string();
        assert!(!listed.contains(&ours) && !listed.contains(&session) && !listed.contains(&our_team), "{path}: {listed}");
    }
    // Ids that are none.
    for id in ["x", "..", "%00", "0", "00000000-0000-0000-0000-000000000000", &"9".repeat(400)] {
        for room in ["teams", "projects", "sessions"] {
            let status = world.raw_path("GET", &format!("/api/v1/{room}/{id}"), "").await.0;
            assert!(matches!(status, 400 | 404), "{room}/{id}: {status}");
        }
    }
    assert_eq!(world.get(&format!("/api/v1/sessions/{session}")).await["status"], "waiting_approval");
}

/// A role that is taken away counts from that moment on, on requests under way as well.
#[tokio::test]
async fn a_role_taken_away_counts_at_once() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (project, folder) = world.project("boat").await;
    let team = world.team().await;
    let bob = world.register("bob").await;
    for round in 0..5 {
        world.join(&team, &bob, "editor").await;
        let path = format!("/api/v1/projects/{project}/files/{round}.txt");
        bob.send(&world, Method::PUT, &path, None).await.expect(200);
        let member = format!("/api/v1/teams/{team}/members/{}", bob.id);
        let other = format!("/api/v1/projects/{project}/files/{round}-late.txt");
        let (removed, written) = tokio::join!(world.send(Method::DELETE, &member, None), bob.send(&world, Method::PUT, &other, None));
        let removed_at = removed.expect(200)["position"].as_u64().expect("a position");
        match written.status.as_u16() {
            200 => assert!(written.body["position"].as_u64() < Some(removed_at), "it was written with rights that were gone"),
            404 | 409 => assert!(!folder.join(format!("{round}-late.txt")).exists(), "a refused write leaves nothing"),
            other => panic!("{other}: {}", written.text),
        }
        bob.send(&world, Method::PUT, &path, None).await.expect(404);
    }
}
