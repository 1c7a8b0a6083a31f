//! The document is locked: what has shipped changes only by addition.

use super::world::{World, request};

#[tokio::test]
async fn the_document_is_as_it_was() {
    let world = World::new().await;
    let document = world.send(request("GET", "/api/openapi.json", None, None)).await.is(200).json();
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    insta::assert_json_snapshot!("openapi", document);
}

#[tokio::test]
async fn event_types_are_published() {
    let world = World::new().await;
    let types = world.send(request("GET", "/api/v1/event-types", None, None)).await.is(200).json();
    let found = types["items"].as_array().unwrap().iter().find(|item| item["type"] == "agent_session.tool_call_completed").unwrap();
    assert_eq!(found["version"], 1);
    assert!(found["schema"]["properties"]["call_id"].is_object());
}

/// Programs are made from the document; a reference into nothing stops their makers.
#[tokio::test]
async fn every_reference_leads_somewhere() {
    let world = World::new().await;
    let document = world.send(request("GET", "/api/openapi.json", None, None)).await.is(200).json();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::Object(members) => {
                if let Some(target) = members.get("$ref").and_then(serde_json::Value::as_str) {
                    assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
                }
                open.extend(members.values());
            }
            serde_json::Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
}
