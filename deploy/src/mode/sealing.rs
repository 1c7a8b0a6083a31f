//! The sealer of this process; of several processes over one database one seals, the others stand by.

use std::path::Path;
use std::sync::Arc;

use opensail_eventstore::seal::{CheckpointFolder, SealState, Sealer};
use opensail_eventstore::vault::keyring::Keyring;
use opensail_workers::supervisor::{OnError, OnStop, Supervisor};
use tokio::sync::watch;

use super::stores::Stores;
use crate::data_folder;

/// What it tells of itself.
pub(super) fn start(
    supervisor: &Supervisor,
    stores: &Stores,
    keyring: Arc<Keyring>,
    home: &Path,
    holder: &str,
) -> watch::Receiver<SealState> {
    let state = watch::Sender::new(SealState::default());
    let told = state.subscribe();
    let sealer = Arc::new(Sealer {
        journal: stores.journal.clone(),
        tables: stores.seal.clone(),
        keyring,
        leases: stores.leases.clone(),
        place: Arc::new(CheckpointFolder::new(&data_folder::checkpoints(home))),
        holder: holder.into(),
        state,
    });
    // Appends go on without it: what is not sealed yet is sealed when the trouble is over.
    supervisor.spawn("seal", OnError::Restart, OnStop::Finish, move |stop| {
        let sealer = sealer.clone();
        async move { sealer.run(stop.cancelled_owned()).await.map_err(|error| error.to_string()) }
    });
    told
}
