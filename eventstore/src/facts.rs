//! A long stream, read to be folded: page by page, each made into something else by a task of its own while the next one is being read, so that
//! the database and two cores work at once.

use std::panic;
use std::sync::Arc;

use futures::future::Either;
use futures::stream::{self, Stream, StreamExt};
use tokio::task::JoinHandle;

use crate::envelope::{Fact, StreamId};
use crate::journal::{Journal, ReadError};

/// Events read at once.
const PAGE: usize = 250;
/// Pages that are being made into something at once; the memory a stream takes is bounded by it.
const AT_ONCE: usize = 2;

/// What `make` makes of each page after a version, in order, up to the stream's end. The last one, with which most streams begin, is made in place.
pub fn pages<T, F>(
    journal: Arc<dyn Journal>,
    stream: StreamId,
    after: u64,
    make: impl Fn(Vec<Fact>) -> F + Send,
) -> impl Stream<Item = Result<T, ReadError>> + Send
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let read = stream::unfold(Some(after), move |after| {
        let (journal, stream) = (journal.clone(), stream.clone());
        async move {
            let page = match journal.read_facts(&stream, after?, PAGE).await {
                Ok(page) => page,
                Err(error) => return Some((Err(error), None)),
            };
            let next = page.last().filter(|_| page.len() == PAGE).map(|last| last.stream_version);
            Some((Ok(page), next))
        }
    });
    let made = read.map(move |page| {
        let made = page.map(|page| match page.len() {
            PAGE => Either::Left(outcome(tokio::spawn(make(page)))),
            _ => Either::Right(make(page)),
        });
        async move { Ok(made?.await) }
    });
    made.buffered(AT_ONCE)
}

async fn outcome<T>(task: JoinHandle<T>) -> T {
    match task.await {
        Ok(made) => made,
        Err(error) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // Only the end of the runtime ends it so, and the reader with it.
        Err(_) => std::future::pending().await,
    }
}
