//! Output on its way out: two pipes into one channel, as it comes, never more than one piece in our hands.
//!
//! A full channel stops the reading, a pipe not read fills, and a command that writes into a full pipe waits: so 100 MB of output cost no
//! memory of ours. Between two pipes the order is that in which they are found readable, which is as exact as two pipes can be.

use bytes::Bytes;
use opensail_commands::ports::sandbox::OutputChunk;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

use super::limits::CHUNK_BYTES;

/// How much of standard error is kept to explain a failed start, bytes.
const LAST_WORDS_BYTES: usize = 2_048;

pub(super) struct Pump {
    stdout: Source,
    stderr: Source,
    /// Read but not yet handed over; survives when the pump is interrupted.
    pending: Option<OutputChunk>,
    /// The beginning of standard error.
    head: Vec<u8>,
}

struct Source {
    /// None once it has ended.
    pipe: Option<pipe::Receiver>,
    buffer: Vec<u8>,
}

impl Source {
    fn new(pipe: Option<pipe::Receiver>) -> Self {
        Self { pipe, buffer: vec![0; CHUNK_BYTES] }
    }

    /// The next piece; none at the end. Safe to drop in between.
    async fn next(&mut self) -> Option<Bytes> {
        let pipe = self.pipe.as_mut()?;
        match pipe.read(&mut self.buffer).await {
            Ok(count) if count > 0 => Some(Bytes::copy_from_slice(&self.buffer[..count])),
            _ => {
                self.pipe = None;
                None
            }
        }
    }
}

impl Pump {
    pub(super) fn new(stdout: Option<pipe::Receiver>, stderr: Option<pipe::Receiver>) -> Self {
        Self { stdout: Source::new(stdout), stderr: Source::new(stderr), pending: None, head: Vec::new() }
    }

    /// Hands over everything until both pipes end. May be dropped and called again; nothing is lost or doubled. A receiver that is gone
    /// loses the output, not the command.
    pub(super) async fn run(&mut self, output: &mpsc::Sender<OutputChunk>) {
        loop {
            if self.pending.is_some()
                && let Ok(place) = output.reserve().await
                && let Some(chunk) = self.pending.take()
            {
                place.send(chunk);
            }
            self.pending = None;
            let Some(chunk) = self.next().await else { return };
            self.pending = Some(chunk);
        }
    }

    async fn next(&mut self) -> Option<OutputChunk> {
        loop {
            let chunk = tokio::select! {
                piece = self.stdout.next(), if self.stdout.pipe.is_some() => piece.map(OutputChunk::Stdout),
                piece = self.stderr.next(), if self.stderr.pipe.is_some() => piece.map(OutputChunk::Stderr),
                else => return None,
            };
            if let Some(OutputChunk::Stderr(bytes)) = &chunk {
                let room = LAST_WORDS_BYTES.saturating_sub(self.head.len()).min(bytes.len());
                self.head.extend_from_slice(&bytes[..room]);
            }
            if chunk.is_some() {
                return chunk;
            }
        }
    }

    /// What came on standard error, to its end; only for commands that have ended.
    pub(super) async fn said(&mut self) -> Option<String> {
        while self.next().await.is_some() {}
        let words = String::from_utf8_lossy(&self.head).trim().to_owned();
        (!words.is_empty()).then_some(words)
    }

    /// Why bubblewrap gave up.
    pub(super) async fn last_words(&mut self) -> String {
        self.said().await.unwrap_or_else(|| "bubblewrap ended without a word".into())
    }
}
