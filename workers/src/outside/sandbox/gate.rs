//! The only way out of a sandbox that needs one: a socket in its view, behind which this process connects to one destination and nowhere else.
//!
//! The command has a network namespace of its own with nothing in it. What it may reach was looked up and judged before; the gate holds
//! those addresses and looks up nothing. It speaks the one verb of a proxy that is needed, `CONNECT host:port` (RFC 9110, 9.3.6), so that
//! git and ssh can be led through it, and passes bytes on. Inside, `bridge` makes an ordinary proxy of the socket.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

/// Longest request for a connection, in bytes, and how long it may take to come.
const MAX_HEAD: usize = 4096;
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one address is tried.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Connections that one command may have open at a time.
const MAX_OPEN: usize = 16;

/// Where a command may connect to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination {
    /// As the command names it.
    pub host: String,
    pub port: u16,
    /// What the name stands for: looked up and judged before, never again.
    pub addresses: Vec<IpAddr>,
}

/// Open until it is dropped.
pub struct Gate {
    folder: tempfile::TempDir,
    task: JoinHandle<()>,
}

impl Gate {
    pub fn open(destination: Destination) -> io::Result<Gate> {
        let folder = tempfile::Builder::new().prefix("opensail-gate-").tempdir()?;
        let listener = UnixListener::bind(folder.path().join("gate"))?;
        let task = tokio::spawn(accept(listener, destination));
        Ok(Gate { folder, task })
    }

    /// To be shown to the command.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("gate")
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: UnixListener, destination: Destination) {
    // Ended with the gate.
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if open.len() < MAX_OPEN => match accepted {
                Ok((command, _)) => drop(open.spawn(pass(command, destination.clone()))),
                Err(error) => {
                    tracing::warn!(%error, "a sandbox's way out is closed");
                    return;
                }
            },
            Some(_) = open.join_next() => {}
        }
    }
}

async fn pass(mut command: UnixStream, destination: Destination) {
    let outcome = match tokio::time::timeout(HEAD_TIMEOUT, read_head(&mut command)).await {
        Ok(Some(head)) if destination.is_named_by(&head) => destination.connect().await.map_err(|_| "502 Bad Gateway"),
        Ok(Some(_)) => Err("403 Forbidden"),
        Ok(None) | Err(_) => Err("400 Bad Request"),
    };
    match outcome {
        Ok(mut outside) => {
            if command.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
                let _ = copy_bidirectional(&mut command, &mut outside).await;
            }
        }
        Err(status) => {
            let _ = command.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes()).await;
        }
    }
}

/// The request up to its blank line, byte by byte: what follows belongs to the destination.
async fn read_head(from: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() >= MAX_HEAD {
            return None;
        }
        head.push(from.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

impl Destination {
    fn is_named_by(&self, head: &str) -> bool {
        let mut words = head.lines().next().unwrap_or_default().split(' ');
        let (Some("CONNECT"), Some(authority), Some("HTTP/1.0" | "HTTP/1.1"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return false;
        };
        let Some((host, port)) = authority.rsplit_once(':') else { return false };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        host.eq_ignore_ascii_case(&self.host) && port.parse() == Ok(self.port)
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "no address");
        for address in &self.addresses {
            match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(SocketAddr::new(*address, self.port))).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error,
                Err(late) => last = late.into(),
            }
        }
        Err(last)
    }
}

/// Whether this is the socket of a gate, and of nothing else.
pub(super) fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    path.is_absolute() && std::fs::symlink_metadata(path).is_ok_and(|data| data.file_type().is_socket())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn ask(gate: &Gate, request: &str) -> (UnixStream, String) {
        let mut stream = UnixStream::connect(gate.socket()).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        (stream, String::from_utf8(head).expect("text"))
    }

    #[tokio::test]
    async fn it_leads_to_its_destination_and_nowhere_else() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let destination = Destination { host: "git.example".into(), port, addresses: vec!["127.0.0.1".parse().expect("an address")] };
        let gate = Gate::open(destination).expect("open");
        let (mut stream, answer) = ask(&gate, &format!("CONNECT Git.Example:{port} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let (mut outside, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"ping").await.expect("sent");
        let mut heard = [0; 4];
        outside.read_exact(&mut heard).await.expect("heard");
        outside.write_all(b"pong").await.expect("sent");
        stream.read_exact(&mut heard).await.expect("heard");
        assert_eq!(&heard, b"pong");

        for request in [
            format!("CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n"),
            format!("CONNECT localhost:{port} HTTP/1.1\r\n\r\n"),
            format!("CONNECT git.example:{} HTTP/1.1\r\n\r\n", port.wrapping_add(1)),
            format!("CONNECT git.example.evil:{port} HTTP/1.1\r\n\r\n"),
            format!("GET http://git.example:{port}/ HTTP/1.1\r\n\r\n"),
            format!("CONNECT git.example:{port} HTTP/1.1 x\r\n\r\n"),
        ] {
            let (_, answer) = ask(&gate, &request).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{request}: {answer}");
        }
        let (_, answer) = ask(&gate, &"x".repeat(MAX_HEAD)).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        let socket = gate.socket();
        drop(gate);
        assert!(!socket.exists());
    }
}
