//! Orders to the queue of work.

use std::time::Duration;

use opensail_commands::relay::{Work, WorkRelay};
use opensail_eventstore::{Cursor, Filter, Journal, Recorded};
use serde_json::json;

use super::world::{PASSWORD, Person, World, request};

/// Longer than the queue's shortest pause.
const LOOK: Duration = Duration::from_millis(20);

pub(super) async fn admin(world: &World) -> Person {
    let admin = world.commands.ensure_platform_admin("root@example.org", PASSWORD.into()).await.unwrap().unwrap();
    let body = json!({ "email": "root@example.org", "password": PASSWORD });
    let answer = world.send(request("POST", "/api/v1/auth/login", None, Some(body))).await.is(200).json();
    Person { bearer: format!("Bearer {}", answer["access_token"].as_str().unwrap()), account: admin.to_string() }
}

/// A piece that was delivered too often, of the last event.
async fn parked(queue: &dyn WorkRelay, world: &World) -> String {
    let head = world.store.head().await.unwrap();
    let piece = Work { id: Cursor { epoch: head.epoch, position: head.position }.to_string(), kind: "agent_session.requested".into() };
    queue.put(&piece).await.unwrap();
    while queue.parked_count().await == Ok(0) {
        // It looks by itself what comes no more, and then waits for others.
        if let Ok(taken) = tokio::time::timeout(LOOK, queue.take()).await {
            taken.again(Duration::ZERO).await;
        }
    }
    piece.id
}

async fn orders(world: &World) -> Vec<Recorded> {
    let filter = Filter { types: vec!["work.retry_ordered".into()], ..Filter::default() };
    world.store.read_all(0, 10, &filter).await.unwrap().events
}

#[tokio::test]
async fn a_retry_is_told_for_ever() {
    let world = World::new().await;
    let root = admin(&world).await;
    let ada = world.person("ada").await;
    let at = world.store.head().await.unwrap().position;
    let piece = parked(world.api.work(), &world).await;
    let path = format!("/api/v1/work/parked/{piece}/retry");
    world.ask(&ada, "POST", &path, None).await.refused(403, "forbidden");
    assert_eq!(orders(&world).await, []);
    let position = world.ask(&root, "POST", &path, None).await.is(202).json()["position"].clone();
    let told = orders(&world).await;
    assert_eq!(told.len(), 1);
    assert_eq!((json!(told[0].position), &told[0].actor.id), (position, &root.account));
    // Where the event of the piece lies.
    let of_ada = world.store.read_at(&[at]).await.unwrap().remove(0);
    assert_eq!((&told[0].tenant, &told[0].project), (&of_ada.tenant, &of_ada.project));
    assert_ne!(told[0].tenant, format!("account-{}", root.account));
    assert_eq!(told[0].payload, json!({ "piece": piece, "ordered_by": root.account }).to_string());
    assert_eq!(world.api.work().take().await.work.id, piece);
    assert_eq!(world.api.work().parked_count().await, Ok(0));
    // Nothing is ordered of what is not parked, and nothing else is a piece.
    let refused = world.ask(&root, "POST", &path, None).await.refused(409, "state");
    assert_eq!(refused["reason"], "not_parked");
    world.ask(&root, "POST", "/api/v1/work/parked/nonsense/retry", None).await.refused(404, "not_found");
    assert_eq!(orders(&world).await.len(), 1);
}
