//! Event items told as a person would want to read them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cli::paint::{Ink, Paint, printable};

/// Lines of a tool's output that are shown; the rest is counted.
const OUTPUT_LINES: usize = 12;
/// Characters of an argument that are shown.
const ARGUMENT_CHARS: usize = 100;

/// Where a session's events stand in the journal: events name others by their place in the stream, people by their position.
#[derive(Default)]
pub struct Places {
    positions: BTreeMap<u64, u64>,
    /// Of the event at which a fork left its origin, where that is known.
    left: Option<u64>,
}

impl Places {
    pub fn left_at(left: Option<u64>) -> Self {
        Places { positions: BTreeMap::new(), left }
    }

    pub fn see(&mut self, item: &Value) {
        if let (Some(version), Some(position)) = (item["stream_version"].as_u64(), item["position"].as_u64()) {
            self.positions.insert(version, position);
        }
    }

    fn of(&self, version: &Value) -> String {
        match version.as_u64().and_then(|version| self.positions.get(&version)) {
            Some(position) => format!("#{position}"),
            None => format!("its event {version}"),
        }
    }
}

/// The lines of one event; `streamed` bytes of a turn's text were shown already. Empty for events that only matter to machines.
pub fn lines(item: &Value, streamed: usize, places: &Places, paint: Paint) -> Vec<String> {
    let data = &item["data"];
    let text = |name: &str| printable(data[name].as_str().unwrap_or_default());
    let kind = item["type"].as_str().unwrap_or_default();
    match kind.strip_prefix("agent_session.").unwrap_or(kind) {
        "requested" => vec![format!("{} {}", paint.ink(Ink::Bold, "task"), text("task"))],
        "run_started" if data["run"].as_u64().unwrap_or(1) > 1 => vec![paint.ink(Ink::Yellow, &format!("resumed (run {})", data["run"]))],
        "turn_completed" => turn(data, streamed, paint),
        "turn_failed" => {
            let next = if data["retryable"].as_bool() == Some(true) { "trying again" } else { "giving up" };
            vec![paint.ink(Ink::Yellow, &format!("! the model failed ({}): {}; {next}", text("code"), text("detail")))]
        }
        "approval_requested" => {
            let mut lines = vec![paint.ink(Ink::Yellow, &format!("? {} asks to", text("tool")))];
            lines.extend(text("preview").lines().map(|line| format!("    {}", diff_line(line, paint))));
            lines
        }
        "approval_answered" => {
            let by = item["actor"]["name"].as_str().map(|name| format!(" by {}", printable(name))).unwrap_or_default();
            vec![paint.ink(Ink::Dim, &format!("  answered{by}: {}", text("decision").replace('_', " ")))]
        }
        "approval_timed_out" => vec![paint.ink(Ink::Yellow, "  nobody answered in time: denied")],
        "tool_call_completed" => tool_result(data, paint),
        "message_added" => vec![format!("{} {}", paint.ink(Ink::Bold, "you"), text("text"))],
        "paused" => vec![paint.ink(Ink::Yellow, &format!("paused: {}", text("reason").replace('_', " ")))],
        "resumed" => vec![paint.ink(Ink::Dim, "going on")],
        "cancel_requested" => vec![paint.ink(Ink::Yellow, "cancelling …")],
        "completed" => vec![paint.ink(Ink::Green, "✓ completed")],
        "failed" => vec![paint.ink(Ink::Red, &format!("✗ failed ({}): {}", text("reason"), text("detail")))],
        "forked" => {
            let left = places.left.map_or_else(|| format!("its event {}", data["version"]), |position| format!("#{position}"));
            vec![paint.ink(Ink::Dim, &format!("forked from {} at {left}", text("session_id")))]
        }
        "undone" => {
            vec![paint.ink(Ink::Yellow, &format!("taken back to {}; paths changed: {}", places.of(&data["to"]), data["changed"]))]
        }
        "capture_failed" => vec![paint.ink(Ink::Yellow, &format!("! {}", not_captured(data)))],
        "merged" => vec![paint.ink(Ink::Green, &format!("files merged into {}; paths changed: {}", text("into"), data["changed"]))],
        "fork_merged" => {
            vec![paint.ink(Ink::Green, &format!("the files of fork {} merged in; paths changed: {}", text("fork"), data["changed"]))]
        }
        "workspace_discarded" => vec![paint.ink(Ink::Yellow, "the fork's files were thrown away")],
        "cancelled" => vec![paint.ink(Ink::Yellow, "✗ cancelled")],
        "limit_reached" => vec![paint.ink(Ink::Yellow, &format!("✗ limit reached: {}", text("limit")))],
        _ => Vec::new(),
    }
}

/// That a step has no files of its own, of an event or of a list of them.
pub fn not_captured(failed: &Value) -> String {
    let which = if failed["call_id"].is_string() { "the files after this step" } else { "the files as the run found them" };
    let why = match failed["reason"].as_str().unwrap_or_default() {
        "store_full" => "no room is left on the disk of the server's data folder".to_owned(),
        _ => printable(failed["detail"].as_str().unwrap_or("the server's log says why")),
    };
    format!("{which} could not be captured: {why}; nothing can be taken back to them")
}

fn turn(data: &Value, streamed: usize, paint: Paint) -> Vec<String> {
    let mut lines = Vec::new();
    let text = data["answer"]["text"].as_str().unwrap_or_default();
    let rest = text.get(streamed..).unwrap_or_default();
    if !rest.trim().is_empty() {
        lines.push(printable(rest));
    }
    for call in data["answer"]["tool_calls"].as_array().into_iter().flatten() {
        let arguments = arguments(call["arguments"].as_str().unwrap_or_default());
        let tool = printable(call["tool"].as_str().unwrap_or_default());
        lines.push(format!("{} {} {}", paint.ink(Ink::Cyan, "→"), paint.ink(Ink::Bold, &tool), paint.ink(Ink::Dim, &arguments)));
    }
    lines
}

/// Arguments that say what a call is about: they are shown as they are, and first.
const TELLING: [&str; 7] = ["command", "file_path", "path", "dir_path", "pattern", "from", "to"];

/// The arguments in one line: a command or path as it is, other texts by their length.
fn arguments(json: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(json) else { return shorten(&printable(json)) };
    let telling = TELLING.iter().filter_map(|name| fields.get(*name)?.as_str()).map(|text| shorten(&printable(text)));
    let others = fields.iter().filter_map(|(name, value)| match value {
        Value::String(_) if TELLING.contains(&name.as_str()) => None,
        Value::String(text) => Some(format!("{name}: {}", lines_of(text))),
        other => Some(shorten(&format!("{name}: {other}"))),
    });
    telling.chain(others).collect::<Vec<_>>().join("  ")
}

fn lines_of(text: &str) -> String {
    match text.lines().count() {
        1 => "1 line".into(),
        lines => format!("{lines} lines"),
    }
}

fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(ARGUMENT_CHARS).collect();
    if cut.len() < text.trim_end().len() { format!("{cut} …") } else { cut }
}

fn tool_result(data: &Value, paint: Paint) -> Vec<String> {
    let outcome = data["outcome"].as_str().unwrap_or_default();
    let mark = match (outcome, data["exit_code"].as_i64()) {
        ("ok", None | Some(0)) => paint.ink(Ink::Green, "✓"),
        ("ok", Some(code)) => paint.ink(Ink::Red, &format!("✗ exit code {code}")),
        (other, _) => paint.ink(Ink::Red, &format!("✗ {}", other.replace('_', " "))),
    };
    let output = printable(data["output"].as_str().unwrap_or_default());
    let all: Vec<&str> = output.lines().collect();
    let mut lines = vec![format!("  {mark} {}", paint.ink(Ink::Dim, &format!("{} ms", data["duration_ms"])))];
    lines.extend(all.iter().take(OUTPUT_LINES).map(|line| format!("    {}", diff_line(line, paint))));
    if all.len() > OUTPUT_LINES {
        lines.push(paint.ink(Ink::Dim, &format!("    … {} more lines", all.len() - OUTPUT_LINES)));
    }
    lines
}

/// A line of a unified diff in its colour.
pub fn diff_line(line: &str, paint: Paint) -> String {
    match line.as_bytes().first() {
        Some(b'+') => paint.ink(Ink::Green, line),
        Some(b'-') => paint.ink(Ink::Red, line),
        Some(b'@') => paint.ink(Ink::Cyan, line),
        _ => line.to_string(),
    }
}

/// What the session does after this event, for the progress line.
pub fn next_step(item: &Value) -> Option<String> {
    let data = &item["data"];
    match item["type"].as_str()?.strip_prefix("agent_session.")? {
        "requested" | "requeued" => Some("waiting for the project".into()),
        "turn_started" => Some("the model is thinking".into()),
        "tool_call_started" => Some(format!("running {}", printable(data["tool"].as_str()?))),
        "turn_completed" if data["calls"].as_array().is_some_and(Vec::is_empty) => Some("keeping the files".into()),
        "turn_failed" if data["retryable"].as_bool() == Some(true) => Some("waiting to try again".into()),
        "paused" => Some("waiting for the model service".into()),
        "cancel_requested" => Some("stopping".into()),
        "completed" | "failed" | "cancelled" | "limit_reached" | "approval_requested" => None,
        _ => Some("working".into()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_turn_tells_only_what_was_not_streamed() {
        let item = json!({"type": "agent_session.turn_completed", "data": {"answer": {"text": "Hello you", "tool_calls": [
            {"call_id": "1-0", "tool": "bash_exec", "arguments": "{\"command\":\"ls\\u001b[2J\\nrm\"}"}]}}});
        assert_eq!(lines(&item, 5, &Places::default(), Paint::plain()), [" you", "→ bash_exec ls␛[2J …"]);
        assert_eq!(lines(&item, 9, &Places::default(), Paint::plain()).len(), 1);
    }

    #[test]
    fn a_call_tells_first_what_it_is_about() {
        let told = arguments(r#"{"content":"one\n","file_path":"a.txt","mode":420}"#);
        assert_eq!(told, "a.txt  content: 1 line  mode: 420");
        assert_eq!(arguments(r#"{"to":"b","from":"a"}"#), "a  b");
    }

    #[test]
    fn a_failing_command_shows_its_exit_code() {
        let item = json!({"type": "agent_session.tool_call_completed", "data": {"outcome": "ok", "exit_code": 3, "output": "no", "duration_ms": 4}});
        assert_eq!(lines(&item, 0, &Places::default(), Paint::plain()), ["  ✗ exit code 3 4 ms", "    no"]);
    }

    #[test]
    fn events_are_told_by_their_positions() {
        let mut places = Places::left_at(Some(14));
        places.see(&json!({"stream_version": 3, "position": 40}));
        let told =
            |kind: &str, data: Value| lines(&json!({"type": format!("agent_session.{kind}"), "data": data}), 0, &places, Paint::plain());
        assert_eq!(told("undone", json!({"to": 3, "changed": 1})), ["taken back to #40; paths changed: 1"]);
        assert_eq!(told("forked", json!({"session_id": "s", "version": 13})), ["forked from s at #14"]);
        let unknown = lines(
            &json!({"type": "agent_session.forked", "data": {"session_id": "s", "version": 13}}),
            0,
            &Places::default(),
            Paint::plain(),
        );
        assert_eq!(unknown, ["forked from s at its event 13"]);
    }

    #[test]
    fn nothing_odd_in_an_event_breaks_the_telling() {
        for kind in ["requested", "turn_completed", "tool_call_completed", "approval_requested", "failed", "unheard_of"] {
            let _ = lines(&json!({"type": format!("agent_session.{kind}"), "data": null}), 99, &Places::default(), Paint::plain());
        }
    }
}
