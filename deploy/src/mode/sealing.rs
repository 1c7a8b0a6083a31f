//! The sealer of this process; of several processes over one database one seals, the others stand by.

use std::sync::Arc;

use opensail_csi::bucket::Bucket;
use opensail_eventstore::seal::{CheckpointFolder, SealState, Sealer, SecondPlace};
use opensail_eventstore::vault::keyring::Keyring;
use opensail_workers::outside::checkpoint_bucket::CheckpointBucket;
use opensail_workers::supervisor::{OnError, OnStop, Supervisor};
use tokio::sync::watch;

use super::stores::Stores;
use crate::data_folder;
use crate::settings::Settings;

/// Where checkpoints are remembered outside the database: in the data folder, and in the bucket if there is one.
pub fn second_places(settings: &Settings) -> Vec<Arc<dyn SecondPlace>> {
    let mut places: Vec<Arc<dyn SecondPlace>> = vec![Arc::new(CheckpointFolder::new(&data_folder::checkpoints(&settings.home)))];
    if let Some(address) = &settings.bucket {
        places.push(Arc::new(CheckpointBucket::new(Bucket::new(address))));
    }
    places
}

/// What the sealer tells of itself.
pub(super) struct Sealing {
    pub(super) state: watch::Receiver<SealState>,
    pub(super) places: Vec<Arc<dyn SecondPlace>>,
}

pub(super) fn start(supervisor: &Supervisor, stores: &Stores, keyring: Arc<Keyring>, settings: &Settings, holder: &str) -> Sealing {
    let state = watch::Sender::new(SealState::default());
    let told = Sealing { state: state.subscribe(), places: second_places(settings) };
    let sealer = Arc::new(Sealer {
        journal: stores.journal.clone(),
        tables: stores.seal.clone(),
        keyring,
        leases: stores.leases.clone(),
        places: told.places.clone(),
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
