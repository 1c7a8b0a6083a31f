//! A body of any size to a file or to standard output; a file appears whole or not at all.

use std::path::Path;

use futures::StreamExt;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::client::ByteStream;
use super::{CliError, out};

pub async fn write(stream: ByteStream, output: Option<&Path>) -> Result<(), CliError> {
    let Some(output) = output else {
        let mut out = tokio::io::stdout();
        return copy(stream, &mut out, out::refused).await;
    };
    let draft = output.with_extension("unfinished");
    let named = |e: std::io::Error| CliError::Failed(format!("{}: {e}", output.display()));
    let mut file = tokio::fs::File::create(&draft).await.map_err(named)?;
    let copied = match copy(stream, &mut file, named).await {
        Ok(()) => file.sync_all().await.map_err(named),
        Err(e) => Err(e),
    };
    match copied {
        Ok(()) => tokio::fs::rename(&draft, output).await.map_err(named),
        Err(e) => {
            let _ = tokio::fs::remove_file(&draft).await;
            Err(e)
        }
    }
}

/// `refused`: what an error of writing is called.
async fn copy(
    mut stream: ByteStream,
    to: &mut (impl AsyncWrite + Unpin),
    refused: impl Fn(std::io::Error) -> CliError,
) -> Result<(), CliError> {
    while let Some(piece) = stream.next().await {
        to.write_all(&piece?).await.map_err(&refused)?;
    }
    to.flush().await.map_err(&refused)
}
