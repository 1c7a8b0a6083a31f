//! `opensail audit proof`: one event's proof, checked here before it is handed on.

use opensail_eventstore::seal::{Checkpoint, VerifierKey, proof};
use serde_json::Value;

use super::evidence::{Evidence, hash};
use crate::cli::CliError;
use crate::cli::client::Client;

pub async fn proof(client: &Client, position: u64, size: Option<u64>) -> Result<(), CliError> {
    let mut query = vec![("position", position.to_string())];
    query.extend(size.map(|size| ("size", size.to_string())));
    let answer = client.get("/api/v1/audit/proof", &query).await?;
    let failed = |why: &str| CliError::Failed(format!("position {position}: {why}"));
    let evidence = Evidence::read(&answer["event"]).map_err(|why| failed(&why))?;
    let leaf = evidence.leaf();
    if hash(&answer["leaf"]) != Some(leaf) || evidence.event.position != position {
        return Err(failed("the leaf is not the event's"));
    }
    match answer["checkpoint"].as_str() {
        Some(note) => {
            let checkpoint = Checkpoint::open(note, &keys(&answer)?).map_err(|error| failed(&error.to_string()))?;
            if !proof::includes(&checkpoint.root, checkpoint.size, position - 1, &leaf, &evidence.path) {
                return Err(failed("the proof does not lead to the signed root"));
            }
            eprintln!("position {position} is in the journal of {} positions that the checkpoint signs", checkpoint.size);
        }
        None => eprintln!("no checkpoint of exactly {} positions was signed; hold the proof against your own", answer["size"]),
    }
    tell!("{answer}");
    Ok(())
}

fn keys(answer: &Value) -> Result<Vec<VerifierKey>, CliError> {
    let keys = answer["keys"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::parse);
    keys.collect::<Result<_, _>>().map_err(|error| CliError::Failed(format!("{error}")))
}
