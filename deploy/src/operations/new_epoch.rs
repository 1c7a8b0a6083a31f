//! `opensail new-epoch`: says of a journal that was set back, by a restore of the database or a failover with a loss, that a new history begins.
//! Readers who saw more are told up to where theirs still holds, instead of missing or repeating anything.

use std::sync::Arc;

use opensail_eventstore::seal::{Attestation, Roll, SealError, SecondPlace, attest, parting};
use opensail_eventstore::vault::keyring;
use opensail_eventstore::{Epoch, Position, ReadError, SealTables, VaultError};
use opensail_workers::keep_forgotten;

use crate::data_folder::{self, DataFolder, DataFolderError};
use crate::mode::assemble;
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
    #[error("{0}")]
    Secret(String),
    #[error("the list of what was forgotten: {0}")]
    Forgotten(#[from] std::io::Error),
}

pub struct Begun {
    pub epoch: Epoch,
    /// The last position that it shares with those before it.
    pub shared: Position,
    /// Epochs that somebody without the seal's key had begun.
    pub disowned: Vec<Epoch>,
}

/// Harmless for a journal that was not set back: views are built anew, and readers begin again at its end. Needs SECRET_KEY, for the seal's key
/// attests the epoch.
pub async fn new_epoch(settings: &Settings) -> Result<Begun, NewEpochError> {
    // No server goes on with the old epoch meanwhile, and no ghost under a token that is given a second time.
    let folder = DataFolder::take(&settings.home)?;
    let stores = stores::open(settings).await.map_err(NewEpochError::Database)?;
    let begun = begin(settings, &stores).await;
    stores.close().await;
    drop(folder);
    begun
}

async fn begin(settings: &Settings, stores: &Stores) -> Result<Begun, NewEpochError> {
    let secret = assemble::secret(settings, stores).await.map_err(|error| NewEpochError::Secret(error.to_string()))?;
    let keyring = assemble::keyring_as_it_lies(settings, stores, &secret).await.map_err(SealError::from)?;
    // The vault is an earlier one, too: what was forgotten since is forgotten before anybody can ask.
    for line in keep_forgotten::read(&data_folder::forgotten(&settings.home))? {
        keyring::destroy(&*stores.vault, &line.subject).await?;
    }
    let (places, mut remembered, mut rolls) = (second_places(settings), Vec::new(), Vec::new());
    for place in &places {
        let asked = async { Ok::<_, String>((place.kept().await?, place.rolls().await?)) };
        match asked.await {
            Ok((notes, of_epochs)) => {
                remembered.extend(notes);
                rolls.extend(of_epochs);
            }
            Err(why) => eprintln!("{} could not be asked what it remembers: {why}", place.name()),
        }
    }
    let head = stores.journal.head().await?.position;
    let known_before = attest::reckoned(&stores.seal, &keyring, &rolls).await?;
    let parting = parting(&stores.seal, &known_before, head, &remembered).await?;
    let last = stores.seal.rolls().await?.pop().and_then(|last| Roll::unproven(&last.note).ok());
    let known = |epoch: &Epoch| last.as_ref().is_some_and(|roll| roll.find(*epoch).is_some());
    let disowned = known_before.disowned().filter(|epoch| !known(epoch)).collect();
    let attested = Attestation::prepare(&stores.seal, &keyring, known_before, head, &parting).await?;
    let epoch = stores.start_epoch("set back", parting, &attested).await?;
    tell_places(&places, &*stores.seal).await?;
    Ok(Begun { epoch, shared: parting.shared.map_or(head, |shared| shared.min(head)), disowned })
}

/// Takes the newest roll to the second places; one that is away gets it from the next server.
pub(super) async fn tell_places(places: &[Arc<dyn SecondPlace>], tables: &dyn SealTables) -> Result<(), ReadError> {
    let Some(roll) = tables.rolls().await?.pop() else { return Ok(()) };
    for place in places {
        if let Err(why) = place.keep_roll(&roll.note).await {
            eprintln!("{} could not be told of the epoch, and will be when a server runs: {why}", place.name());
        }
    }
    Ok(())
}
