//! `opensail session list`.

use super::project;
use crate::cli::CliError;
use crate::cli::arguments::LookBack;
use crate::cli::client::Client;
use crate::cli::paint::printable;

pub async fn list(client: &Client, project: &str, then: &LookBack, json: bool) -> Result<(), CliError> {
    let id = project::find(client, project).await?;
    let id = id.ok_or_else(|| CliError::Failed(format!("{project} is no project yet; `opensail session run` makes it one")))?;
    let mut after: Option<String> = None;
    loop {
        let mut query = vec![("limit", "200".to_string())];
        query.extend(then.parameter());
        query.extend(after.map(|after| ("after", after)));
        let page = client.get(&format!("/api/v1/projects/{id}/sessions"), &query).await?;
        for item in page["items"].as_array().into_iter().flatten() {
            if json {
                tell!("{item}");
                continue;
            }
            let text = |name: &str| printable(item[name].as_str().unwrap_or_default());
            tell!("{}  {:<16}  {:>4} steps  {}", text("id"), text("status"), item["usage"]["steps"], text("title"));
        }
        match page["next"].as_str() {
            Some(next) => after = Some(next.into()),
            None => return Ok(()),
        }
    }
}
