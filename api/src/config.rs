//! What the API must know of its place: the address people reach it at and the keys it signs with. Read once, by the
//! composition root.

use std::fmt;

use axum::http::Uri;

/// A body of which nothing comes for this long is given up.
pub const BODY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);
/// Largest JSON body, in bytes (1 MiB).
pub const MAX_JSON_BYTES: usize = 1024 * 1024;
/// Largest file of a PUT, in bytes (25 MiB).
pub const MAX_FILE_BYTES: usize = opensail_commands::ports::project_files::MAX_FILE_BYTES;
/// How long an access token is good for, in seconds (15 minutes).
pub const ACCESS_SECONDS: u64 = 15 * 60;

/// A key of 32 bytes, derived from `SECRET_KEY` with a purpose label of its own; never shown.
#[derive(Clone)]
pub struct ApiKey32([u8; 32]);

impl ApiKey32 {
    pub fn new(bytes: [u8; 32]) -> Self {
        ApiKey32(bytes)
    }
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ApiKey32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey32(…)")
    }
}

/// Where people reach the server: scheme, host and port, without a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicUrl {
    https: bool,
    /// Lower case; an IPv6 address keeps its brackets.
    host: String,
    port: u16,
}

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("{url:?} is not an address like https://opensail.example.org or http://127.0.0.1:7420 (no path, no user)")]
pub struct BadPublicUrl {
    pub url: String,
}

impl PublicUrl {
    pub fn parse(url: &str) -> Result<Self, BadPublicUrl> {
        let bad = || BadPublicUrl { url: url.into() };
        let uri: Uri = url.parse().map_err(|_| bad())?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad()),
        };
        let authority = uri.authority().ok_or_else(bad)?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !authority.as_str().contains('@');
        if !bare || authority.host().is_empty() {
            return Err(bad());
        }
        let port = authority.port_u16().unwrap_or(default_port(https));
        Ok(PublicUrl { https, host: authority.host().to_ascii_lowercase(), port })
    }

    pub fn https(&self) -> bool {
        self.https
    }

    /// As browsers write it in `Origin`: the default port is left out.
    pub fn origin(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        if self.port == default_port(self.https) {
            format!("{scheme}://{}", self.host)
        } else {
            format!("{scheme}://{}:{}", self.host, self.port)
        }
    }

    pub(crate) fn is_host(&self, host: &str, port: Option<u16>) -> bool {
        self.host.eq_ignore_ascii_case(host) && port.unwrap_or(default_port(self.https)) == self.port
    }
}

fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

#[derive(Clone, Debug)]
pub struct ApiConfig {
    pub public_url: PublicUrl,
    /// Signs access tokens (HMAC-SHA-256).
    pub jwt_key: ApiKey32,
    /// Binds the CSRF cookie to the session.
    pub csrf_key: ApiKey32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        assert_eq!(PublicUrl::parse("https://Sail.Example.org/").unwrap().origin(), "https://sail.example.org");
        assert_eq!(PublicUrl::parse("http://127.0.0.1:7420").unwrap().origin(), "http://127.0.0.1:7420");
        assert_eq!(PublicUrl::parse("https://[::1]:443").unwrap().origin(), "https://[::1]");
        for bad in ["", "sail.example.org", "ftp://a", "https://a/b", "https://u@a", "https://a?x"] {
            assert!(PublicUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_are_never_shown() {
        assert_eq!(format!("{:?}", ApiKey32::new([7; 32])), "ApiKey32(…)");
    }
}
