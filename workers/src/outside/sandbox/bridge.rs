//! The inner end of a sandbox's way out. This very program runs inside, under the sandbox's limits and filter, and makes of the gate's
//! socket what programs know: a proxy on the namespace's own loopback for git, and a command that ssh connects through.
//!
//! It knows nothing that the command does not: the gate alone decides. Threads and the standard library are all it uses.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::thread;

/// Where the sandbox shows this program and the gate's socket.
pub(super) const PROGRAM: &str = "/run/opensail/bridge";
pub(super) const SOCKET: &str = "/run/opensail/gate";
/// First words by which this program knows that it is inside: run a command with a proxy, or connect and pass bytes on.
pub(super) const RUN: &str = "sandbox-run";
pub(super) const CONNECT: &str = "sandbox-connect";

/// ssh's `ProxyCommand` within a sandbox.
pub fn proxy_command() -> String {
    format!("{PROGRAM} {CONNECT} %h %p")
}

/// Call it first in `main`: does the bridge's work when this process was started inside a sandbox for it, and answers its exit code.
pub fn serve_if_inside() -> Option<i32> {
    let mut words = std::env::args_os().skip(1);
    let outcome = match words.next()?.to_str()? {
        RUN => run(words.collect()),
        CONNECT => connect(words.collect()),
        _ => return None,
    };
    Some(outcome.unwrap_or_else(|error| {
        eprintln!("the way out of the sandbox: {error}");
        1
    }))
}

/// Runs the command with `https_proxy` set, to its end.
fn run(words: Vec<OsString>) -> io::Result<i32> {
    let (program, arguments) = words.split_first().ok_or_else(|| io::Error::other("no command"))?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let proxy = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for inside in listener.incoming().flatten() {
            // A connection that cannot be made is closed; the command says so.
            thread::spawn(move || UnixStream::connect(SOCKET).and_then(|gate| join(inside, gate)));
        }
    });
    let status = Command::new(program).args(arguments).env("https_proxy", proxy).status()?;
    Ok(status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(1))
}

fn join(inside: TcpStream, gate: UnixStream) -> io::Result<()> {
    let (mut from_inside, mut to_gate) = (inside.try_clone()?, gate.try_clone()?);
    let sending = thread::spawn(move || {
        let _ = io::copy(&mut from_inside, &mut to_gate);
        let _ = to_gate.shutdown(Shutdown::Write);
    });
    let (mut from_gate, mut to_inside) = (gate, inside);
    let _ = io::copy(&mut from_gate, &mut to_inside);
    let _ = to_inside.shutdown(Shutdown::Write);
    sending.join().map_err(|_| io::Error::other("a thread panicked"))
}

/// Standard input and output become the connection.
fn connect(words: Vec<OsString>) -> io::Result<i32> {
    let [host, port] = words.as_slice() else { return Err(io::Error::other("a host and a port are needed")) };
    let (host, port) = (host.to_string_lossy(), port.to_string_lossy());
    let authority = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let mut gate = UnixStream::connect(SOCKET)?;
    gate.write_all(format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n").as_bytes())?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        gate.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    if !head.starts_with(b"HTTP/1.1 200 ") {
        let told = String::from_utf8_lossy(&head);
        return Err(io::Error::other(format!("{authority} cannot be reached: {}", told.lines().next().unwrap_or_default())));
    }
    let mut to_gate = gate.try_clone()?;
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut to_gate);
        let _ = to_gate.shutdown(Shutdown::Write);
    });
    let mut out = io::stdout().lock();
    let mut bytes = [0; 16 * 1024];
    loop {
        // Unbuffered: the two sides answer each other.
        match gate.read(&mut bytes)? {
            0 => return Ok(0),
            read => {
                out.write_all(&bytes[..read])?;
                out.flush()?;
            }
        }
    }
}
