//! An export is of any size: it is sent as it is read, and has an end.

use axum::body::Body;
use http_body_util::BodyExt;
use opensail_domain::kernel::private::FORGOTTEN;
use opensail_eventstore::conformance::append;
use opensail_eventstore::{Actor, ActorKind, Append, Journal, NewEvent, Part, StreamId};
use opensail_projections::MAX_LIMIT;
use serde_json::json;
use tower::ServiceExt;
use uuid::Uuid;

use super::world::{Person, World, request};

const PAGE: usize = MAX_LIMIT as usize;

/// So many events of the project in its team, all by the person; answers the position of the last.
async fn rename(world: &World, person: &Person, team: &str, project: &str, names: &[&str]) -> u64 {
    let stream = StreamId::new("project", project);
    let expected = world.store.stream_version(&stream).await.unwrap();
    let event = |name: &&str| NewEvent {
        event_id: Uuid::now_v7(),
        event_type: "project.renamed".into(),
        version: 1,
        payload: json!({ "name": name }).to_string(),
    };
    let events = names.iter().map(event).collect();
    let part = Part { stream, expected, tenant: team.into(), project: Some(project.into()), events };
    let actor = Actor { kind: ActorKind::User, id: person.account.clone(), name: String::new() };
    world.store.append(Append { actor, ..append(vec![part]) }).await.unwrap().position
}

async fn next(body: &mut Body) -> Option<String> {
    let bytes = body.frame().await?.unwrap().into_data().unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn an_export_is_read_page_by_page_as_it_is_sent() {
    for format in ["jsonl", "csv"] {
        let world = World::new().await;
        let marigold = world.person("marigold").await;
        let team = world.team(&marigold).await;
        let boat = world.project(&marigold, &team).await;
        rename(&world, &marigold, &team, &boat, &["early"; 2 * PAGE]).await;
        let path = format!("/api/v1/audit/export?team_id={team}&format={format}");
        let export = world.router.clone().oneshot(request("GET", &path, Some(&marigold.bearer), None)).await.unwrap();
        assert_eq!(export.status(), 200);
        let mut body = export.into_body();
        let (head, first) = (next(&mut body).await.unwrap(), next(&mut body).await.unwrap());
        assert_eq!((head.lines().count(), first.lines().count()), (1, PAGE), "{format}");
        assert!(first.contains("marigold") && !first.contains(FORGOTTEN), "{format}: {first}");

        // The rest is not read yet: what is forgotten now is forgotten in it. What happens now is not in it.
        let late = rename(&world, &marigold, &team, &boat, &["late"]).await;
        world.get(&marigold, &format!("/api/v1/projects/{boat}?min_position={late}")).await.is(200);
        world.commands.keyring().destroy(&format!("account-{}", marigold.account)).await.unwrap();
        let mut rest = Vec::new();
        while let Some(page) = next(&mut body).await {
            assert!(page.lines().count() <= PAGE + 1, "{format}");
            assert!(page.contains(FORGOTTEN) && !page.contains("marigold"), "{format}: {page}");
            rest.push(page);
        }
        assert_eq!(rest.len(), 2, "{format}");
        assert!(rest[1].contains("team.audit_exported") && !rest[1].contains("late"), "{format}: {}", rest[1]);
    }
}
