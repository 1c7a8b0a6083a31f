//! `opensail audit …`.

pub mod checkpoint;
pub mod evidence;
pub mod export;
pub mod proof;
pub mod query;
pub mod rotate_key;
pub mod verify;

use super::CliError;
use super::arguments::Audit;
use super::connect::connect;

pub async fn execute(command: Audit) -> Result<(), CliError> {
    let command = match command {
        Audit::Verify { file: Some(file), key, .. } => return verify::file(&file, &key),
        Audit::Verify { file: None, key, checkpoint } if !super::connect::is_named() => return verify::journal(&key, &checkpoint).await,
        Audit::Verify { checkpoint, .. } if !checkpoint.is_empty() => {
            return Err(CliError::Usage(
                "--checkpoint is held against the journal of this machine: ask there, without OPENSAIL_URL".into(),
            ));
        }
        Audit::RotateKey => return rotate_key::rotate_key().await,
        command => command,
    };
    let connection = connect().await?;
    let client = &connection.client;
    let done = match command {
        Audit::Query { filter, limit, then, json } => query::query(client, filter, limit, &then, json).await,
        Audit::Export { filter, format, output } => export::export(client, filter, format, output.as_deref()).await,
        Audit::Verify { key, .. } => verify::server(client, &key).await,
        Audit::Checkpoint { json } => checkpoint::checkpoint(client, json).await,
        Audit::Proof { position, size } => proof::proof(client, position, size).await,
        Audit::RotateKey => Ok(()),
    };
    connection.close().await;
    done
}
