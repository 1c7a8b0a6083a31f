//! NATS JetStream: a work queue on the server's disk, and beside it what was parked.
//!
//! The server drops a second message of the same id (for [`SAME_ID`]), delivers again what was not acknowledged in time, and counts the
//! deliveries. Stream and consumer are made when they are missing, also after the server came back without its store.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::pull::Config as PullConfig;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer};
use async_nats::jetstream::message::{AckKind, PublishMessage, StreamMessage};
use async_nats::jetstream::stream::{Config as StreamConfig, DiscardPolicy, RawMessageErrorKind, RetentionPolicy, Stream};
use async_nats::jetstream::{self, Context, Message};
use async_nats::{Client, Event, Server, connection};
use async_trait::async_trait;
use futures::StreamExt;
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use super::trouble::tell;
use super::{ANSWER, FIRST_PAUSE, LONGEST_PAUSE, NatsAddress, Outcome, Patience, Receipt, RelayError, Taken, Trouble, Work, WorkRelay};

/// The server remembers ids for so long; what the publisher repeats after a failover is seconds old.
const SAME_ID: Duration = Duration::from_secs(10 * 60);
/// Most pieces that wait; more are let go, oldest first, since workers look by themselves too.
const MOST_WAITING: i64 = 100_000;
/// Most parked pieces, and how long they are kept.
const MOST_PARKED: i64 = 1_000;
const PARKED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// A taker asks anew this often.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// The one consumer that all workers share.
const CONSUMER: &str = "workers";
const KIND: &str = "OpenSail-Kind";
const NO_ANSWER: &str = "no answer in time";
const LINK: &str = "NATS, the work queue";

/// Its connection ends with its last clone.
#[derive(Clone)]
pub struct NatsWork {
    client: Client,
    context: Context,
    names: Arc<Names>,
    patience: Patience,
    /// As it was found or made last; none when it has to be looked for.
    consumer: Arc<Mutex<Option<PullConsumer>>>,
    /// Why there is no connection.
    link: watch::Sender<Option<Trouble>>,
    /// Why it does not do what it is asked though there is one.
    failing: watch::Sender<Option<Trouble>>,
}

struct Names {
    stream: String,
    subject: String,
    parked_stream: String,
    parked_subject: String,
}

fn away(error: impl std::fmt::Display) -> RelayError {
    RelayError(error.to_string())
}

/// A call that has an end.
async fn answered<T, E: std::fmt::Display>(call: impl Future<Output = Result<T, E>>) -> Result<T, RelayError> {
    match timeout(ANSWER * 2, call).await {
        Ok(answer) => answer.map_err(away),
        Err(_) => Err(RelayError(NO_ANSWER.into())),
    }
}

impl NatsWork {
    /// A server that is away is tried again, now and later. `installation` keeps several over one server apart.
    pub async fn start(address: NatsAddress, installation: &str, patience: Patience) -> Result<Self, RelayError> {
        let pause = |attempts: usize| (FIRST_PAUSE * (1 << attempts.min(10) as u32)).min(LONGEST_PAUSE);
        let link = watch::Sender::new(Some(Trouble::starting()));
        let (seen, tried) = (link.clone(), link.clone());
        let client = address
            .options()
            .name("opensail")
            .retry_on_initial_connect()
            .connection_timeout(ANSWER)
            .request_timeout(Some(ANSWER))
            .ping_interval(Duration::from_secs(5))
            .reconnect_delay_callback(pause)
            .event_callback(move |event| {
                match event {
                    Event::Connected => tell(&seen, None, LINK),
                    Event::Disconnected => tell(&seen, Some("not connected".to_owned().into()), LINK),
                    event => tracing::debug!(%event, "the work queue's connection"),
                }
                std::future::ready(())
            })
            // Asked before each attempt, and the only place that is told why the last one failed.
            .reconnect_to_server_callback(move |servers, _| {
                if let Some(words) = why_not(servers) {
                    tell(&tried, Some(words.into()), LINK);
                }
                std::future::ready(None)
            })
            .connect(address.servers)
            .await
            .map_err(away)?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(ANSWER);
        let names = Names {
            stream: format!("OPENSAIL-{installation}"),
            subject: format!("opensail.{installation}.work"),
            parked_stream: format!("OPENSAIL-{installation}-PARKED"),
            parked_subject: format!("opensail.{installation}.parked"),
        };
        let failing = watch::Sender::new(None);
        Ok(NatsWork { client, context, names: names.into(), patience, consumer: Default::default(), link, failing })
    }

    /// The consumer; it and its stream are made if they are missing.
    async fn consumer(&self) -> Result<PullConsumer, RelayError> {
        let mut known = self.consumer.lock().await;
        if let Some(consumer) = known.as_ref() {
            return Ok(consumer.clone());
        }
        let stream = answered(self.context.get_or_create_stream(StreamConfig {
            name: self.names.stream.clone(),
            subjects: vec![self.names.subject.clone()],
            retention: RetentionPolicy::WorkQueue,
            discard: DiscardPolicy::Old,
            max_messages: MOST_WAITING,
            duplicate_window: SAME_ID,
            ..StreamConfig::default()
        }))
        .await?;
        answered(self.context.get_or_create_stream(StreamConfig {
            name: self.names.parked_stream.clone(),
            subjects: vec![self.names.parked_subject.clone()],
            discard: DiscardPolicy::Old,
            max_messages: MOST_PARKED,
            max_age: PARKED_FOR,
            duplicate_window: SAME_ID,
            ..StreamConfig::default()
        }))
        .await?;
        let config = PullConfig {
            durable_name: Some(CONSUMER.into()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.patience.done_within,
            // We count ourselves: what the server gives up silently stays in the stream.
            max_deliver: -1,
            ..PullConfig::default()
        };
        let consumer = answered(stream.get_or_create_consumer(CONSUMER, config)).await?;
        *known = Some(consumer.clone());
        Ok(consumer)
    }

    fn connected(&self) -> bool {
        self.client.connection_state() == connection::State::Connected
    }

    /// After a failure everything is looked for again.
    async fn failed(&self, error: &RelayError) {
        *self.consumer.lock().await = None;
        let before = self.failing.send_replace(Some(error.0.clone().into()));
        // A lost connection tells of itself.
        if before.is_none() && self.connected() {
            tracing::warn!(error = error.0, "the work queue fails; it is tried again, and workers look by themselves");
        }
    }

    fn works(&self) {
        self.failing.send_replace(None);
    }

    /// `known_as`: what the server drops repeats by.
    async fn publish(&self, subject: &str, work: &Work, known_as: &str) -> Result<(), RelayError> {
        let message = PublishMessage::build().message_id(known_as).header(KIND, work.kind.as_str()).payload(work.id.clone().into());
        let acknowledged = answered(self.context.send_publish(subject.to_owned(), message)).await?;
        answered(acknowledged.into_future()).await.map(|_| ())
    }

    /// What is parked, by its place in the stream, the oldest first.
    async fn parked_messages(&self) -> Result<(Stream<()>, Vec<(u64, Work)>), RelayError> {
        self.consumer().await?;
        let stream = answered(self.context.get_stream_no_info(&self.names.parked_stream)).await?;
        let (mut parked, mut from) = (Vec::new(), 1);
        // From one that is there to the next: those between were put back, or have aged.
        while let Some(message) = next_parked(&stream, &self.names.parked_subject, from).await? {
            let kind = message.headers.get(KIND).map(ToString::to_string).unwrap_or_default();
            parked.push((message.sequence, Work { id: String::from_utf8_lossy(&message.payload).into_owned(), kind }));
            from = message.sequence + 1;
        }
        Ok((stream, parked))
    }

    async fn next(&self) -> Result<Option<Taken>, RelayError> {
        let consumer = self.consumer().await?;
        let mut messages = answered(consumer.batch().max_messages(1).expires(ASK_EVERY).messages()).await?;
        self.works();
        let message = match timeout(ASK_EVERY + ANSWER, messages.next()).await {
            Ok(Some(message)) => message.map_err(away)?,
            Ok(None) => return Ok(None),
            Err(_) => return Err(RelayError(NO_ANSWER.into())),
        };
        let info = message.info().map_err(away)?;
        let (delivery, delivered) = (u32::try_from(info.delivered).unwrap_or(u32::MAX), info.stream_sequence);
        let work = read(&message);
        if delivery > self.patience.deliveries {
            self.publish(&self.names.parked_subject, &work, &format!("{}/{delivered}", work.id)).await?;
            tracing::error!(id = work.id, kind = work.kind, "work was delivered too often without being done; it is parked");
            answered(message.double_ack_with(AckKind::Term)).await?;
            return Ok(None);
        }
        Ok(Some(Taken { work, delivery, receipt: Box::new(Slip(message)) }))
    }
}

/// Of each server that failed, its last words.
fn why_not(servers: Vec<Server>) -> Option<String> {
    let mut words: Vec<String> = servers.into_iter().filter_map(|server| server.last_error).collect();
    words.sort();
    words.dedup();
    (!words.is_empty()).then(|| words.join("; "))
}

/// The first message at that place or after it; `None`: there is none.
async fn next_parked(stream: &Stream<()>, subject: &str, from: u64) -> Result<Option<StreamMessage>, RelayError> {
    match timeout(ANSWER * 2, stream.get_first_raw_message_by_subject(subject, from)).await {
        Ok(Ok(message)) => Ok(Some(message)),
        Ok(Err(error)) if error.kind() == RawMessageErrorKind::NoMessageFound => Ok(None),
        Ok(Err(error)) => Err(away(error)),
        Err(_) => Err(RelayError(NO_ANSWER.into())),
    }
}

fn read(message: &async_nats::Message) -> Work {
    let kind = message.headers.as_ref().and_then(|headers| headers.get(KIND)).map(ToString::to_string).unwrap_or_default();
    Work { id: String::from_utf8_lossy(&message.payload).into_owned(), kind }
}

#[async_trait]
impl WorkRelay for NatsWork {
    async fn put(&self, work: &Work) -> Result<(), RelayError> {
        let put = async {
            self.consumer().await?;
            self.publish(&self.names.subject, work, &work.id).await
        };
        match put.await {
            Ok(()) => {
                self.works();
                Ok(())
            }
            Err(error) => {
                self.failed(&error).await;
                Err(error)
            }
        }
    }

    async fn take(&self) -> Taken {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.next().await {
                Ok(Some(taken)) => return taken,
                Ok(None) => pause = FIRST_PAUSE,
                Err(error) => {
                    self.failed(&error).await;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn parked(&self) -> Result<Vec<Work>, RelayError> {
        Ok(self.parked_messages().await?.1.into_iter().map(|(_, work)| work).collect())
    }

    async fn parked_count(&self) -> Result<u64, RelayError> {
        self.consumer().await?;
        let stream = answered(self.context.get_stream_no_info(&self.names.parked_stream)).await?;
        Ok(answered(stream.get_info()).await?.state.messages)
    }

    async fn retry_parked(&self, id: &str) -> Result<bool, RelayError> {
        let (stream, parked) = self.parked_messages().await?;
        let Some((sequence, work)) = parked.into_iter().find(|(_, work)| work.id == id) else { return Ok(false) };
        // Another id for the server, which still knows the first; and put back before it is let go, so that it is never in neither place.
        self.publish(&self.names.subject, &work, &format!("{id}/{sequence}")).await?;
        answered(stream.delete_message(sequence)).await?;
        tracing::info!(id = work.id, kind = work.kind, "parked work was put back");
        Ok(true)
    }

    fn shared(&self) -> bool {
        true
    }

    fn trouble(&self) -> Option<Trouble> {
        if self.connected() { self.failing.borrow().clone() } else { self.link.borrow().clone().or_else(|| Some(Trouble::starting())) }
    }
}

struct Slip(Message);

#[async_trait]
impl Receipt for Slip {
    async fn settle(self: Box<Self>, outcome: Outcome) {
        let settled = match outcome {
            Outcome::Done => answered(self.0.double_ack()).await,
            Outcome::Again(after) => answered(self.0.double_ack_with(AckKind::Nak(Some(after)))).await,
        };
        if let Err(error) = settled {
            tracing::debug!(%error, "the work queue did not hear of an end; what was done may be delivered again");
        }
    }
}
