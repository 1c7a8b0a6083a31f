//! `opensail session forget`.

use opensail_domain::kernel::private::FORGOTTEN;
use serde_json::{Value, json};

use crate::cli::CliError;
use crate::cli::client::Client;
use crate::cli::paint::on_one_line;
use crate::cli::working;

/// A fork has the conversation until it left, under a key of its own; so whoever wants something forgotten is told of those that still know it.
pub async fn forget(client: &Client, session: &str, reason: &str) -> Result<(), CliError> {
    let (path, wish) = (format!("/api/v1/sessions/{session}/forget"), json!({ "reason": reason }));
    let answer = working::shown("forgetting", false, client.post(&path, &wish)).await?;
    tell!("forgotten; the event stands at position {}", answer["position"]);
    let tree = client.get(&format!("/api/v1/sessions/{session}/forks"), &[("min_position", answer["position"].to_string())]).await?;
    let forks = beneath(tree["items"].as_array().map(Vec::as_slice).unwrap_or_default(), session);
    if !forks.is_empty() {
        tell!("forks of it know by themselves what was said until they left; where it is to be forgotten there too:");
    }
    for fork in forks {
        tell!("  opensail session forget {} --reason …   ({})", on_one_line(fork.0), on_one_line(fork.1));
    }
    Ok(())
}

/// Id and title of the forks of a session, and of theirs, that were not forgotten.
fn beneath<'t>(items: &'t [Value], session: &str) -> Vec<(&'t str, &'t str)> {
    let mut found = Vec::new();
    for fork in items.iter().filter(|item| item["origin"]["session_id"] == session) {
        let text = |name: &str| fork[name].as_str().unwrap_or_default();
        if text("title") != FORGOTTEN {
            found.push((text("id"), text("title")));
        }
        found.extend(beneath(items, text("id")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_of_forks_are_told_too() {
        let item = |id: &str, origin: &str, title: &str| json!({ "id": id, "title": title, "origin": { "session_id": origin } });
        let items = [item("a", "", FORGOTTEN), item("b", "a", FORGOTTEN), item("c", "b", "on"), item("d", "x", "else")];
        assert_eq!(beneath(&items, "a"), [("c", "on")]);
        assert_eq!(beneath(&items, "c"), []);
    }
}
