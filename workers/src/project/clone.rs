//! A git repository into a project's folder, by git in the sandbox: what a repository says can run commands, so git never runs
//! outside it. No hooks, no submodules, no credentials, no protocol but https and ssh.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use opensail_commands::ports::sandbox::{OutputChunk, Sandbox, SandboxEnd, SandboxError, SandboxRequest};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

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
    https: bool,
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
                return Ok(Remote { url: url.into(), host: host.into(), port: 22, https: false });
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
        Ok(Remote { url: url.into(), host: host.into(), port, https })
    }

    /// The addresses it stands for; every one must be public.
    pub(super) async fn public_addresses(&self) -> Result<Vec<IpAddr>, String> {
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found = found.map_err(|error| format!("{} was not found ({error}); check the address", self.host))?;
        let addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
        if addresses.is_empty() {
            return Err(format!("{} was not found; check the address", self.host));
        }
        if addresses.iter().any(|address| !is_public(*address)) {
            return Err(format!("{} lies in a private network, which projects may not reach", self.host));
        }
        Ok(addresses)
    }

    /// `pinned`: the addresses that were checked; git then reaches these alone and follows no redirect.
    fn arguments(&self, reference: Option<&str>, pinned: Option<&[IpAddr]>) -> Vec<String> {
        let mut settings: Vec<String> = [
            "protocol.allow=never",
            "protocol.https.allow=always",
            "protocol.ssh.allow=always",
            "protocol.file.allow=never",
            "core.hooksPath=/dev/null",
            "core.fsmonitor=false",
            "credential.helper=",
            "submodule.recurse=false",
        ]
        .map(str::to_owned)
        .into();
        if let (Some(addresses), true) = (pinned, self.https) {
            let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            settings.push(format!("http.curloptResolve={}:{}:{}", self.host, self.port, list.join(",")));
            settings.push("http.followRedirects=false".into());
        }
        let mut argv = vec!["git".to_owned()];
        argv.extend(settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]));
        argv.extend(["clone", "--no-recurse-submodules", "--no-local", "--template="].map(str::to_owned));
        if let Some(reference) = reference {
            argv.extend(["--branch".to_owned(), reference.to_owned()]);
        }
        argv.extend(["--".to_owned(), self.url.clone(), ".".to_owned()]);
        argv
    }
}

/// Clones into an empty folder. The error is for people.
pub(super) async fn clone(
    sandbox: &dyn Sandbox,
    folder: &Path,
    remote: &Remote,
    reference: Option<&str>,
    pinned: Option<&[IpAddr]>,
    halt: &CancellationToken,
) -> Result<(), String> {
    if reference.is_some_and(|reference| reference.is_empty() || reference.starts_with('-') || reference.chars().any(char::is_control)) {
        return Err("the ref is no name of a branch or tag".into());
    }
    let env = [
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_ASKPASS", "/bin/false"),
        ("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=20"),
    ];
    let request = SandboxRequest {
        argv: remote.arguments(reference, pinned),
        project_root: folder.into(),
        read_only: false,
        cwd: PathBuf::new(),
        env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        stdin: None,
        timeout: TIMEOUT,
        network: true,
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

/// Whether an address belongs to the open internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let protocols = a == 192 && b == 0 && c == 0;
            let benchmarks = a == 198 && (b == 18 || b == 19);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_documentation()
                || a == 0
                || a >= 224
                || shared
                || protocols
                || benchmarks)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(IpAddr::V4(v4)),
            // Only 2000::/3 is given out; documentation and what carries IPv4 addresses inside are left out.
            None => {
                let s = v6.segments();
                (s[0] & 0xE000) == 0x2000 && !(s[0] == 0x2001 && (s[1] == 0x0DB8 || s[1] == 0)) && s[0] != 0x2002
            }
        },
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

    #[test]
    fn private_networks_are_told_from_the_open_one() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "2002:0a00:0001::1",
        ] {
            assert!(!is_public(private.parse().expect("an address")), "{private}");
        }
        for public in ["1.1.1.1", "140.82.112.3", "2606:4700::1111"] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
    }

    #[test]
    fn a_checked_address_is_pinned() {
        let remote = Remote::parse("https://example.com/a").expect("good");
        let argv = remote.arguments(Some("main"), Some(&["1.1.1.1".parse().expect("an address")]));
        assert!(argv.contains(&"http.curloptResolve=example.com:443:1.1.1.1".to_owned()));
        assert_eq!(&argv[argv.len() - 3..], ["--", "https://example.com/a", "."]);
    }
}
