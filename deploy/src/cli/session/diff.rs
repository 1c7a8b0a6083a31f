//! `opensail session diff`.

use serde_json::Value;

use super::narrate::diff_line;
use crate::cli::CliError;
use crate::cli::arguments::LookBack;
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint, on_one_line, printable};
use crate::cli::working;

pub async fn diff(
    client: &Client,
    session: &str,
    (from, to): (Option<String>, Option<String>),
    then: &LookBack,
    json: bool,
) -> Result<(), CliError> {
    let (from, to) = match (from, to) {
        (None, None) => captured(client, session, then).await?,
        given => given,
    };
    let given = [("from", from), ("to", to)].into_iter().filter_map(|(name, value)| Some((name, value?)));
    let query: Vec<_> = given.chain(then.parameter()).collect();
    let path = format!("/api/v1/sessions/{session}/diff");
    let diff = working::shown("comparing files", json, client.get(&path, &query)).await?;
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

/// Positions of the session's first and last files, so that what its commands changed is told too. What that leaves out is said.
async fn captured(client: &Client, session: &str, then: &LookBack) -> Result<(Option<String>, Option<String>), CliError> {
    let query: Vec<_> = then.parameter().into_iter().collect();
    let snapshots = client.get(&format!("/api/v1/sessions/{session}/snapshots"), &query).await?;
    let kept: Vec<&Value> = snapshots["items"].as_array().into_iter().flatten().filter(|item| item["kept"] == true).collect();
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else {
        eprintln!("no step's files are kept; only what its file tools changed is known");
        return Ok((None, None));
    };
    // Both told, so that what is still to be captured, or never was, is not asked for.
    if snapshots["complete"] != true {
        eprintln!("the files after the last step are not captured (yet); these are the changes until #{}", last["position"]);
    }
    Ok((Some(first["position"].to_string()), Some(last["position"].to_string())))
}

/// What lies beneath a `.git`, `.git` included; that is told as one.
fn repository(path: &str) -> Option<&str> {
    let end = path.match_indices(".git").map(|(at, git)| (at, at + git.len())).find(|(at, end)| {
        let (before, after) = (path.as_bytes().get(at.wrapping_sub(1)), path.as_bytes().get(*end));
        (*at == 0 || before == Some(&b'/')) && after == Some(&b'/')
    });
    end.map(|(_, end)| &path[..end])
}

/// The files of a diff, one after the other.
pub fn show(items: &Value, paint: Paint) {
    let repository_of = |file: &Value| file["path"].as_str().and_then(repository).map(str::to_owned);
    let files = items.as_array().map(Vec::as_slice).unwrap_or_default();
    for (at, file) in files.iter().enumerate() {
        if let Some(own) = repository_of(file) {
            let is_own = |file: &&Value| repository_of(file).as_ref() == Some(&own);
            if !files[..at].iter().any(|file| is_own(&file)) {
                let count = files.iter().filter(is_own).count();
                tell!("{}", paint.ink(Ink::Bold, &format!("{} (the repository itself; paths: {count})", on_one_line(&own))));
            }
            continue;
        }
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
            ("type", _) => format!("a {} became a {}{beside}", text("kind_before"), text("kind_after")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_one_thing() {
        for (path, own) in [
            (".git/index", Some(".git")),
            ("sub/mod/.git/objects/aa/bb", Some("sub/mod/.git")),
            (".gitignore", None),
            ("a.git/x", None),
            (".git", None),
            ("a.git/.git/x", Some("a.git/.git")),
            ("é/.git/x", Some("é/.git")),
        ] {
            assert_eq!(repository(path), own, "{path}");
        }
    }
}
