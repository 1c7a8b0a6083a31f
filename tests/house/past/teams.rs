//! A team, its members and its projects, step by step and looked back at.

use opensail_tests::world::World;
use reqwest::Method;
use serde_json::json;

use super::{on_postgres, on_sqlite, position, texts, then};

async fn a_team_is_shown_as_it_was_at_every_step(world: World) {
    let (ada, bob) = (world.register("ada").await, world.register("bob").await);
    let made = ada.post(&world, "/api/v1/teams", json!({ "name": "Sailors" })).await.expect(201);
    let team = format!("/api/v1/teams/{}", made["id"].as_str().expect("an id"));
    let (members, of_bob) = (format!("{team}/members"), format!("{team}/members/{}", bob.id));
    let joined = ada.post(&world, &members, json!({ "email": bob.email, "role": "viewer" })).await.expect(201);
    let invited = ada.post(&world, &format!("{team}/invitations"), json!({ "role": "editor" })).await.expect(201);
    let promoted = ada.send(&world, Method::PATCH, &of_bob, Some(&json!({ "role": "editor" }))).await.expect(200);
    let renamed = ada.send(&world, Method::PATCH, &team, Some(&json!({ "name": "Divers" }))).await.expect(200);
    let invitation = format!("{team}/invitations/{}", invited["id"].as_str().expect("an id"));
    let revoked = ada.send(&world, Method::DELETE, &invitation, None).await.expect(200);
    let removed = ada.send(&world, Method::DELETE, &of_bob, None).await.expect(200);

    for (point, name, roles) in [
        (&made, "Sailors", vec!["admin"]),
        (&joined, "Sailors", vec!["admin", "viewer"]),
        (&promoted, "Sailors", vec!["admin", "editor"]),
        (&renamed, "Divers", vec!["admin", "editor"]),
        (&removed, "Divers", vec!["admin"]),
    ] {
        let shown = then(&world, &ada, &team, position(point)).await;
        assert_eq!((shown["name"].as_str(), shown["members"].as_u64()), (Some(name), Some(roles.len() as u64)), "{shown}");
        assert_eq!(texts(&then(&world, &ada, &members, position(point)).await, "role"), roles);
    }
    let shown = then(&world, &ada, &team, position(&removed)).await;
    assert_eq!(shown, ada.get(&world, &team).await.expect(200), "as of now is now");
    let open = async |point| then(&world, &ada, &format!("{team}/invitations"), point).await["items"].as_array().expect("items").len();
    assert_eq!([open(position(&joined)).await, open(position(&invited)).await, open(position(&revoked)).await], [0, 1, 0]);

    // Before it was made there was no team, for the list as for itself.
    ada.get(&world, &format!("{team}?as_of=1")).await.expect(404);
    assert_eq!(then(&world, &ada, "/api/v1/teams", 1).await["items"], json!([]));
    assert_eq!(texts(&then(&world, &ada, "/api/v1/teams", position(&made)).await, "name"), ["Sailors"]);

    // A time and a cursor mean the same point.
    let events = ada.get(&world, &format!("/api/v1/audit/events?type=team.renamed&team_id={}", &team[14..])).await.expect(200);
    let time = events["items"][0]["time"].as_str().expect("a time").to_owned();
    assert_eq!(then(&world, &ada, &team, &time).await["name"], "Divers");
    let cursor = ada.send(&world, Method::PATCH, &team, Some(&json!({ "name": "Swimmers" }))).await;
    let cursor = cursor.headers["opensail-position"].to_str().expect("text").to_owned();
    assert_eq!(then(&world, &ada, &team, cursor).await["name"], "Swimmers");
    assert_eq!(then(&world, &ada, &team, time).await["name"], "Divers");
    let me = then(&world, &ada, "/api/v1/auth/me", position(&made)).await;
    assert_eq!(me["email"], "ada@example.org");
}

#[tokio::test]
async fn a_team_is_shown_as_it_was_at_every_step_on_sqlite() {
    a_team_is_shown_as_it_was_at_every_step(on_sqlite().await).await;
}

#[tokio::test]
async fn a_team_is_shown_as_it_was_at_every_step_on_postgres() {
    a_team_is_shown_as_it_was_at_every_step(on_postgres().await).await;
}

async fn pages_of_the_past_hold_still_while_the_present_moves(world: World) {
    let ada = world.register("ada").await;
    let made = ada.post(&world, "/api/v1/teams", json!({ "name": "Sailors" })).await.expect(201);
    let team = made["id"].as_str().expect("an id").to_owned();
    let mut projects = Vec::new();
    for n in 0..7 {
        let body = json!({ "team_id": team, "name": format!("p{n}") });
        projects.push(ada.post(&world, "/api/v1/projects", body).await.expect(201));
    }
    let point = position(&projects[6]);
    for order in ["asc", "desc"] {
        let mut found = Vec::new();
        let mut after = String::new();
        for round in 0.. {
            let path = format!("/api/v1/projects?team_id={team}&limit=2&order={order}{after}");
            let page = then(&world, &ada, &path, point).await;
            found.extend(texts(&page, "name").into_iter().map(String::from));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
            // Meanwhile one is renamed, one goes and one comes.
            let of = |n: usize| format!("/api/v1/projects/{}", projects[n]["id"].as_str().expect("an id"));
            if order == "asc" {
                ada.send(&world, Method::PATCH, &of(round), Some(&json!({ "name": "other" }))).await.expect(200);
                ada.send(&world, Method::DELETE, &of(6 - round), None).await.expect(200);
                ada.post(&world, "/api/v1/projects", json!({ "team_id": team, "name": "new" })).await.expect(201);
            }
        }
        let mut wanted: Vec<_> = (0..7).map(|n| format!("p{n}")).collect();
        if order == "desc" {
            wanted.reverse();
        }
        assert_eq!(found, wanted, "{order}");
    }
}

#[tokio::test]
async fn pages_of_the_past_hold_still_while_the_present_moves_on_sqlite() {
    pages_of_the_past_hold_still_while_the_present_moves(on_sqlite().await).await;
}

#[tokio::test]
async fn pages_of_the_past_hold_still_while_the_present_moves_on_postgres() {
    pages_of_the_past_hold_still_while_the_present_moves(on_postgres().await).await;
}

async fn a_point_that_is_none_is_refused(world: World) {
    let ada = world.register("ada").await;
    let made = ada.post(&world, "/api/v1/teams", json!({ "name": "Sailors" })).await.expect(201);
    let team = format!("/api/v1/teams/{}", made["id"].as_str().expect("an id"));
    for (as_of, status, code) in [
        ("x", 422, "validation"),
        ("-1", 422, "validation"),
        ("2026-13-01T00:00:00Z", 422, "validation"),
        ("2026-01-01", 422, "validation"),
        ("1000000000", 422, "beyond_the_end"),
        ("99999999999999999999", 422, "validation"),
        ("2999-01-01T00:00:00Z", 503, "behind"),
        ("00000000000000000000000000000000.1", 410, "epoch_changed"),
        ("0", 404, "not_found"),
        ("1970-01-01T00:00:00Z", 404, "not_found"),
    ] {
        let refused = ada.get(&world, &format!("{team}?as_of={as_of}")).await;
        assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (status, Some(code)), "{as_of}: {}", refused.text);
        assert_eq!(refused.headers.contains_key("retry-after"), status == 503, "{as_of}");
    }
    let now = ada.get(&world, &format!("{team}?as_of=")).await.expect(200);
    assert_eq!(now["name"], "Sailors", "an empty value is as none");
}

#[tokio::test]
async fn a_point_that_is_none_is_refused_on_sqlite() {
    a_point_that_is_none_is_refused(on_sqlite().await).await;
}

#[tokio::test]
async fn a_point_that_is_none_is_refused_on_postgres() {
    a_point_that_is_none_is_refused(on_postgres().await).await;
}
