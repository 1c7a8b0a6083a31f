//! Reading an event stream (the WHATWG's server-sent events) and following it over breaks of the connection.

use std::time::Duration;

use futures::StreamExt;

use super::client::{ByteStream, Client, ClientError};

/// Longest frame taken, in bytes.
const MAX_FRAME: usize = 32 * 1024 * 1024;
/// Tries at reconnecting before giving up, with this pause between them: one minute.
pub const RECONNECTS: u32 = 120;
pub const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frame {
    pub id: Option<String>,
    pub event: String,
    pub data: String,
}

/// Takes bytes in any pieces, gives whole frames.
#[derive(Default)]
pub struct Frames {
    bytes: Vec<u8>,
}

impl Frames {
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, ClientError> {
        self.bytes.extend_from_slice(bytes);
        let mut frames = Vec::new();
        while let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\n\n") {
            let frame: Vec<u8> = self.bytes.drain(..end + 2).collect();
            let frame = parse(&String::from_utf8_lossy(&frame));
            if !frame.data.is_empty() {
                frames.push(frame);
            }
        }
        if self.bytes.len() > MAX_FRAME {
            return Err(ClientError::Malformed(format!("an event has more than {MAX_FRAME} bytes")));
        }
        Ok(frames)
    }
}

fn parse(text: &str) -> Frame {
    let mut frame = Frame::default();
    for line in text.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => frame.id = Some(value.into()),
            "event" => frame.event = value.into(),
            "data" => {
                if !frame.data.is_empty() {
                    frame.data.push('\n');
                }
                frame.data.push_str(value);
            }
            _ => {}
        }
    }
    frame
}

/// What a follower is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Followed {
    Frame(Frame),
    /// The connection broke; it is being made again.
    Reconnecting,
    /// Nothing more will come.
    Over,
}

/// A stream of events that survives the server's restart without a gap or a repeat.
pub struct Follower {
    client: Client,
    path: String,
    cursor: Option<String>,
    open: Option<(ByteStream, Frames)>,
    waiting: std::collections::VecDeque<Frame>,
    failures: u32,
}

impl Follower {
    pub fn new(client: Client, path: String, after: Option<String>) -> Follower {
        Follower { client, path, cursor: after, open: None, waiting: Default::default(), failures: 0 }
    }

    /// The last durable event seen.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    pub async fn next(&mut self) -> Result<Followed, ClientError> {
        loop {
            if let Some(frame) = self.waiting.pop_front() {
                if let Some(id) = &frame.id {
                    self.cursor = Some(id.clone());
                }
                return Ok(Followed::Frame(frame));
            }
            let Some((stream, frames)) = &mut self.open else {
                match self.client.events(&self.path, self.cursor.as_deref()).await {
                    Ok(None) => return Ok(Followed::Over),
                    Ok(Some(stream)) => self.open = Some((stream, Frames::default())),
                    Err(e) => self.pause(e).await?,
                }
                continue;
            };
            match stream.next().await {
                Some(Ok(bytes)) => {
                    self.failures = 0;
                    self.waiting.extend(frames.push(&bytes)?);
                }
                Some(Err(_)) | None => {
                    self.open = None;
                    return Ok(Followed::Reconnecting);
                }
            }
        }
    }

    async fn pause(&mut self, error: ClientError) -> Result<(), ClientError> {
        let passing = match &error {
            ClientError::Unreachable { .. } | ClientError::Lost { .. } => true,
            ClientError::Problem { status, .. } => *status == 503 || *status == 429,
            ClientError::Unknown | ClientError::Malformed(_) | ClientError::BadAddress { .. } | ClientError::LeadsElsewhere(_) => false,
        };
        self.failures += 1;
        if !passing || self.failures > RECONNECTS {
            // Who asks once more tries as long again.
            self.failures = 0;
            return Err(error);
        }
        tokio::time::sleep(RECONNECT_PAUSE).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_whole_however_the_bytes_are_cut() {
        let text = "retry: 1000\n\n: keep\n\nid: e.1\nevent: team.created\ndata: {\"a\":\"ü\"}\n\nevent: delta\ndata: x\ndata: y\n\n";
        let expected = vec![
            Frame { id: Some("e.1".into()), event: "team.created".into(), data: "{\"a\":\"ü\"}".into() },
            Frame { id: None, event: "delta".into(), data: "x\ny".into() },
        ];
        for size in 1..text.len() {
            let mut frames = Frames::default();
            let got: Vec<Frame> = text.as_bytes().chunks(size).flat_map(|chunk| frames.push(chunk).expect("small")).collect();
            assert_eq!(got, expected, "cut at {size}");
        }
    }
}
