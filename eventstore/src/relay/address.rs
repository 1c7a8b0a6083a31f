//! Where relays are. An address may hold a password: it is never shown.

use std::str::FromStr;

use async_nats::ServerAddr;
use redis::IntoConnectionInfo;

/// Why an address is refused; says nothing of what it holds.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("{0}")]
pub struct BadAddress(&'static str);

/// No Debug: it may hold a password.
#[derive(Clone)]
pub struct RedisAddress(pub(super) redis::Client);

impl FromStr for RedisAddress {
    type Err = BadAddress;
    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = BadAddress("must be redis://[user:password@]host[:port][/database], or rediss://… for TLS");
        if !(text.starts_with("redis://") || text.starts_with("rediss://")) {
            return Err(bad);
        }
        let client = text.into_connection_info().and_then(redis::Client::open).map_err(|_| bad)?;
        Ok(RedisAddress(client))
    }
}

/// No Debug: it may hold a password.
#[derive(Clone)]
pub struct NatsAddress(pub(super) Vec<ServerAddr>);

impl FromStr for NatsAddress {
    type Err = BadAddress;
    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = BadAddress("must be nats://[user:password@]host[:port], or tls://… for TLS; several are separated by commas");
        let one = |text: &str| {
            let known = text.starts_with("nats://") || text.starts_with("tls://");
            text.parse::<ServerAddr>().ok().filter(|address| known && !address.host().is_empty())
        };
        let servers: Option<Vec<ServerAddr>> = text.split(',').map(|text| one(text.trim())).collect();
        servers.map(NatsAddress).ok_or(bad)
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
        for good in ["nats://127.0.0.1", "nats://user:hidden@relay:4222", "tls://a, nats://b:1"] {
            assert!(good.parse::<NatsAddress>().is_ok(), "{good}");
        }
        for bad in ["", "x", "http://relay:hidden", "nats//hidden", "redis:hidden", "nats://u:hidden@"] {
            let (redis, nats) = (bad.parse::<RedisAddress>().err(), bad.parse::<NatsAddress>().err());
            let (redis, nats) = (redis.expect("refused").to_string(), nats.expect("refused").to_string());
            assert!(!redis.contains("hidden") && !nats.contains("hidden"));
        }
    }
}
