//! The desktop: one process, one data folder, everything in it, one owner who needs no password.

use std::net::SocketAddr;

use opensail_commands::{Caller, Commands};

use super::assemble::{Opened, Parts, Server, StartError, other};
use crate::data_folder::{self, DataFolder};
use crate::settings::{Database, Settings};

/// Name of the command line's token.
const CLI_TOKEN: &str = "cli";

pub(super) async fn start(settings: Settings, parts: Parts) -> Result<Server, StartError> {
    let folder = DataFolder::take(&settings.home)?;
    let opened = Opened::open(settings, parts, folder).await?;
    let (address, home) = (opened.address, opened.settings.home.clone());
    // The lock of the data folder proves that every other boot is dead.
    if matches!(opened.settings.database, Database::Sqlite(_)) {
        opened.stores.leases.void_others(&opened.boot).await.map_err(other)?;
    }
    let people = people(&opened.settings, &opened.commands, &opened.url).await;
    let first_link = people.map_err(|e| StartError::Other(e.log_text()))?;
    let mut server = opened.run().await?;
    server.first_link = first_link;
    // For programs on this machine: not the public URL, which may be a proxy's.
    let local = if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address };
    let file = data_folder::server_url(&home);
    write_private(&file, &format!("http://{local}"))?;
    server.leaves = Some(file);
    Ok(server)
}

/// The owner, the first admin and the command line's token; a link when nobody has signed in yet.
async fn people(settings: &Settings, commands: &Commands, url: &str) -> Result<Option<String>, opensail_commands::CommandError> {
    let system = Caller::system("server");
    if let Some(admin) = &settings.admin {
        commands.ensure_platform_admin(&admin.email, admin.password.clone()).await?;
    }
    let first = commands.desktop_owner().await?.is_none();
    let user = std::env::var("USER").ok().filter(|user| !user.is_empty()).unwrap_or_else(|| "owner".into());
    let owner = commands.ensure_desktop_owner(&user).await?;
    let file = data_folder::cli_token(&settings.home);
    let old = std::fs::read_to_string(&file).unwrap_or_default();
    if commands.verify_token(old.trim()).await?.is_none() {
        let token = commands.create_token(&system, owner.account_id, CLI_TOKEN).await?;
        write_private(&file, &token).map_err(|e| opensail_commands::CommandError::Broken { log: e.to_string() })?;
    }
    if !first {
        return Ok(None);
    }
    let link = commands.create_sign_in_link(&system, owner.account_id).await?;
    Ok(Some(format!("{url}/sign-in#{}", link.token)))
}

/// Readable by its owner only from its first byte, and whole at every moment.
fn write_private(path: &std::path::Path, text: &str) -> Result<(), StartError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let failed = |e: std::io::Error| StartError::Other(format!("{}: {e}", path.display()));
    let draft = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    std::fs::rename(&draft, path).map_err(failed)
}
