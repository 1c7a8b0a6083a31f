//! Somebody at a fleet's NATS who speaks the server's own words: for what no process of ours would say.

use opensail_eventstore::postgres::PostgresStore;
use opensail_eventstore::{Cursor, Epoch, Filter, Journal, Position};
use opensail_tests::cluster::Node;
use opensail_tests::world::until;
use opensail_workers::MAKES_WORK;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::Fleet;

pub(super) struct Stranger {
    wire: BufReader<TcpStream>,
    journal: PostgresStore,
    epoch: Epoch,
}

impl Stranger {
    pub(super) async fn at(fleet: &Fleet) -> Stranger {
        let url = fleet.nats.as_ref().expect("a NATS").url();
        let address = url.strip_prefix("nats://").expect("one that is open to everybody");
        let wire = BufReader::new(TcpStream::connect(address).await.expect("connected"));
        let journal = fleet.cluster.database.journal().await;
        let epoch = journal.head().await.expect("a head").epoch;
        let mut stranger = Stranger { wire, journal, epoch };
        stranger.say("CONNECT {\"verbose\":false}\r\nSUB told 1\r\n").await;
        stranger
    }

    /// Every piece of work there has been, twice, the newest first.
    pub(super) async fn echo(&mut self) {
        let types = MAKES_WORK.iter().map(|name| (*name).to_owned()).collect();
        let made = self.journal.read_all(0, 1_000, &Filter { types, ..Filter::default() }).await.expect("the journal is read").events;
        for event in made.iter().rev() {
            let piece = Cursor { epoch: event.epoch, position: event.position }.to_string();
            for _ in 0..2 {
                self.put(&piece).await;
            }
        }
    }

    /// A piece that names an event to come: who takes it has it in hand for as long as a worker waits for the views.
    pub(super) async fn foretell(&mut self) {
        let piece = Cursor { epoch: self.epoch, position: Position::MAX }.to_string();
        self.put(&piece).await;
    }

    /// Until each of these workers has looked at all that was put before.
    pub(super) async fn is_looked_at(&mut self, workers: &[&Node]) {
        let mark = uuid::Uuid::now_v7().to_string();
        until("everything to be looked at", async || {
            // Each takes one after the other and says of this one that it names no event.
            self.put(&mark).await;
            workers.iter().all(|worker| worker.log().contains(&mark)).then_some(())
        })
        .await;
    }

    /// Pieces that were taken and not let go of.
    pub(super) async fn in_hands(&mut self) -> u64 {
        self.say(&format!("PUB $JS.API.CONSUMER.INFO.OPENSAIL-{}.workers told 0\r\n\r\n", self.epoch)).await;
        let told = self.hears("MSG").await;
        let length = told.trim_end().rsplit(' ').next().and_then(|length| length.parse::<usize>().ok()).expect("a length");
        let mut answer = vec![0; length];
        self.wire.read_exact(&mut answer).await.expect("an answer");
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        // Before anybody takes there is no consumer.
        answer["num_ack_pending"].as_u64().unwrap_or_default()
    }

    /// Without an id, so that the server lets it in however often it comes.
    async fn put(&mut self, piece: &str) {
        self.say(&format!("PUB opensail.{}.work {}\r\n{piece}\r\nPING\r\n", self.epoch, piece.len())).await;
        self.hears("PONG").await;
    }

    async fn say(&mut self, words: &str) {
        self.wire.write_all(words.as_bytes()).await.expect("the server listens");
    }

    /// The next line that begins so.
    async fn hears(&mut self, beginning: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.wire.read_line(&mut line).await.expect("the server speaks");
            assert!(read > 0 && !line.starts_with("-ERR"), "{line}");
            if line.starts_with(beginning) {
                return line;
            }
        }
    }
}
