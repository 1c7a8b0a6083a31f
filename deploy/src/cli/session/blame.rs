//! `opensail session blame`.

use crate::cli::CliError;
use crate::cli::arguments::LookBack;
use crate::cli::client::Client;
use crate::cli::paint::{Ink, Paint, printable};
use crate::cli::working;

pub async fn blame(client: &Client, session: &str, path: &str, at: Option<u64>, then: &LookBack, json: bool) -> Result<(), CliError> {
    let mut query = vec![("path", as_told(path))];
    query.extend(at.map(|at| ("at", at.to_string())));
    query.extend(then.parameter());
    let address = format!("/api/v1/sessions/{session}/blame");
    let answer = working::shown("reading the file at each step", json, client.get(&address, &query)).await?;
    if json {
        tell!("{answer}");
        return Ok(());
    }
    let paint = Paint::for_stdout();
    for item in answer["items"].as_array().into_iter().flatten() {
        let who = match (item["position"].as_u64(), item["call_id"].as_str()) {
            (Some(position), Some(call)) => format!("#{position} {}", printable(call)),
            (Some(position), None) => format!("#{position}"),
            (None, _) => "before".into(),
        };
        let text = printable(item["text"].as_str().unwrap_or_default().trim_end_matches('\n'));
        tell!("{} {:>5}  {text}", paint.ink(Ink::Dim, &format!("{who:<14}")), item["line"]);
    }
    Ok(())
}

/// A path as shells complete it, written as diffs tell it.
fn as_told(path: &str) -> String {
    path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_asked_for_as_diffs_tell_it() {
        for (typed, asked) in [("./b.txt", "b.txt"), ("a//b/./c", "a/b/c"), ("dir/", "dir"), (".env", ".env"), ("../b", "../b")] {
            assert_eq!(as_told(typed), asked);
        }
    }
}
