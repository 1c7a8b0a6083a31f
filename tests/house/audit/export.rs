//! `GET audit/export`: all of a query, as JSON lines and for spreadsheets.

use opensail_tests::people::PASSWORD;
use opensail_tests::postgres::fresh_database;
use opensail_tests::world::World;
use reqwest::Method;
use serde_json::{Value, json};

use crate::PROGRAM;

const OPEN: (&str, &str) = ("OPENSAIL_REGISTRATION", "open");

/// What a spreadsheet would calculate.
const FORMULA: &str = "=1+1";

const COLUMNS: [&str; 18] = [
    "position",
    "tenant_position",
    "time",
    "type",
    "version",
    "stream",
    "stream_version",
    "actor_kind",
    "actor_id",
    "actor_name",
    "team_id",
    "project_id",
    "event_id",
    "command_id",
    "correlation_id",
    "causation_id",
    "client_address",
    "data",
];

/// Everything that the list shows of a team up to a position, oldest first.
async fn listed(world: &World, token: &str, team: &str, until: Option<u64>) -> Vec<Value> {
    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/audit/events?team_id={team}&limit=200&order=asc{after}");
        let page = world.send_as(token, Method::GET, &path, None, &[]).await.expect(200);
        listed.extend(page["items"].as_array().expect("items").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    listed.retain(|item| item["position"].as_u64() <= until);
    listed
}

/// Rows and cells of RFC 4180.
fn rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.next_if_eq(&'\n').is_some() => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !quoted, "cut off: {text}");
    rows
}

/// What the list shows of an event, as a row; a formula is a text.
fn row(item: &Value) -> Vec<String> {
    let cell = |column: &str| {
        let shown = match column.strip_prefix("actor_") {
            Some(part) => &item["actor"][part],
            None => &item[column],
        };
        match shown {
            Value::Null => String::new(),
            Value::String(text) if text == FORMULA => format!("'{text}"),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    };
    COLUMNS.into_iter().map(cell).collect()
}

async fn the_sheet_is_the_list(world: &World, token: &str, team: &str) {
    for order in ["asc", "desc"] {
        let path = format!("/api/v1/audit/export?team_id={team}&format=csv&order={order}");
        let sheet = world.send_as(token, Method::GET, &path, None, &[]).await;
        assert_eq!(sheet.status, 200, "{}", sheet.text);
        assert!(sheet.headers["content-type"].to_str().expect("text").starts_with("text/csv"));
        let rows = rows(&sheet.text);
        let (head, events) = rows.split_first().expect("a head");
        assert_eq!(head.as_slice(), COLUMNS);
        let newest = events.iter().map(|event| event[0].parse::<u64>().expect("a position")).max();
        let mut listed = listed(world, token, team, newest).await;
        if order == "desc" {
            listed.reverse();
        }
        assert_eq!(events, listed.iter().map(row).collect::<Vec<_>>(), "{order}");
    }
}

/// Whoever has a formula for a name has it made a text.
async fn a_name_is_no_formula(world: &World) {
    let eve = json!({ "email": "eve@example.org", "password": PASSWORD, "name": FORMULA });
    let eve = world.send_as("", Method::POST, "/api/v1/auth/register", Some(&eve), &[]).await.expect(201);
    let token = eve["access_token"].as_str().expect("a token");
    let name = json!({ "name": "=cmd|' /C calc'!A0, \"all\"" });
    let made = world.send_as(token, Method::POST, "/api/v1/teams", Some(&name), &[]).await.expect(201);
    let team = made["id"].as_str().expect("an id");
    the_sheet_is_the_list(world, token, team).await;
    let names: Vec<Value> = listed(world, token, team, Some(u64::MAX)).await.iter().map(|item| item["actor"]["name"].clone()).collect();
    assert!(names.len() > 3 && names.iter().all(|name| name == FORMULA), "{names:?}");
}

async fn the_export_is_the_list_whole(world: World) {
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
    assert!(lines[0].get("type").is_none(), "a header comes first: {}", lines[0]);
    let (end, events) = lines[1..].split_last().expect("a last line");
    // What was written after it is in the list alone.
    let until = events.last().expect("an event")["position"].as_u64();
    let listed = listed(&world, &world.token, &team, until).await;
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
    assert_eq!((backwards.status.as_u16(), &backwards.body["errors"][0]["parameter"]), (422, &json!("order")), "{}", backwards.text);
    assert_eq!(world.send(Method::GET, &format!("/api/v1/audit/events?team_id={team}&format=csv"), None).await.status, 422);

    the_sheet_is_the_list(&world, &world.token, &team).await;
    a_name_is_no_formula(&world).await;
}

#[tokio::test]
async fn the_export_is_the_list_whole_on_sqlite() {
    the_export_is_the_list_whole(World::start(PROGRAM, &[OPEN]).await).await;
}

#[tokio::test]
async fn the_export_is_the_list_whole_on_postgres() {
    let database = fresh_database().await;
    let [app, owner] = database.settings();
    the_export_is_the_list_whole(World::start(PROGRAM, &[OPEN, app, owner]).await).await;
}
