//! Which project is meant by `--project`: an id, or a folder, which becomes a project when it is none yet.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::CliError;
use crate::cli::client::Client;

/// Pause between looks at a project that is being prepared.
const LOOK: Duration = Duration::from_millis(200);

/// The id of a project that exists.
pub async fn find(client: &Client, project: &str) -> Result<Option<String>, CliError> {
    if is_id(project) {
        return Ok(Some(project.to_string()));
    }
    let folder = folder(project)?;
    let mut after: Option<String> = None;
    loop {
        let mut query = vec![("limit", "200".to_string())];
        query.extend(after.map(|after| ("after", after)));
        let page = client.get("/api/v1/projects", &query).await?;
        let here = |item: &&Value| item["source"]["kind"] == "folder" && item["source"]["path"] == folder.as_str();
        if let Some(item) = page["items"].as_array().into_iter().flatten().find(here) {
            return Ok(item["id"].as_str().map(Into::into));
        }
        match page["next"].as_str() {
            Some(next) => after = Some(next.into()),
            None => return Ok(None),
        }
    }
}

/// The id of the project, made from the folder if need be, once its files are ready.
pub async fn find_or_create(client: &Client, project: &str) -> Result<String, CliError> {
    let id = match find(client, project).await? {
        Some(id) => id,
        None => create(client, &folder(project)?).await?,
    };
    loop {
        let details = client.get(&format!("/api/v1/projects/{id}"), &[]).await?;
        match details["status"].as_str() {
            Some("ready") => return Ok(id),
            Some("failed") => {
                return Err(CliError::Failed(format!(
                    "the project could not be prepared: {}",
                    details["reason"].as_str().unwrap_or_default()
                )));
            }
            _ => tokio::time::sleep(LOOK).await,
        }
    }
}

async fn create(client: &Client, folder: &str) -> Result<String, CliError> {
    let team = first_team(client).await?;
    let name = Path::new(folder).file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy().into_owned());
    let body = json!({ "team_id": team, "name": name, "source": { "kind": "folder", "path": folder } });
    let created = client.post("/api/v1/projects", &body).await?;
    created["id"].as_str().map(Into::into).ok_or_else(|| CliError::Failed("the server answered without an id".into()))
}

/// The team of a person that has no other choice to make.
pub async fn first_team(client: &Client) -> Result<String, CliError> {
    let teams = client.get("/api/v1/teams", &[]).await?;
    let first = teams["items"].as_array().and_then(|items| items.first()).and_then(|team| team["id"].as_str());
    first.map(Into::into).ok_or_else(|| CliError::Failed("you are in no team yet; create one first".into()))
}

fn folder(project: &str) -> Result<String, CliError> {
    let folder = std::fs::canonicalize(project)
        .map_err(|e| CliError::Usage(format!("--project {project}: {e}; name a folder or a project's id")))?;
    if !folder.is_dir() {
        return Err(CliError::Usage(format!("--project {project}: not a folder")));
    }
    folder.to_str().map(Into::into).ok_or_else(|| CliError::Usage(format!("--project {project}: the path is not UTF-8")))
}

fn is_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok()
}
