//! Who listens on a port already, so that "address in use" can be said usefully.

use std::net::SocketAddr;
use std::path::Path;

/// "name (process 123)", when this user may know it.
pub(crate) fn of(address: SocketAddr) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .find_map(|table| listening_inode(&std::fs::read_to_string(table).ok()?, address.port()))?;
    let link = format!("socket:[{inode}]");
    std::fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        let holds = |fd: std::fs::DirEntry| std::fs::read_link(fd.path()).is_ok_and(|target| target == Path::new(&link));
        std::fs::read_dir(process.path().join("fd")).ok()?.flatten().any(holds).then(|| {
            let name = std::fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            format!("{} (process {pid})", name.trim())
        })
    })
}

/// Inode of the socket that listens on a port, from a table like `/proc/net/tcp` (proc(5)): state 0A is listening.
fn listening_inode(table: &str, port: u16) -> Option<u64> {
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let local_port = u16::from_str_radix(fields.get(1)?.rsplit(':').next()?, 16).ok()?;
        (local_port == port && *fields.get(3)? == "0A").then(|| fields.get(9)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    #[test]
    fn the_holder_of_a_port_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let holder = super::of(listener.local_addr().expect("bound")).expect("known");
        assert!(holder.contains(&format!("process {}", std::process::id())), "{holder}");
    }
}
