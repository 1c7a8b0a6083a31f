//! A wire that can be cut: everything between a relay's users and its server goes through here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wire {
    Whole,
    /// Every piece comes late, by [`LATE`].
    Slow,
    /// Takes what is sent and gives nothing; open connections stay open.
    Silent,
    /// Every connection ends, and none is made.
    Cut,
}

/// Later than anything in a healthy network, sooner than anybody gives up.
pub const LATE: Duration = Duration::from_millis(300);

/// Ends when it is dropped.
pub struct Proxy {
    pub port: u16,
    wire: watch::Sender<Wire>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// To a port of this machine, where nobody need listen yet.
    pub async fn to(server: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let wire = watch::Sender::new(Wire::Whole);
        let (mut tasks, state) = (JoinSet::new(), wire.subscribe());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(carry(client, server, state.clone()));
            }
        });
        Proxy { port, wire, _tasks: tasks }
    }

    pub fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }
}

async fn carry(client: TcpStream, server: u16, wire: watch::Receiver<Wire>) {
    let mut state = wire.clone();
    if *state.borrow() == Wire::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], server))).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let wire = Arc::new(wire);
    tokio::select! {
        () = pump(from_client, to_server, &wire) => {}
        () = pump(from_server, to_client, &wire) => {}
        _ = state.wait_for(|state| *state == Wire::Cut) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wire: &watch::Receiver<Wire>) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let Ok(count) = from.read(&mut bytes).await else { return };
        if count == 0 {
            return;
        }
        // What was taken while it was silent is lost, and with it the connection: half a message is no message.
        if *wire.borrow() == Wire::Silent {
            let mut state = wire.clone();
            let _ = state.wait_for(|state| *state != Wire::Silent).await;
            return;
        }
        if *wire.borrow() == Wire::Slow {
            tokio::time::sleep(LATE).await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
