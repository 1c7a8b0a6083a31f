//! Before anything is written: is the journal an earlier state of what it was? Asked are the roll of its epochs, the places that remember
//! checkpoints and, where they lie elsewhere, the views, which know up to the last event.

use std::sync::Arc;
use std::time::Duration;

use opensail_eventstore::ReadError;
use opensail_eventstore::seal::{Roll, SealError, SecondPlace, attest, set_back};

use super::assemble;
use super::sealing::second_places;
use super::stores::Stores;
use crate::settings::Settings;

/// A place that has not answered by then is asked at the next start; appends do not wait for it either.
const ANSWERS: Duration = Duration::from_secs(5);

/// Why it cannot be used as it is, with what to do.
pub async fn refuse(settings: &Settings, stores: &Stores, secret: &str) -> Result<(), String> {
    let told = |what: String| {
        format!(
            "the journal was set back: {what}. If it was restored from an earlier copy, or failed over with a loss: stop every server on it and \
             say `opensail new-epoch`, so that readers are told where the two histories part. If not, somebody changed it: `opensail audit verify`"
        )
    };
    let places = second_places(settings);
    let roll = match roll(settings, stores, secret, &places).await {
        Ok(roll) => roll,
        // Whoever opens the vault next says what to do.
        Err(SealError::Key(_)) => return Ok(()),
        Err(SealError::Unavailable(error)) => return Err(error.to_string()),
        Err(error) => return Err(told(error.to_string())),
    };
    match set_back(&stores.seal, &roll, &[]).await {
        Ok(None) => {}
        Ok(Some(found)) => return Err(told(found.to_string())),
        Err(error) => return Err(error.to_string()),
    }
    for place in places {
        let asked = answered(place.newest()).await;
        let note = match asked {
            Ok(note) => note,
            Err(why) => {
                tracing::warn!(place = place.name(), why, "whether the journal was set back could not be asked here");
                continue;
            }
        };
        match set_back(&stores.seal, &roll, note.as_slice()).await {
            Ok(None) => {}
            Ok(Some(found)) => return Err(told(format!("{} remembers that {found}", place.name()))),
            Err(SealError::Unavailable(error)) => return Err(error.to_string()),
            // The sealer tells of it, and readiness.
            Err(error) => tracing::warn!(%error, "the journal could not be held against its newest checkpoint"),
        }
    }
    match beyond_the_end(stores).await? {
        Some((seen, head)) => Err(told(format!("the views have seen position {seen}, and the journal ends at {head}"))),
        None => Ok(()),
    }
}

/// The roll of the journal's epochs; where there is none yet, they are taken as they are found.
async fn roll(settings: &Settings, stores: &Stores, secret: &str, places: &[Arc<dyn SecondPlace>]) -> Result<Roll, SealError> {
    let mut outside = Vec::new();
    if stores.seal.rolls().await?.is_empty() {
        for place in places {
            match answered(place.rolls()).await {
                Ok(rolls) => outside.extend(rolls),
                Err(why) => tracing::warn!(place = place.name(), why, "whether the epochs were signed before could not be asked here"),
            }
        }
    }
    let keyring = assemble::keyring_as_it_lies(settings, stores, secret).await?;
    attest::settle(&stores.seal, &keyring, &outside).await
}

async fn answered<T>(asked: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    tokio::time::timeout(ANSWERS, asked).await.unwrap_or_else(|_| Err("it does not answer".into()))
}

/// A position of this history that a view has seen, and the journal's end, if that is before it.
async fn beyond_the_end(stores: &Stores) -> Result<Option<(u64, u64)>, String> {
    let seen = stores.views.checkpoints().await.map_err(|error| error.to_string())?;
    let told = |error: ReadError| error.to_string();
    let head = stores.journal.head().await.map_err(told)?;
    let of_now = seen.into_iter().filter(|(epoch, _)| *epoch == head.epoch).map(|(_, position)| position);
    Ok(of_now.max().filter(|seen| *seen > head.position).map(|seen| (seen, head.position)))
}
