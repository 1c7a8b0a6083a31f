//! Where relays are, who asks there, and whom they are trusted by. An address may hold a password: it is never shown.

use std::str::FromStr;

use async_nats::{ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;
use redis::{IntoConnectionInfo, TlsCertificates};

use super::Authority;

/// Why an address is refused; says nothing of what it holds.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("{0}")]
pub struct BadAddress(&'static str);

/// No Debug: it may hold a password.
#[derive(Clone)]
pub struct RedisAddress {
    pub(super) client: redis::Client,
}

impl FromStr for RedisAddress {
    type Err = BadAddress;
    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = BadAddress("must be redis://[user:password@]host[:port][/database], or rediss://… for TLS");
        if !(text.starts_with("redis://") || text.starts_with("rediss://")) {
            return Err(bad);
        }
        let client = text.into_connection_info().and_then(redis::Client::open).map_err(|_| bad)?;
        Ok(RedisAddress { client })
    }
}

impl RedisAddress {
    /// Only what this authority has signed is spoken to.
    pub fn trusting(self, authority: &Authority) -> Result<Self, BadAddress> {
        let bad = BadAddress("must begin with rediss:// where an own authority is named: without TLS there is no certificate");
        let certificates = TlsCertificates { client_tls: None, root_cert: Some(authority.pem.clone()) };
        let client = redis::Client::build_with_tls(self.client.get_connection_info().clone(), certificates).map_err(|_| bad)?;
        Ok(RedisAddress { client })
    }
}

/// No Debug: it may hold a password.
#[derive(Clone)]
pub struct NatsAddress {
    /// Without what they were given to sign in with, since the client tells of servers in its log.
    pub(super) servers: Vec<ServerAddr>,
    login: Option<Login>,
    authority: Option<Authority>,
}

#[derive(Clone, PartialEq, Eq)]
enum Login {
    Password(String, String),
    Token(String),
}

impl FromStr for NatsAddress {
    type Err = BadAddress;
    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = BadAddress("must be nats://[user:password@ or token@]host[:port], or tls://… for TLS; several are separated by commas");
        let (mut servers, mut login) = (Vec::new(), None);
        for text in text.split(',').map(str::trim) {
            let known = text.starts_with("nats://") || text.starts_with("tls://");
            let address = text.parse::<ServerAddr>().ok().filter(|address| known && !address.host().is_empty()).ok_or(bad.clone())?;
            if let Some(own) = Login::of(&address).ok_or(bad.clone())? {
                if login.as_ref().is_some_and(|other| *other != own) {
                    return Err(BadAddress("must name the same user and password, or the same token, for each of its servers"));
                }
                login = Some(own);
            }
            let mut url = address.into_inner();
            if url.set_username("").is_err() || url.set_password(None).is_err() {
                return Err(bad);
            }
            servers.push(ServerAddr::from_url(url).map_err(|_| bad.clone())?);
        }
        Ok(NatsAddress { servers, login, authority: None })
    }
}

impl Login {
    /// The outer is none where it cannot be read.
    fn of(address: &ServerAddr) -> Option<Option<Login>> {
        let read = |text: &str| percent_decode_str(text).decode_utf8().ok().map(String::from);
        Some(match (address.username(), address.password()) {
            (Some(user), Some(password)) => Some(Login::Password(read(user)?, read(password)?)),
            // As NATS' own programs read it.
            (Some(token), None) => Some(Login::Token(read(token)?)),
            (None, Some(_)) => return None,
            (None, None) => None,
        })
    }
}

impl NatsAddress {
    /// Only what this authority has signed is spoken to, whether the address says so or not.
    pub fn trusting(self, authority: &Authority) -> Self {
        NatsAddress { authority: Some(authority.clone()), ..self }
    }

    pub(super) fn options(&self) -> ConnectOptions {
        let options = match self.login.clone() {
            Some(Login::Password(user, password)) => ConnectOptions::with_user_and_password(user, password),
            Some(Login::Token(token)) => ConnectOptions::with_token(token),
            None => ConnectOptions::new(),
        };
        match &self.authority {
            Some(authority) => options.add_root_certificates(authority.file.clone()).require_tls(true),
            None => options,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused_without_being_told() {
        for good in ["redis://127.0.0.1", "redis://user:hidden@relay:6380/2", "rediss://relay"] {
            assert!(good.parse::<RedisAddress>().is_ok(), "{good}");
        }
        for good in ["nats://127.0.0.1", "nats://user:hidden@relay:4222", "tls://a, nats://b:1", "nats://hidden@a,nats://hidden@b,nats://c"]
        {
            assert!(good.parse::<NatsAddress>().is_ok(), "{good}");
        }
        for bad in
            ["", "x", "http://relay:hidden", "nats//hidden", "redis:hidden", "nats://u:hidden@", "nats://:hidden@a", "nats://%ff:hidden@a"]
        {
            let (redis, nats) = (bad.parse::<RedisAddress>().err(), bad.parse::<NatsAddress>().err());
            let (redis, nats) = (redis.expect("refused").to_string(), nats.expect("refused").to_string());
            assert!(!redis.contains("hidden") && !nats.contains("hidden"));
        }
        for two in ["nats://hidden@a,nats://other@b", "nats://u:hidden@a,nats://u:other@b", "nats://u:hidden@a,nats://u@b"] {
            assert!(two.parse::<NatsAddress>().is_err_and(|why| why.to_string().contains("the same user")), "{two}");
        }
    }

    #[test]
    fn a_login_is_taken_out_of_the_address_as_it_was_meant() {
        let read = |text: &str| text.parse::<NatsAddress>().unwrap_or_else(|why| panic!("{why}"));
        let password = read("tls://sail%20or:s%3Acr%2Fet%40%25@relay:4222");
        assert!(password.login == Some(Login::Password("sail or".into(), "s:cr/et@%".into())));
        assert!(read("nats://t%2Bk@relay").login == Some(Login::Token("t+k".into())));
        assert!(read("nats://u:@relay").login == Some(Login::Token("u".into())), "what a URL cannot tell apart");
        assert_eq!(password.servers[0].as_url_str(), "tls://relay:4222");
    }
}
