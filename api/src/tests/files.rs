//! Projects and their files.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use super::fakes::sha256;
use super::world::{Answer, World};

#[tokio::test]
async fn files_are_guarded_by_their_hash() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let team = world.team(&ada).await;
    let project = world.project(&ada, &team).await;
    let path = format!("/api/v1/projects/{project}/files/src/a%20b.txt");
    let put = async |condition: Option<(&str, String)>, bytes: &'static [u8]| -> Answer {
        let mut asked =
            Request::builder().method("PUT").uri(&path).header(header::HOST, "localhost").header(header::AUTHORIZATION, &ada.bearer);
        if let Some((name, value)) = condition {
            asked = asked.header(name, value);
        }
        world.send(asked.body(Body::from(bytes)).unwrap()).await
    };
    let one = sha256(b"one");
    let written = put(Some(("if-none-match", "*".into())), b"one").await.is(200);
    assert_eq!(written.headers[header::ETAG], format!("\"{one}\""));
    assert_eq!((written.json()["hash"].as_str(), written.json()["path"].as_str()), (Some(one.as_str()), Some("src/a b.txt")));
    let there = put(Some(("if-none-match", "*".into())), b"two").await.refused(412, "precondition_failed");
    assert_eq!(there["actual"], one);
    put(Some(("if-match", "\"00\"".into())), b"two").await.refused(412, "precondition_failed");
    put(Some(("if-match", format!("\"{one}\""))), b"\xff\x00").await.is(200);
    let read = world.get(&ada, &path).await.is(200);
    assert_eq!((&read.bytes[..], &read.headers[header::CONTENT_DISPOSITION]), (&b"\xff\x00"[..], &"attachment".parse().unwrap()));
    let mut known = super::world::request("GET", &path, Some(&ada.bearer), None);
    known.headers_mut().insert(header::IF_NONE_MATCH, read.headers[header::ETAG].clone());
    assert!(world.send(known).await.is(304).bytes.is_empty());
    let tree = world.get(&ada, &format!("/api/v1/projects/{project}/tree?depth=3")).await.is(200).json();
    assert_eq!((tree["items"][0]["path"].as_str(), tree["items"][0]["kind"].as_str()), (Some("src/a b.txt"), Some("file")));
    world.get(&ada, &format!("/api/v1/projects/{project}/files/..%2Fx")).await.refused(422, "validation");
    world.get(&ada, &format!("/api/v1/projects/{project}/tree?depth=0")).await.refused(422, "validation");
    world.ask(&ada, "DELETE", &path, None).await.is(200);
    world.get(&ada, &path).await.refused(404, "not_found");
    world.get(&ada, "/api/v1/templates").await.is(200);
}

#[tokio::test]
async fn a_project_tells_its_source() {
    let world = World::new().await;
    let ada = world.person("ada").await;
    let team = world.team(&ada).await;
    let body = json!({ "team_id": team, "name": "P", "source": { "kind": "template", "name": "hello" } });
    let made = world.post(&ada, "/api/v1/projects", body).await.is(201).json();
    assert_eq!((made["source"]["name"].as_str(), made["status"].as_str()), (Some("hello"), Some("preparing")));
    let odd = json!({ "team_id": team, "name": "P", "source": { "kind": "empty", "path": "/x" } });
    let refused = world.post(&ada, "/api/v1/projects", odd).await.refused(422, "unknown_field");
    assert_eq!(refused["errors"][0]["pointer"], "/source/path");
    // Not fetched yet, so nothing can be read.
    let tree = format!("/api/v1/projects/{}/tree", made["id"].as_str().unwrap());
    assert_eq!(world.get(&ada, &tree).await.refused(409, "state")["reason"], "project_not_ready");
}
