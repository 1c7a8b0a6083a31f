//! `GET audit/export`: all of a query, as JSON lines.

use opensail_tests::world::World;
use reqwest::Method;
use serde_json::Value;

use crate::PROGRAM;

#[tokio::test]
async fn the_export_is_the_list_whole() {
    let world = World::start(PROGRAM, &[]).await;
    let (project, _) = world.project("boat").await;
    let bearer = format!("Bearer {}", world.token);
    let mut last = Value::Null;
    for number in 0..230 {
        let path = format!("/api/v1/projects/{project}/files/f{number}");
        last = world.ask(Method::PUT, &path, &[("authorization", bearer.as_str())], "x").await.expect(200)["position"].clone();
    }
    let team = world.team().await;
    let export = world.send(Method::GET, &format!("/api/v1/audit/export?team_id={team}&min_position={last}"), None).await;
    assert_eq!(export.status, 200);
    assert!(export.headers["content-type"].to_str().expect("text").contains("json"));
    let lines: Vec<Value> = export.text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect();
    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/api/v1/audit/events?team_id={team}&limit=200&order=asc{after}")).await;
        listed.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert!(lines[0].get("type").is_none(), "a header comes first: {}", lines[0]);
    let (end, events) = lines[1..].split_last().expect("a last line");
    // What was written after it, such as that it was taken, is in the list alone.
    let until = events.last().expect("an event")["position"].as_u64();
    listed.retain(|item| item["position"].as_u64() <= until);
    assert!(until >= last.as_u64() && listed.len() > 230, "{until:?}");
    assert_eq!(end["end"]["events"], listed.len());
    assert!(end["end"]["note"].as_str().is_some_and(|note| note.starts_with("opensail.export/")), "{end}");
    let proofless = |line: &Value| {
        let mut item = line.clone();
        assert!(item.as_object_mut().expect("an item").remove("proof").is_some(), "every event is proven: {line}");
        item
    };
    assert_eq!(events.iter().map(proofless).collect::<Vec<_>>(), listed);
    assert_eq!(world.send(Method::GET, &format!("/api/v1/audit/export?team_id={team}&format=xml"), None).await.status, 422);
    let backwards = world.send(Method::GET, &format!("/api/v1/audit/export?team_id={team}&order=desc"), None).await;
    assert_eq!(
        (backwards.status.as_u16(), &backwards.body["errors"][0]["parameter"]),
        (422, &serde_json::json!("order")),
        "{}",
        backwards.text
    );
    assert_eq!(world.send(Method::GET, &format!("/api/v1/audit/export?team_id={team}&order=desc&format=csv"), None).await.status, 200);
    assert_eq!(world.send(Method::GET, &format!("/api/v1/audit/events?team_id={team}&format=csv"), None).await.status, 422);

    // For spreadsheets: a name that would be a formula is a text.
    let name = serde_json::json!({ "name": "=cmd|' /C calc'!A0" });
    let made = world.post("/api/v1/teams", name).await.expect(201);
    let path = format!("/api/v1/audit/export?team_id={}&format=csv&min_position={}", made["id"].as_str().expect("an id"), made["position"]);
    let sheet = world.send(Method::GET, &path, None).await;
    assert!(sheet.headers["content-type"].to_str().expect("text").starts_with("text/csv"));
    let rows: Vec<&str> = sheet.text.split("\r\n").filter(|row| !row.is_empty()).collect();
    assert!(rows[0].starts_with("position,") && rows.len() == 4, "{}", sheet.text);
    assert!(!sheet.text.contains(",="), "{}", sheet.text);
}
