//! A reader of a session's live stream.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use opensail_deploy::cli::events::{Frame, Frames};

use crate::world::World;

/// A bound for a broken build, not a measure.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Watch {
    bytes: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    frames: Frames,
    waiting: std::collections::VecDeque<Frame>,
}

impl Watch {
    /// The stream, or the status that refused it.
    pub async fn open(world: &World, token: &str, path: &str, last_event_id: Option<&str>) -> Result<Watch, u16> {
        Watch::at(&world.http, &world.url, token, path, last_event_id).await
    }

    /// The same at any server.
    pub async fn at(http: &reqwest::Client, url: &str, token: &str, path: &str, last_event_id: Option<&str>) -> Result<Watch, u16> {
        let mut request = http.get(format!("{url}{path}")).bearer_auth(token);
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.expect("an answer");
        if response.status() != 200 {
            return Err(response.status().as_u16());
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Watch { bytes: Box::pin(response.bytes_stream()), frames: Frames::default(), waiting: Default::default() })
    }

    /// The next frame; `None` once the server has closed the stream.
    pub async fn next(&mut self) -> Option<Frame> {
        let read = async {
            loop {
                if let Some(frame) = self.waiting.pop_front() {
                    return Some(frame);
                }
                let piece = self.bytes.next().await?.ok()?;
                self.waiting.extend(self.frames.push(&piece).expect("frames"));
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the stream says something or ends")
    }

    /// Reads up to the first durable event of this type, and answers all durable ones.
    pub async fn until(&mut self, event: &str) -> Vec<Frame> {
        let mut seen = Vec::new();
        while let Some(frame) = self.next().await {
            let found = frame.event == event;
            if frame.id.is_some() {
                seen.push(frame);
            }
            if found {
                break;
            }
        }
        seen
    }
}
