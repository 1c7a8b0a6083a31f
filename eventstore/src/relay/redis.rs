//! Redis Streams: one short stream for each topic of an installation, read by every process at its own pace.
//!
//! Two connections, so that what is sent never waits behind what is awaited. A lost connection is made again by itself, and goes on at the entry
//! that was read last, if the stream still knows it: a Redis that came back empty is read from its beginning.

use std::collections::HashMap;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::streams::{StreamRangeReply, StreamReadReply};
use redis::{AsyncConnectionConfig, RedisError, Value};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::trouble::tell;
use super::{ANSWER, FIRST_PAUSE, HEARD_KEPT, Heard, LONGEST_PAUSE, LiveRelay, RedisAddress, Topic, Trouble};

/// Entries that a stream keeps, about: what a process that was cut off for a moment may still want.
const STREAM_KEPT: usize = 4096;
/// Messages that wait to be sent; more are dropped.
const QUEUE: usize = 4096;
/// Sent in one round trip.
const AT_ONCE: usize = 256;
/// How long Redis holds an answer back when there is nothing; then it is looked whether the streams are still the same ones.
const BLOCK: Duration = Duration::from_secs(1);
/// Unused for so long, an installation's streams go by themselves.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
const FIELD: &str = "m";

/// Its connections end when it is dropped.
pub struct RedisLive {
    queue: mpsc::Sender<(Topic, Vec<u8>)>,
    heard: broadcast::Sender<Heard>,
    sending: watch::Receiver<Option<Trouble>>,
    reading: watch::Receiver<Option<Trouble>>,
    _tasks: JoinSet<()>,
}

impl RedisLive {
    /// Begins at once and never fails: a Redis that is away is tried again. `installation` keeps several over one Redis apart.
    pub fn start(address: RedisAddress, installation: &str) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let heard = broadcast::channel(HEARD_KEPT).0;
        let starting = || watch::channel(Some(Trouble::starting()));
        let ((send_state, sending), (read_state, reading)) = (starting(), starting());
        let keys = Topic::ALL.map(|topic| (topic, format!("opensail:{installation}:{}", topic.name())));
        let mut tasks = JoinSet::new();
        tasks.spawn(send(address.clone(), keys.clone(), waiting, send_state));
        tasks.spawn(Reader { address, keys, last: HashMap::new(), heard: heard.clone() }.run(read_state));
        RedisLive { queue, heard, sending, reading, _tasks: tasks }
    }
}

impl LiveRelay for RedisLive {
    fn tell(&self, topic: Topic, message: Vec<u8>) {
        // Full: Redis is away or slow, and what is live is worth nothing later.
        let _ = self.queue.try_send((topic, message));
    }
    fn hear(&self) -> broadcast::Receiver<Heard> {
        self.heard.subscribe()
    }
    fn trouble(&self) -> Option<Trouble> {
        self.sending.borrow().clone().or_else(|| self.reading.borrow().clone())
    }
}

type Keys = [(Topic, String); Topic::ALL.len()];

async fn connect(address: &RedisAddress, answer: Duration) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(ANSWER)).set_response_timeout(Some(answer));
    address.client.get_multiplexed_async_connection_with_config(&config).await
}

const TELLING: &str = "Redis, telling other nodes";
const HEARING: &str = "Redis, hearing other nodes";

async fn send(address: RedisAddress, keys: Keys, mut waiting: mpsc::Receiver<(Topic, Vec<u8>)>, state: watch::Sender<Option<Trouble>>) {
    let mut pause = FIRST_PAUSE;
    while !waiting.is_closed() {
        let sent = async {
            let mut connection = connect(&address, ANSWER).await?;
            redis::cmd("PING").query_async::<()>(&mut connection).await?;
            tell(&state, None, TELLING);
            // What waited for a lost relay is old.
            while waiting.try_recv().is_ok() {}
            loop {
                let mut messages = Vec::with_capacity(AT_ONCE);
                if waiting.recv_many(&mut messages, AT_ONCE).await == 0 {
                    return Ok::<(), RedisError>(());
                }
                let mut pipeline = redis::pipe();
                for (topic, message) in messages {
                    let key = keys.iter().find(|(of, _)| *of == topic).map_or("", |(_, key)| key.as_str());
                    pipeline.cmd("XADD").arg(key).arg("MAXLEN").arg("~").arg(STREAM_KEPT).arg("*").arg(FIELD).arg(message).ignore();
                }
                for (_, key) in &keys {
                    pipeline.cmd("EXPIRE").arg(key).arg(KEPT_FOR.as_secs()).ignore();
                }
                pipeline.query_async::<()>(&mut connection).await?;
                pause = FIRST_PAUSE;
            }
        };
        match sent.await {
            Ok(()) => return,
            Err(error) => {
                tell(&state, Some(error.to_string().into()), TELLING);
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

struct Reader {
    address: RedisAddress,
    keys: Keys,
    /// Of each stream, the entry that was read last.
    last: HashMap<Topic, EntryId>,
    heard: broadcast::Sender<Heard>,
}

impl Reader {
    async fn run(mut self, state: watch::Sender<Option<Trouble>>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.read(&state, &mut pause).await;
            tell(&state, Some(error.into()), HEARING);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn read(&mut self, state: &watch::Sender<Option<Trouble>>, pause: &mut Duration) -> Result<std::convert::Infallible, String> {
        let words = |error: RedisError| error.to_string();
        let mut connection = connect(&self.address, BLOCK + ANSWER).await.map_err(words)?;
        self.find_places(&mut connection).await.map_err(words)?;
        tell(state, None, HEARING);
        loop {
            let mut ask = redis::cmd("XREAD");
            ask.arg("COUNT").arg(AT_ONCE).arg("BLOCK").arg(BLOCK.as_millis() as u64).arg("STREAMS");
            for (_, key) in &self.keys {
                ask.arg(key);
            }
            for (topic, _) in &self.keys {
                ask.arg(self.last.get(topic).copied().unwrap_or_default().to_string());
            }
            let answer = timeout(BLOCK + ANSWER, ask.query_async::<Option<StreamReadReply>>(&mut connection)).await;
            match answer.map_err(|_| "no answer in time".to_owned())?.map_err(words)? {
                Some(reply) => self.take(reply),
                None => self.find_places(&mut connection).await.map_err(words)?,
            }
            *pause = FIRST_PAUSE;
        }
    }

    /// The first time, the streams' ends. Later, a stream whose end lies before what was read is another one, and read from its beginning.
    async fn find_places(&mut self, connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
        for (topic, key) in &self.keys {
            let newest: StreamRangeReply =
                redis::cmd("XREVRANGE").arg(key).arg("+").arg("-").arg("COUNT").arg(1).query_async(connection).await?;
            let end = newest.ids.first().and_then(|entry| EntryId::parse(&entry.id)).unwrap_or_default();
            let last = self.last.entry(*topic).or_insert(end);
            if end < *last {
                *last = EntryId::default();
            }
        }
        Ok(())
    }

    fn take(&mut self, reply: StreamReadReply) {
        for stream in reply.keys {
            let Some(topic) = self.keys.iter().find(|(_, key)| *key == stream.key).map(|(topic, _)| *topic) else { continue };
            for entry in stream.ids {
                if let Some(id) = EntryId::parse(&entry.id) {
                    self.last.insert(topic, id);
                }
                if let Some(Value::BulkString(message)) = entry.map.get(FIELD) {
                    // Nobody listening is no error.
                    let _ = self.heard.send(Heard { topic, message: message.as_slice().into() });
                }
            }
        }
    }
}

/// `<milliseconds>-<number>`, growing within a stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
struct EntryId(u64, u64);

impl EntryId {
    fn parse(text: &str) -> Option<Self> {
        let (time, number) = text.split_once('-')?;
        Some(EntryId(time.parse().ok()?, number.parse().ok()?))
    }
}

impl std::fmt::Display for EntryId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}
