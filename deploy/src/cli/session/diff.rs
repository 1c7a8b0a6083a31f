//! `opensail session diff`.

use serde_json::Value;

use super::narrate::diff_line;
use crate::cli::CliError;
use crate::cli::arguments::LookBack;
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint, on_one_line, printable};

pub async fn diff(
    client: &Client,
    session: &str,
    (from, to): (Option<String>, Option<String>),
    then: &LookBack,
    json: bool,
) -> Result<(), CliError> {
    let from = match (from, &to) {
        (None, None) => first_files(client, session, then).await?,
        (from, _) => from,
    };
    let given = [("from", from), ("to", to)].into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query: Vec<_> = given.chain(then.parameter()).collect();
    let diff = client.get(&format!("/api/v1/sessions/{session}/diff"), &query).await?;
    if json {
        tell!("{diff}");
        return Ok(());
    }
    if diff["items"].as_array().is_some_and(Vec::is_empty) {
        eprintln!("nothing changed");
    }
    show(&diff["items"], Paint::for_stdout());
    Ok(())
}

/// What stands where lines would; nothing where the head of the file says all.
fn no_diff(why: &str) -> Option<&'static str> {
    match why {
        "binary" => Some("binary"),
        "too_large" => Some("over 1 MiB; not compared by line"),
        "too_many" => Some("beyond the thousandth file; not compared by line"),
        "not_kept" => Some("its bytes are no longer kept"),
        _ => None,
    }
}

/// Position of the session's first files, so that what its commands changed is told too. Without any, or while the last ones are still being captured,
/// only what its tools changed is known.
async fn first_files(client: &Client, session: &str, then: &LookBack) -> Result<Option<String>, CliError> {
    let query: Vec<_> = then.parameter().into_iter().collect();
    let snapshots = client.get(&format!("/api/v1/sessions/{session}/snapshots"), &query).await?;
    let first = &snapshots["items"][0];
    let known = snapshots["awaited"] == false && first["kept"] == true;
    Ok(known.then(|| first["position"].to_string()))
}

/// The files of a diff, one after the other.
pub fn show(items: &Value, paint: Paint) {
    for file in items.as_array().into_iter().flatten() {
        let text = |name: &str| on_one_line(file[name].as_str().unwrap_or_default());
        let mode = format!("mode {} → {}", text("mode_before"), text("mode_after"));
        let beside = if file["mode_before"].is_string() && file["mode_after"].is_string() && file["mode_before"] != file["mode_after"] {
            format!(", {mode}")
        } else {
            String::new()
        };
        let what = match (text("change").as_str(), file["from_path"].as_str()) {
            ("renamed", Some(from)) => format!("renamed from {}{beside}", on_one_line(from)),
            ("mode", _) => mode,
            (change, _) => format!("{change}{beside}"),
        };
        tell!("{}", paint.ink(Ink::Bold, &format!("{} ({what})", text("path"))));
        match file["diff"].as_str() {
            Some(diff) => printable(diff).lines().for_each(|line| tell!("{}", diff_line(line, paint))),
            None => {
                if let Some(why) = no_diff(file["no_diff"].as_str().unwrap_or_default()) {
                    tell!("{}", paint.ink(Ink::Dim, why));
                }
            }
        }
    }
}
