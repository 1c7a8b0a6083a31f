//! Problem details as a sentence.

use reqwest::StatusCode;
use serde_json::Value;

use super::ClientError;
use crate::cli::paint::{on_one_line, printable};

/// As a query parameter is written on the command line.
fn flag(parameter: &str) -> String {
    format!("--{}", on_one_line(parameter).replace('_', "-"))
}

pub(super) async fn problem(response: reqwest::Response) -> ClientError {
    let status = response.status();
    let query = response.url().query().map(|query| format!("?{query}")).unwrap_or_default();
    let asked = format!("{}{query}", response.url().path().trim_start_matches("/api/v1/"));
    let body: Value = response.json().await.unwrap_or_default();
    let text = |name: &str| printable(body[name].as_str().unwrap_or_default());
    let mut detail = text("detail");
    if status == StatusCode::NOT_FOUND {
        detail.push_str(&format!(" ({})", on_one_line(&asked)));
    }
    let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    // A single one is what the detail says already; which argument it means is not.
    match errors {
        [error] if error["detail"] == body["detail"] => {
            if let Some(parameter) = error["parameter"].as_str() {
                detail = format!("{}: {detail}", flag(parameter));
            }
        }
        errors => {
            for error in errors {
                let place = error["parameter"].as_str().map_or_else(|| on_one_line(error["pointer"].as_str().unwrap_or_default()), flag);
                let why = printable(error["detail"].as_str().unwrap_or_default());
                detail.push_str(&format!("\n  {place}: {why}"));
            }
        }
    }
    let title = if text("title").is_empty() { status.to_string() } else { text("title") };
    let detail = if detail == title { String::new() } else { detail };
    let conflicts = body["conflicts"].as_array().cloned().unwrap_or_default();
    ClientError::Problem { status: status.as_u16(), code: text("code"), title, detail, conflicts }
}
