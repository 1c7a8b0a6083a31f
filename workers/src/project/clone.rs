//! A git repository into a project's folder, by git in the sandbox: what a repository says can run commands, so git never runs
//! outside it. No hooks, no submodules, no credentials, no protocol but https and ssh.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use opensail_commands::ports::sandbox::{OutputChunk, Sandbox, SandboxEnd, SandboxError, SandboxRequest};
use opensail_commands::project::source::public_address;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::outside::sandbox::{Destination, Gate, proxy_command};

/// Longest that a clone may take.
const TIMEOUT: Duration = Duration::from_secs(600);
/// Largest clone, in bytes, and how often it is measured.
const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;
const MEASURE_EVERY: Duration = Duration::from_secs(2);
/// Most of git's complaint that is told, in bytes from its end.
const MAX_COMPLAINT: usize = 2000;

/// What is to be cloned, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Remote {
    url: String,
    host: String,
    /// The default when the address names none.
    port: u16,
}

impl Remote {
    /// `https://host[:port]/path`, `ssh://[user@]host[:port]/path` or `user@host:path`; never with a password in it.
    pub(super) fn parse(url: &str) -> Result<Remote, String> {
        let bad = || "the address must be https://host/path, ssh://user@host/path or user@host:path".to_owned();
        if url.chars().any(|c| c.is_control() || c.is_whitespace()) || url.starts_with('-') {
            return Err(bad());
        }
        let (https, rest) = match url.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("ssh", rest)) => (false, rest),
            Some(_) => return Err(bad()),
            None => {
                let (user_host, path) = url.split_once(':').ok_or_else(bad)?;
                let (user, host) = user_host.split_once('@').ok_or_else(bad)?;
                let plain = |text: &str| !text.is_empty() && !text.starts_with('-') && !text.contains('/');
                if !plain(user) || !plain(host) || path.is_empty() {
                    return Err(bad());
                }
                return Ok(Remote { url: url.into(), host: host.into(), port: 22 });
            }
        };
        let (authority, path) = rest.split_once('/').ok_or_else(bad)?;
        let (user, host_port) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
        if path.is_empty() || user.starts_with('-') {
            return Err(bad());
        }
        if user.contains(':') || (https && !user.is_empty()) {
            return Err("the address holds credentials, which would be kept with the project; leave them out".into());
        }
        let (host, port) = match host_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => host_port.split_once(':').map_or((host_port, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(if https { 443 } else { 22 }), |port| port.parse().map_err(|_| bad()))?;
        if host.is_empty() || host.starts_with('-') {
            return Err(bad());
        }
        Ok(Remote { url: url.into(), host: host.into(), port })
    }

    /// The addresses it stands for, looked up once; every one must be allowed.
    pub(super) async fn addresses(&self, reach: Reach) -> Result<Vec<IpAddr>, String> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found = found.map_err(|error| format!("{} was not found ({error}); check the address", self.host))?;
        let addresses: Vec<IpAddr> = found.map(|address| address.ip().to_canonical()).collect();
        if addresses.is_empty() {
            return Err(format!("{} was not found; check the address", self.host));
        }
        let refused = |why: &str| Err(format!("{} {why}", self.host));
        if addresses.iter().any(|address| address.is_loopback() || address.is_unspecified()) {
            return refused("is this machine itself, whose services projects may not reach; use the folder in place instead");
        }
        match reach {
            Reach::Internet if addresses.iter().any(|address| !public_address(*address)) => {
                refused("lies in a private network, which projects may not reach")
            }
            Reach::OwnNetwork if addresses.iter().any(|address| is_link_local(*address)) => {
                refused("has an address that only reaches the next machine, which projects may not reach")
            }
            Reach::Internet | Reach::OwnNetwork => Ok(addresses),
        }
    }

    /// git is told to follow nobody elsewhere: no redirect (nor, by that, another host's object store), no list of bundles, no pack from
    /// another address. The gate would not let it either.
    fn arguments(&self, reference: Option<&str>) -> Vec<String> {
        let settings = [
            "protocol.allow=never",
            "protocol.https.allow=always",
            "protocol.ssh.allow=always",
            "protocol.file.allow=never",
            "core.hooksPath=/dev/null",
            "core.fsmonitor=false",
            "credential.helper=",
            "submodule.recurse=false",
            "http.followRedirects=false",
            "transfer.bundleURI=false",
            "fetch.uriProtocols=",
        ];
        let mut argv = vec!["git".to_owned()];
        argv.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting.to_owned()]));
        argv.extend(["clone", "--no-recurse-submodules", "--no-local", "--template="].map(str::to_owned));
        if let Some(reference) = reference {
            argv.extend(["--branch".to_owned(), reference.to_owned()]);
        }
        argv.extend(["--".to_owned(), self.url.clone(), ".".to_owned()]);
        argv
    }

    /// Where the clone's gate leads.
    fn destination(&self, pinned: Vec<IpAddr>) -> Destination {
        Destination { host: self.host.clone(), port: self.port, addresses: pinned }
    }
}

/// ssh through the gate. No settings of anybody's are read, so nothing can name another way.
fn ssh() -> String {
    format!(
        "ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=20 -o CanonicalizeHostname=no -o 'ProxyCommand={}'",
        proxy_command()
    )
}

/// Where clones may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// Off the desktop: a shared server is not led into its own network.
    Internet,
    /// A person's machine may clone from its own network; yet not from itself, where services trust who asks from there.
    OwnNetwork,
}

/// Clones into an empty folder. The error is for people.
pub(super) async fn clone(
    sandbox: &dyn Sandbox,
    folder: &Path,
    remote: &Remote,
    reference: Option<&str>,
    pinned: Vec<IpAddr>,
    halt: &CancellationToken,
) -> Result<(), String> {
    if reference.is_some_and(|reference| reference.is_empty() || reference.starts_with('-') || reference.chars().any(char::is_control)) {
        return Err("the ref is no name of a branch or tag".into());
    }
    let gate = Gate::open(remote.destination(pinned)).map_err(|error| format!("no way out for git could be opened: {error}"))?;
    let ssh = ssh();
    let env =
        [("GIT_TERMINAL_PROMPT", "0"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_ASKPASS", "/bin/false"), ("GIT_SSH_COMMAND", ssh.as_str())];
    let request = SandboxRequest {
        argv: remote.arguments(reference),
        project_root: folder.into(),
        read_only: false,
        cwd: PathBuf::new(),
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        stdin: None,
        timeout: TIMEOUT,
        network: Some(gate.socket()),
    };
    let stop = halt.child_token();
    let (sender, mut chunks) = mpsc::channel(64);
    let listen = async {
        let mut said = Vec::new();
        while let Some(OutputChunk::Stdout(bytes) | OutputChunk::Stderr(bytes)) = chunks.recv().await {
            said.extend_from_slice(&bytes);
            let over = said.len().saturating_sub(MAX_COMPLAINT);
            said.drain(..over);
        }
        said
    };
    let running = async { tokio::join!(sandbox.run(request, sender, stop.clone()), listen) };
    tokio::pin!(running);
    let ((ended, said), too_large) = tokio::select! {
        ended = &mut running => (ended, false),
        () = grows_too_large(folder) => {
            stop.cancel();
            (running.await, true)
        }
    };
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    match ended {
        _ if too_large => Err(format!("the repository is larger than {} GiB", MAX_BYTES >> 30)),
        Ok(outcome) => match outcome.end {
            SandboxEnd::Exited(0) => Ok(()),
            SandboxEnd::TimedOut => Err(format!("git needed longer than {} minutes: {said}", TIMEOUT.as_secs() / 60)),
            SandboxEnd::Cancelled => Err("the server stopped".into()),
            SandboxEnd::OutOfMemory => Err("git needed more memory than it may have; is the repository very large?".into()),
            SandboxEnd::Exited(_) | SandboxEnd::Signalled(_) => {
                Err(format!("git could not clone it: {said}. Check the address and the ref, and that it can be read without signing in"))
            }
        },
        Err(error @ (SandboxError::Refused { .. } | SandboxError::Failed(_))) => Err(error.to_string()),
    }
}

async fn grows_too_large(folder: &Path) {
    loop {
        tokio::time::sleep(MEASURE_EVERY).await;
        let folder = folder.to_owned();
        // A panic of the walk counts as small: the clone has its own time limit.
        if tokio::task::spawn_blocking(move || size_of(&folder)).await.is_ok_and(|size| size > MAX_BYTES) {
            return;
        }
    }
}

/// Bytes of all files beneath, links not followed; what cannot be read counts nothing.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().filter_map(|entry| {
        let meta = std::fs::symlink_metadata(entry.path()).ok()?;
        Some(if meta.is_dir() { size_of(&entry.path()) } else { meta.len() })
    });
    sizes.sum()
}

/// 169.254.0.0/16, where clouds keep their machines' credentials, and fe80::/10.
fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_repositories() {
        let remote = |url: &str| Remote::parse(url).map(|r| (r.host, r.port));
        assert_eq!(remote("https://example.com/a/b.git"), Ok(("example.com".into(), 443)));
        assert_eq!(remote("https://example.com:8443/a"), Ok(("example.com".into(), 8443)));
        assert_eq!(remote("ssh://git@example.com/a"), Ok(("example.com".into(), 22)));
        assert_eq!(remote("git@example.com:a/b.git"), Ok(("example.com".into(), 22)));
        assert_eq!(remote("https://[2001:db8::1]:1/a"), Ok(("2001:db8::1".into(), 1)));
        for bad in [
            "file:///etc",
            "http://example.com/a",
            "/etc",
            "ext::sh -c id",
            "-u",
            "--upload-pack=id",
            "https://user:pw@example.com/a",
            "ssh://-oProxyCommand=id/x",
            "git@-oProxyCommand=id:x",
            "https:///a",
            "https://example.com/a b",
            "ssh://u:p@h/x",
        ] {
            assert!(Remote::parse(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn nowhere_is_this_machine_and_off_the_desktop_no_private_network_is_reached() {
        let addresses = async |host: &str, reach| Remote::parse(&format!("https://{host}/a")).expect("good").addresses(reach).await;
        for own in ["127.0.0.1", "127.8.8.8", "[::1]", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "localhost"] {
            for reach in [Reach::Internet, Reach::OwnNetwork] {
                assert!(addresses(own, reach).await.is_err(), "{own} {reach:?}");
            }
        }
        for private in ["10.1.2.3", "192.168.1.1", "[fd00::1]", "100.64.0.1", "[::ffff:10.0.0.1]"] {
            assert!(addresses(private, Reach::Internet).await.is_err(), "{private}");
            assert!(addresses(private, Reach::OwnNetwork).await.is_ok(), "{private}");
        }
        for metadata in ["169.254.169.254", "[fe80::1]"] {
            assert!(addresses(metadata, Reach::OwnNetwork).await.is_err(), "{metadata}");
        }
        for public in ["1.1.1.1", "[2606:4700::1111]"] {
            assert!(addresses(public, Reach::Internet).await.is_ok(), "{public}");
        }
    }

    #[test]
    fn git_follows_nobody_elsewhere_and_ssh_goes_through_the_gate() {
        let remote = Remote::parse("https://example.com/a").expect("good");
        let argv = remote.arguments(Some("main"));
        for wanted in ["http.followRedirects=false", "transfer.bundleURI=false", "fetch.uriProtocols="] {
            assert!(argv.iter().any(|word| word == wanted), "{wanted} in {argv:?}");
        }
        assert_eq!(&argv[argv.len() - 3..], ["--", "https://example.com/a", "."]);
        assert!(ssh().contains(" -F none ") && ssh().ends_with(" %h %p'"), "{}", ssh());
        let pinned = vec!["1.1.1.1".parse().expect("an address")];
        let expected = Destination { host: "example.com".into(), port: 443, addresses: pinned.clone() };
        assert_eq!(remote.destination(pinned), expected);
    }
}
