//! A database server that seems to be far away: a relay that lets everything wait half a round trip in each direction.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Bytes carried at once.
const CHUNK: usize = 64 * 1024;

/// The address of the same database, a round trip further away. `url` names a socket's folder, as those of the test server do. Threads do the
/// work, since a timer of the runtime is too coarse; they end with their connections.
pub fn further_away(url: &str, round_trip: Duration) -> String {
    let (user, rest) = url.strip_prefix("postgres://").and_then(|rest| rest.split_once('@')).expect("an address with a user");
    let (host, database) = rest.split_once(":5432/").expect("a port and a database");
    let socket = format!("{}/.s.PGSQL.5432", host.replace("%2F", "/"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), Ok(server)) = (client, UnixStream::connect(&socket)) else { return };
            client.set_nodelay(true).expect("no delay of the system's own");
            let (client_too, server_too) = (client.try_clone().expect("a clone"), server.try_clone().expect("a clone"));
            carry(client, server, |to: &UnixStream| drop(to.shutdown(Shutdown::Both)), round_trip / 2);
            carry(server_too, client_too, |to: &TcpStream| drop(to.shutdown(Shutdown::Both)), round_trip / 2);
        }
    });
    format!("postgres://{user}@127.0.0.1:{port}/{database}")
}

fn carry<From, To>(mut from: From, mut to: To, end: fn(&To), late: Duration)
where
    From: Read + Send + 'static,
    To: Write + Send + 'static,
{
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut chunk = vec![0; CHUNK];
        while let Ok(count @ 1..) = from.read(&mut chunk) {
            if sender.send((Instant::now() + late, chunk[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        end(&to);
    });
}
