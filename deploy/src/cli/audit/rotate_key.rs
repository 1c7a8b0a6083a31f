//! `opensail audit rotate-key`: on the data folder itself, with or without a running server, for it needs SECRET_KEY.

use std::sync::Arc;

use opensail_eventstore::seal::keys;
use opensail_eventstore::vault::keyring::Keyring;

use crate::cli::CliError;
use crate::mode::{assemble, stores};
use crate::settings::{self, Settings};

pub async fn rotate_key() -> Result<(), CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::Failed(error.to_string());
    let settings = Settings::read(&settings::environment()).map_err(|error| CliError::Usage(error.to_string()))?;
    let stores = stores::open(&settings).await.map_err(|error| failed(&error))?;
    let secret = assemble::secret(&settings, &stores).await.map_err(|error| failed(&error))?;
    let keyring = Arc::new(Keyring::new(stores.vault.clone(), secret.as_bytes()));
    let key = keys::rotate(&stores.seal, &keyring).await.map_err(|error| failed(&error))?;
    tell!("{key}");
    eprintln!("the next checkpoint is signed by the old key and by this one; from then on this one signs");
    stores.close().await;
    Ok(())
}
