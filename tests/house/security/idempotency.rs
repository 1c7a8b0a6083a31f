//! `Idempotency-Key`: a repeated wish is one wish, per caller.

use opensail_tests::people::Person;
use opensail_tests::world::{Answer, World};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

async fn keyed(world: &World, person: &Person, method: Method, path: &str, key: &str, body: &Value) -> Answer {
    world.send_as(&person.token, method, path, Some(body), &[("idempotency-key", key)]).await
}

#[tokio::test]
async fn a_repeated_wish_is_one_wish() {
    let mut world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (ada, bob) = (world.register("ada").await, world.register("bob").await);
    let (teams, wish) = ("/api/v1/teams", json!({ "name": "Sailors" }));
    let first = keyed(&world, &ada, Method::POST, teams, "k", &wish).await.expect(201);
    // At once, after a restart: the same answer.
    for round in 0..2 {
        let again = futures::future::join_all((0..4).map(|_| keyed(&world, &ada, Method::POST, teams, "k", &wish))).await;
        for answer in again {
            let again = answer.expect(201);
            assert_eq!((&again["id"], &again["position"]), (&first["id"], &first["position"]));
        }
        if round == 0 {
            world.kill().await;
            world.serve(&[]).await;
        }
    }
    let listed = ada.get(&world, teams).await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));

    let other = keyed(&world, &ada, Method::POST, teams, "k", &json!({ "name": "Pirates" })).await;
    assert_eq!((other.status.as_u16(), other.body["code"].as_str()), (422, Some("idempotency_key_reused")), "{}", other.text);
    // Another caller, another path, another key: another wish.
    let of_bob = keyed(&world, &bob, Method::POST, teams, "k", &wish).await.expect(201);
    assert_ne!(of_bob["id"], first["id"]);
    let id = first["id"].as_str().expect("an id");
    keyed(&world, &ada, Method::PATCH, &format!("{teams}/{id}"), "k", &wish).await.expect(200);
    let second = keyed(&world, &ada, Method::POST, teams, "k2", &wish).await.expect(201);
    assert_ne!(second["id"], first["id"]);
    for key in ["", &"k".repeat(256)] {
        assert_eq!(keyed(&world, &ada, Method::POST, teams, key, &wish).await.status, 422);
    }
    keyed(&world, &ada, Method::POST, teams, &"k".repeat(255), &wish).await.expect(201);

    // Many at once with a fresh key: one team.
    let answers = futures::future::join_all((0..8).map(|_| keyed(&world, &bob, Method::POST, teams, "burst", &wish))).await;
    let ids: std::collections::BTreeSet<String> = answers.into_iter().map(|answer| answer.expect(201)["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
}

/// A refusal is not kept: mended, the same wish is granted.
#[tokio::test]
async fn a_refusal_is_not_kept() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (ada, bob) = (world.register("ada").await, world.register("bob").await);
    let team = ada.post(&world, "/api/v1/teams", json!({ "name": "t" })).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let wish = json!({ "team_id": team, "name": "p" });
    keyed(&world, &bob, Method::POST, "/api/v1/projects", "k", &wish).await.expect(404);
    ada.post(&world, &format!("/api/v1/teams/{team}/members"), json!({ "email": bob.email, "role": "editor" })).await.expect(201);
    keyed(&world, &bob, Method::POST, "/api/v1/projects", "k", &wish).await.expect(201);
}

/// Who lost the role since does not learn the old answer by its key.
#[tokio::test]
async fn an_old_answer_is_for_who_may_still_see_it() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let (ada, bob) = (world.register("ada").await, world.register("bob").await);
    let team = ada.post(&world, "/api/v1/teams", json!({ "name": "t" })).await.expect(201)["id"].as_str().expect("an id").to_owned();
    ada.post(&world, &format!("/api/v1/teams/{team}/members"), json!({ "email": bob.email, "role": "admin" })).await.expect(201);
    let wish = json!({ "name": "secret new name" });
    let path = format!("/api/v1/teams/{team}");
    keyed(&world, &bob, Method::PATCH, &path, "k", &wish).await.expect(200);
    ada.send(&world, Method::DELETE, &format!("{path}/members/{}", bob.id), None).await.expect(200);
    ada.send(&world, Method::PATCH, &path, Some(&json!({ "name": "renamed since" }))).await.expect(200);
    let again = keyed(&world, &bob, Method::PATCH, &path, "k", &wish).await;
    assert!(!again.text.contains("renamed since"), "{}", again.text);
}

#[tokio::test]
async fn sign_in_ignores_keys() {
    let world = World::start(PROGRAM, &[("OPENSAIL_REGISTRATION", "open")]).await;
    let ada = world.register("ada").await;
    let body = json!({ "email": ada.email, "password": opensail_tests::people::PASSWORD });
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let answer = world.send_as("", Method::POST, "/api/v1/auth/login", Some(&body), &[("idempotency-key", "k")]).await;
        tokens.push(opensail_tests::people::Browser::of(&answer).refresh);
        answer.expect(200);
    }
    assert_ne!(tokens[0], tokens[1], "a secret is never told twice");
}

/// A file write repeated after the answer was lost is one event.
#[tokio::test]
async fn a_file_write_repeated_is_one_event() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, folder) = world.project("boat").await;
    let (path, bearer) = (format!("/api/v1/projects/{project}/files/a.txt"), format!("Bearer {}", world.token));
    let write = async |key: &str, body: &str, condition: &[(&str, &str)]| {
        let mut headers = vec![("authorization", bearer.as_str()), ("idempotency-key", key)];
        headers.extend(condition);
        world.ask(Method::PUT, &path, &headers, body.to_owned()).await
    };
    let first = write("k", "one", &[("if-none-match", "*")]).await.expect(200);
    let again = write("k", "one", &[("if-none-match", "*")]).await.expect(200);
    assert_eq!((&again["position"], &again["hash"]), (&first["position"], &first["hash"]));
    assert_eq!(write("k", "two", &[]).await.status, 422);
    assert_eq!(std::fs::read_to_string(folder.join("a.txt")).expect("there"), "one");
    write("k2", "two", &[]).await.expect(200);
    // The old wish again does not bring the old bytes back.
    write("k", "one", &[("if-none-match", "*")]).await.expect(200);
    assert_eq!(std::fs::read_to_string(folder.join("a.txt")).expect("there"), "two");
}
