//! A server that plays one prepared reply per connection and remembers what it was asked.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Each piece reaches the client as a piece of its own.
    pub(super) pieces: Vec<Vec<u8>>,
    pub(super) end: End,
}

#[derive(PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// The connection breaks.
    Cut,
    /// Nothing more comes, but the connection stays open until the client goes.
    Hold,
}

impl Reply {
    /// A stream of events cut into single bytes.
    pub(super) fn stream(text: impl AsRef<[u8]>) -> Self {
        Self::pieces(text.as_ref().iter().map(|byte| vec![*byte]).collect())
    }
    pub(super) fn pieces(pieces: Vec<Vec<u8>>) -> Self {
        Reply { status: 200, headers: vec![("content-type", "text/event-stream".into())], pieces, end: End::Whole }
    }
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Reply {
            status,
            headers: vec![("content-type", "application/json".into())],
            pieces: vec![body.to_string().into_bytes()],
            end: End::Whole,
        }
    }
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.into()));
        self
    }
    pub(super) fn end(self, end: End) -> Self {
        Reply { end, ..self }
    }
}

pub(super) struct Asked {
    pub(super) head: String,
    pub(super) body: Value,
}

pub(super) struct Server {
    pub(super) base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// One message when a reply was played, another when its client has gone.
    pub(super) steps: mpsc::UnboundedReceiver<&'static str>,
}

impl Server {
    pub(super) async fn start(replies: Vec<Reply>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("a bound address"));
        let (asked, (sender, steps)) = (Arc::new(Mutex::new(Vec::new())), mpsc::unbounded_channel());
        let notes = asked.clone();
        tokio::spawn(async move {
            for reply in replies {
                let Ok((mut socket, _)) = listener.accept().await else { return };
                socket.set_nodelay(true).expect("TCP_NODELAY");
                let asked = read(&mut socket).await;
                notes.lock().expect("not poisoned").push(asked);
                // A client that goes away early is what some tests are about.
                let _ = play(&mut socket, &reply).await;
                let _ = sender.send("played");
                if reply.end == End::Hold {
                    let _ = socket.read_to_end(&mut Vec::new()).await;
                    let _ = sender.send("gone");
                }
            }
        });
        Server { base, asked, steps }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().expect("not poisoned"))
    }
}

async fn read(socket: &mut TcpStream) -> Asked {
    let mut bytes = Vec::new();
    loop {
        let head = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = head.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Asked { head: head.into(), body: serde_json::from_str(body).expect("a JSON body") };
            }
        }
        let read = socket.read_buf(&mut bytes).await.expect("the request");
        assert!(read > 0, "the request ended early");
    }
}

async fn play(socket: &mut TcpStream, reply: &Reply) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Reply\r\ntransfer-encoding: chunked\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    socket.write_all(format!("{head}\r\n").as_bytes()).await?;
    for piece in &reply.pieces {
        socket.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        socket.write_all(piece).await?;
        socket.write_all(b"\r\n").await?;
    }
    if reply.end == End::Whole {
        socket.write_all(b"0\r\n\r\n").await?;
    }
    socket.flush().await
}
