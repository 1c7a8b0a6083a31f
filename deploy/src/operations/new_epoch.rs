//! `opensail new-epoch`: says of a journal that was set back, by a restore of the database or a failover with a loss, that a new history begins.
//! Readers who saw more are told up to where theirs still holds, instead of missing or repeating anything.

use opensail_eventstore::seal::{SealError, parting};
use opensail_eventstore::vault::keyring;
use opensail_eventstore::{Epoch, Position, ReadError, VaultError};
use opensail_workers::keep_forgotten;

use crate::data_folder::{self, DataFolder, DataFolderError};
use crate::mode::sealing::second_places;
use crate::mode::stores::{self, Stores};
use crate::settings::Settings;

#[derive(Debug, thiserror::Error)]
pub enum NewEpochError {
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    #[error("{0}")]
    Database(String),
    #[error(transparent)]
    Journal(#[from] ReadError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the list of what was forgotten: {0}")]
    Forgotten(#[from] std::io::Error),
}

/// The epoch, and the last position that it shares with those before it. Harmless for a journal that was not set back: views are built anew, and
/// readers begin again at its end.
pub async fn new_epoch(settings: &Settings) -> Result<(Epoch, Position), NewEpochError> {
    // No server goes on with the old epoch meanwhile, and no ghost under a token that is given a second time.
    let folder = DataFolder::take(&settings.home)?;
    let stores = stores::open(settings).await.map_err(NewEpochError::Database)?;
    let begun = begin(settings, &stores).await;
    stores.close().await;
    drop(folder);
    begun
}

async fn begin(settings: &Settings, stores: &Stores) -> Result<(Epoch, Position), NewEpochError> {
    // The vault is an earlier one, too: what was forgotten since is forgotten before anybody can ask.
    for line in keep_forgotten::read(&data_folder::forgotten(&settings.home))? {
        keyring::destroy(&*stores.vault, &line.subject).await?;
    }
    let mut remembered = Vec::new();
    for place in second_places(settings) {
        match place.kept().await {
            Ok(notes) => remembered.extend(notes),
            Err(why) => eprintln!("{} could not be asked what it remembers: {why}", place.name()),
        }
    }
    let head = stores.journal.head().await?.position;
    let parting = parting(&stores.seal, head, &remembered).await?;
    let epoch = stores.start_epoch("set back", parting).await?;
    Ok((epoch, parting.shared.map_or(head, |shared| shared.min(head))))
}
