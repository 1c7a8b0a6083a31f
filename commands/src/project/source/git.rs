//! Addresses of git repositories: `https://host/path`, `ssh://git@host/path` and `git@host:path`, and nothing else. git itself knows
//! forms that run commands (`ext::…`) or read local files, and takes a word that begins with a dash for an option.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::public_address;
use crate::CommandError;

/// Longest address, in bytes.
const MAX_URL_BYTES: usize = 2048;
/// Longest name of a branch, tag or commit, in bytes.
const MAX_REFERENCE_BYTES: usize = 255;

/// The part of an address that is connected to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GitUrl {
    /// Lower case, an IPv6 address without brackets.
    pub host: String,
    pub port: Option<u16>,
    pub ssh: bool,
}

impl GitUrl {
    /// False when the name or address plainly lies in a private network.
    pub fn may_be_public(&self) -> bool {
        let host = self.host.trim_end_matches('.');
        match host.parse::<IpAddr>() {
            Ok(address) => public_address(address),
            Err(_) => {
                let last = host.rsplit('.').next().unwrap_or(host);
                host.contains('.') && !["localhost", "local", "internal", "lan", "home", "intranet", "corp", "test"].contains(&last)
            }
        }
    }
}

fn refused(message: &str) -> CommandError {
    CommandError::invalid("/source/url", "bad_git_url", message)
}

pub fn parse_git_url(url: &str) -> Result<GitUrl, CommandError> {
    let url = url.trim();
    if url.is_empty() || url.len() > MAX_URL_BYTES || url.chars().any(|c| c.is_whitespace() || c.is_control()) || url.starts_with('-') {
        return Err(refused("this is not the address of a git repository"));
    }
    let parsed = match url.split_once("://") {
        Some((scheme, rest)) => {
            let ssh = match scheme.to_ascii_lowercase().as_str() {
                "https" => false,
                "ssh" => true,
                _ => return Err(refused("only https and ssh are served")),
            };
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
            if user.is_some_and(|user| !ssh || !user_name(user)) {
                return Err(refused("leave user names and passwords out of the address"));
            }
            let (host, port) = split_port(host)?;
            check_path(path)?;
            GitUrl { host, port, ssh }
        }
        None => {
            let (user_host, path) = url.split_once(':').ok_or_else(|| refused("only https and ssh addresses are served"))?;
            let (user, host) = user_host.rsplit_once('@').ok_or_else(|| refused("an ssh address looks like git@host:path"))?;
            // `transport::address` makes git run a helper program.
            if !user_name(user) || path.starts_with(':') {
                return Err(refused("an ssh address looks like git@host:path"));
            }
            check_path(path)?;
            GitUrl { host: host_name(host)?, port: None, ssh: true }
        }
    };
    Ok(parsed)
}

fn user_name(user: &str) -> bool {
    !user.is_empty() && !user.starts_with('-') && user.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn check_path(path: &str) -> Result<(), CommandError> {
    let path = path.trim_matches('/');
    if path.is_empty() || path.starts_with('-') { Err(refused("the address names no repository")) } else { Ok(()) }
}

fn split_port(authority: &str) -> Result<(String, Option<u16>), CommandError> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, rest)) => {
            let address: Ipv6Addr = v6.parse().map_err(|_| refused("this is not an IPv6 address"))?;
            let port = match rest {
                "" => None,
                rest => Some(rest.strip_prefix(':').ok_or_else(|| refused("this is not a port"))?),
            };
            (address.to_string(), port)
        }
        None => {
            let (host, port) = authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
            (host_name(host)?, port)
        }
    };
    let port = port.map(|port| port.parse::<u16>().map_err(|_| refused("this is not a port"))).transpose()?;
    Ok((host, port))
}

/// A name or a plain IPv4 address. Other ways to write a number (`0x7f.1`, `2130706433`) are refused: resolvers read them as addresses.
fn host_name(host: &str) -> Result<String, CommandError> {
    let host = host.to_ascii_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    let bare = host.strip_suffix('.').unwrap_or(&host);
    if bare.len() > 253 || !bare.split('.').all(label) {
        return Err(refused("this is not the name of a host"));
    }
    let last = bare.rsplit('.').next().unwrap_or(bare);
    let number = last.starts_with(|c: char| c.is_ascii_digit()) && (last.starts_with("0x") || last.chars().all(|c| c.is_ascii_digit()));
    if number && bare.parse::<Ipv4Addr>().is_err() {
        return Err(refused("this is not the name of a host"));
    }
    Ok(host)
}

/// A branch, tag or commit, by the rules of `git check-ref-format` that matter on a command line.
pub fn check_git_reference(reference: &str) -> Result<(), CommandError> {
    let bad = reference.is_empty()
        || reference.len() > MAX_REFERENCE_BYTES
        || reference.starts_with(['-', '/', '.'])
        || reference.ends_with(['/', '.'])
        || reference.contains("..")
        || reference.contains("@{")
        || reference.contains("//")
        || reference.chars().any(|c| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c));
    if bad {
        Err(CommandError::invalid("/source/ref", "bad_git_reference", "this is not the name of a branch, tag or commit"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_served_forms() {
        let url = |host: &str, port, ssh| GitUrl { host: host.into(), port, ssh };
        for (text, expected) in [
            ("https://GitHub.com/a/b.git", url("github.com", None, false)),
            ("https://example.org:8443/a", url("example.org", Some(8443), false)),
            ("ssh://git@example.org:22/a/b", url("example.org", Some(22), true)),
            ("git@example.org:a/b.git", url("example.org", None, true)),
            ("https://[2606:4700::1111]/a", url("2606:4700::1111", None, false)),
        ] {
            assert_eq!(parse_git_url(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "/etc",
            "file:///etc",
            "http://a.b/c",
            "git://a.b/c",
            "ext::sh -c id",
            "ext::id",
            "x@ext::id",
            "https://u:p@a.b/c",
            "https://u@a.b/c",
            "ssh://-oProxyCommand=x/a",
            "ssh://u:p@a.b/c",
            "-u@a.b:c",
            "git@-oX:c",
            "git@a.b:-x",
            "https://a.b",
            "https://a.b/",
            "https://a b/c",
            "https://0x7f.1/a",
            "https://2130706433/a",
            "https://127.1/a",
            "https://a.b:99999/c",
            "https://[::1/a",
            "https://a..b/c",
        ] {
            assert!(parse_git_url(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn private_hosts_are_told_from_public_ones() {
        let public = |text: &str| parse_git_url(text).expect(text).may_be_public();
        assert!(public("https://example.org/a") && public("https://1.1.1.1/a"));
        for text in [
            "https://localhost/a",
            "https://db/a",
            "https://a.internal/b",
            "https://10.0.0.1/a",
            "https://[::1]/a",
            "git@127.0.0.1:a",
            "https://localhost./a",
        ] {
            assert!(!public(text), "{text}");
        }
    }

    #[test]
    fn references() {
        for good in ["main", "v1.2", "feature/x", "0123abc"] {
            assert_eq!(check_git_reference(good), Ok(()), "{good}");
        }
        for bad in ["", "-x", "a..b", "a b", "a^", "a:b", "/a", "a/", "@{1}x@{", "a\n"] {
            assert!(check_git_reference(bad).is_err(), "{bad:?}");
        }
    }
}
