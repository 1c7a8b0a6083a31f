//! Which server the command line speaks to: the one named, the one that runs on this machine, or one started for just this command.

use std::path::Path;

use super::CliError;
use super::client::{Client, ClientError};
use crate::data_folder;
use crate::mode::{Parts, Server};
use crate::settings::{self, Mode, Settings};

/// A server to speak to, and the server itself when it was started for this command.
pub struct Connection {
    pub client: Client,
    own: Option<Server>,
}

impl Connection {
    pub async fn close(self) {
        if let Some(server) = self.own {
            server.stop().await;
        }
    }
}

/// Whether a server was named, so that this machine's data folder is not meant.
pub fn is_named() -> bool {
    settings::environment().get("OPENSAIL_URL").is_some_and(|url| !url.is_empty())
}

pub async fn connect() -> Result<Connection, CliError> {
    let environment = settings::environment();
    let named = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    if let Some(url) = named("OPENSAIL_URL") {
        let token = named("OPENSAIL_TOKEN").ok_or_else(|| CliError::Usage("OPENSAIL_URL needs OPENSAIL_TOKEN".into()))?;
        return Ok(Connection { client: Client::new(url, token)?, own: None });
    }
    let home = settings::home(&environment).map_err(|e| CliError::Usage(e.to_string()))?;
    if let Some(client) = running(&home).await? {
        return Ok(Connection { client, own: None });
    }
    let mut settings = Settings::read(&environment).map_err(|e| CliError::Usage(e.to_string()))?;
    if settings.mode != Mode::Desktop {
        return Err(CliError::Usage("in this DEPLOYMENT_MODE the server is named: set OPENSAIL_URL and OPENSAIL_TOKEN".into()));
    }
    settings.listen.set_port(0);
    settings.public_url = None;
    eprintln!("no server is running; starting one for this command");
    let server = Server::start(settings, Parts::All).await.map_err(|e| CliError::Failed(e.to_string()))?;
    let client = from_files(&home)?.ok_or_else(|| CliError::Failed("the server left no token".into()))?;
    Ok(Connection { client, own: Some(server) })
}

/// The server of this data folder, if it answers.
async fn running(home: &Path) -> Result<Option<Client>, CliError> {
    let Some(client) = from_files(home)? else { return Ok(None) };
    match client.get("/healthz", &[]).await {
        Ok(_) => Ok(Some(client)),
        Err(ClientError::Unreachable { .. }) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

fn from_files(home: &Path) -> Result<Option<Client>, CliError> {
    let url = std::fs::read_to_string(data_folder::server_url(home));
    let token = std::fs::read_to_string(data_folder::cli_token(home));
    match (url, token) {
        (Ok(url), Ok(token)) => Ok(Some(Client::new(url.trim(), token.trim())?)),
        _ => Ok(None),
    }
}
