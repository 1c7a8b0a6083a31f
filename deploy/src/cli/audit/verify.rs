//! `opensail audit verify`: a file, a server, or the journal of this machine. Names the first position that does not hold; exit code 1.

pub mod export;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use futures::StreamExt;
use opensail_eventstore::seal::check::{CheckError, Outside, check};
use opensail_eventstore::seal::{Checkpoint, VerifierKey};

use self::export::ExportCheck;
use crate::cli::CliError;
use crate::cli::client::Client;
use crate::cli::paint::printable;
use crate::mode::sealing::second_places;
use crate::mode::stores;
use crate::settings::{self, Settings};

fn pinned(keys: &[String]) -> Result<Vec<VerifierKey>, CliError> {
    keys.iter().map(|key| key.parse().map_err(|error| CliError::Usage(format!("--key: {error}")))).collect()
}

fn moment(micros: i64) -> String {
    DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Without any server or database.
pub fn file(path: &Path, keys: &[String]) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::Failed(format!("{}: {error}", path.display()));
    let mut check = ExportCheck::new(pinned(keys)?);
    for line in BufReader::new(File::open(path).map_err(failed)?).split(b'\n') {
        check.line(&line.map_err(failed)?).map_err(CliError::Failed)?;
    }
    tell(check)
}

/// All that the caller may see, while it is downloaded.
pub async fn server(client: &Client, keys: &[String]) -> Result<(), CliError> {
    let mut check = ExportCheck::new(pinned(keys)?);
    let mut stream = client.bytes("/api/v1/audit/export", &[]).await?;
    let mut rest: Vec<u8> = Vec::new();
    while let Some(piece) = stream.next().await {
        rest.extend_from_slice(&piece?);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            check.line(&line[..end]).map_err(CliError::Failed)?;
        }
    }
    tell(check)
}

fn tell(check: ExportCheck) -> Result<(), CliError> {
    let verified = check.finish().map_err(CliError::Failed)?;
    tell!(
        "verified: {} events, each in the journal of {} positions that was signed at {}",
        verified.events,
        verified.size,
        moment(verified.time)
    );
    for (tenant, last) in verified.complete.iter().flatten() {
        tell!("complete: {}, events 1 to {last} without a gap, and no further one up to position {}", printable(tenant), verified.size);
    }
    if verified.complete.is_none() {
        tell!(
            "filtered by {}: completeness is not proven by the journal; whoever exported it signed that this is all",
            printable(&verified.filter.join(", "))
        );
    }
    if verified.unproven > 0 {
        tell!(
            "not proven by the journal: what {} private fields, addresses and names say, of which it holds the sealed form or nothing; \
             whoever exported them signed that they were shown like this",
            verified.unproven
        );
    }
    for notice in &verified.notices {
        tell!("notice: {notice}");
    }
    believed(&verified.believed);
    Ok(())
}

fn believed(key: &Option<VerifierKey>) {
    if let Some(key) = key {
        eprintln!("the key that came along was believed; to rest on your own, note it and say --key {key}");
    }
}

/// A note that was kept in a file: as it stands in the checkpoints' folder, or as `audit checkpoint` printed it.
fn note(path: &Path) -> Result<String, CliError> {
    let mut text = std::fs::read_to_string(path).map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))?;
    // The keys that are printed after it are no part of it.
    if let Some(signed) = text.rfind("\n\u{2014} ").map(|at| at + 1) {
        text.truncate(text[signed..].find('\n').map_or(text.len(), |end| signed + end + 1));
    }
    Checkpoint::unproven(&text).map_err(|error| CliError::Usage(format!("{}: no signed checkpoint: {error}", path.display())))?;
    Ok(text)
}

/// The whole journal of this machine against its seal and against what is remembered elsewhere: by the second place, and in files with notes of
/// checkpoints. The server may run.
pub async fn journal(keys: &[String], noted: &[PathBuf]) -> Result<(), CliError> {
    let failed = |error: String| CliError::Failed(error);
    let pinned = pinned(keys)?;
    let noted = noted.iter().map(|path| note(path)).collect::<Result<Vec<_>, _>>()?;
    let settings = Settings::read(&settings::environment()).map_err(|error| CliError::Usage(error.to_string()))?;
    let stores = stores::open(&settings).await.map_err(failed)?;
    let places = second_places(&settings);
    let (mut remembered, mut rolls) = (Vec::new(), Vec::new());
    for place in &places {
        let away = |why: String| failed(format!("{}: {why}", place.name()));
        remembered.extend(place.kept().await.map_err(away)?);
        rolls.extend(place.rolls().await.map_err(away)?);
    }
    let nothing_kept = remembered.is_empty();
    let outside = Outside { remembered: &remembered, rolls: &rolls, noted: &noted };
    let checked = check(&*stores.journal, &*stores.seal, &pinned, outside, |_| {}).await;
    let first = stores.seal.keys().await.ok().and_then(|keys| keys.first().and_then(|key| key.verifier.parse().ok()));
    let loosened = stores.loosened().to_vec();
    stores.close().await;
    let checked = match checked {
        Ok(checked) => checked,
        Err(CheckError::Found(finding)) => return Err(CliError::Failed(format!("NOT as it was written: {finding}"))),
        Err(error) => return Err(CliError::Failed(error.to_string())),
    };
    tell!(
        "verified: positions 1 to {} as they were sealed, {} signed checkpoints, the newest of {}",
        checked.sealed,
        checked.checkpoints,
        moment(checked.time)
    );
    let names: Vec<_> = places.iter().map(|place| place.name()).collect();
    match nothing_kept {
        true => tell!("the second place ({}) holds no checkpoint: nothing was held against it", names.join(" and ")),
        false => tell!("the second place agrees: {} checkpoints in {}", checked.remembered - checked.noted, names.join(" and ")),
    }
    if checked.noted > 0 {
        tell!("the noted checkpoints agree: {}", checked.noted);
    }
    if checked.unsealed > 0 {
        tell!("not sealed yet: {} newer positions", checked.unsealed);
    }
    for notice in checked.notices.iter().chain(&loosened) {
        tell!("notice: {notice}");
    }
    if pinned.is_empty() {
        believed(&first);
    }
    Ok(())
}
