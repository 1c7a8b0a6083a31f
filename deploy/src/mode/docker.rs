//! Several processes over one PostgreSQL and one shared data folder: `serve --role api`, `--role worker` or both, as many as are wanted.
//!
//! What the exclusive lock protects on the desktop is protected otherwise here:
//!
//! - **Leases** are never voided by a start: a dead process's database session frees them, time frees those of a silent machine.
//! - **The data folder** is held shared, so that no desktop, backup or restore takes it meanwhile; the one start that changes SECRET_KEY holds
//!   it alone first.
//! - **Blobs and packs** are written under passing names with locks that die with their process, each process its own packs; sweeps exclude
//!   writers and each other by locks on the folder (`csi/src/cas/hold.rs`).
//! - **Working copies** (projects, forks) are changed under their leases; indexes of them are caches, replaced whole.
//! - **The seal** and `checkpoints/` are written by one process, under a lease; `forgotten.jsonl` by all, one at a time.
//! - There is no owner of the machine, so no `cli.token` and no `server.url`: the command line is given OPENSAIL_URL and OPENSAIL_TOKEN.

use super::assemble::{Opened, Parts, Server, StartError};
use crate::data_folder::DataFolder;
use crate::settings::Settings;

pub(super) async fn start(settings: Settings, parts: Parts) -> Result<Server, StartError> {
    // Whoever still runs on the old secret would write under it.
    let changes_secret = settings.secret_key_previous.is_some();
    let folder = if changes_secret { DataFolder::take(&settings.home)? } else { DataFolder::share(&settings.home)? };
    let mut opened = Opened::open(settings, parts, folder).await?;
    if changes_secret {
        opened.share_folder()?;
    }
    if let Some(admin) = &opened.settings.admin {
        let made = opened.commands.ensure_platform_admin(&admin.email, admin.password.clone()).await;
        made.map_err(|error| StartError::Other(error.log_text()))?;
    }
    opened.run().await
}
