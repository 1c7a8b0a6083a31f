//! Events as comma-separated values (RFC 4180) for spreadsheets, which must not take what an agent or a stranger wrote for a formula.

use opensail_projections::EventItem;
use serde_json::Value;

/// Names of the columns, in their order.
pub(super) const HEAD: &str = "position,tenant_position,time,type,version,stream,stream_version,actor_kind,actor_id,actor_name,team_id,project_id,\
                               event_id,command_id,correlation_id,causation_id,client_address,data\r\n";

/// What makes a spreadsheet calculate when a cell begins with it (OWASP, CSV injection): also after a tab or a line's end.
const STARTS_A_FORMULA: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '\n', '|'];

pub(super) fn line(item: &EventItem) -> String {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let address = match &item.client_address {
        Some(Value::String(address)) => address.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let cells = [
        item.position.to_string(),
        item.tenant_position.to_string(),
        item.time.clone(),
        item.event_type.clone(),
        item.version.to_string(),
        item.stream.clone(),
        item.stream_version.to_string(),
        item.actor.kind.as_str().to_owned(),
        item.actor.id.clone(),
        item.actor.name.clone(),
        id(item.team_id),
        item.project_id.clone().unwrap_or_default(),
        item.event_id.to_string(),
        item.command_id.to_string(),
        item.correlation_id.to_string(),
        id(item.causation_id),
        address,
        item.data.to_string(),
    ];
    let mut line = cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// A text as a cell: one that would be a formula gets an apostrophe before it, which spreadsheets take for "text" and do not show.
fn cell(text: &str) -> String {
    let formula = text.trim_start_matches(' ').starts_with(STARTS_A_FORMULA);
    let guarded = if formula { format!("'{text}") } else { text.to_owned() };
    match guarded.contains([',', '"', '\r', '\n', '\'', ';']) {
        true => format!("\"{}\"", guarded.replace('"', "\"\"")),
        false => guarded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|cmd", "  =HYPERLINK(\"http://x\")", "=cmd|' /C calc'!A0"] {
            let cell = cell(text);
            let inside = cell.strip_prefix('"').unwrap_or(&cell);
            assert!(inside.starts_with('\''), "{text:?} became {cell}");
        }
    }

    #[test]
    fn texts_come_back_whole() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("a \"b\"\nc"), "\"a \"\"b\"\"\nc\"");
        assert_eq!(cell(""), "");
    }
}
