//! Only requests that name this server are answered: the public address or loopback. A page whose name was rebound to our
//! address names itself and is refused.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::config::PublicUrl;
use crate::problem::Problem;
use crate::router::Api;

pub(crate) async fn check_host(State(api): State<Api>, request: Request, next: Next) -> Response {
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, None) => request.uri().authority().map(Authority::as_str),
        _ => None,
    };
    match host {
        Some(host) if answers_to(&api.config().public_url, host) => next.run(request).await,
        Some(_) => Problem::foreign_host().into_response(),
        None => Problem::malformed("send exactly one Host header").into_response(),
    }
}

fn answers_to(public_url: &PublicUrl, host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    if host.contains('@') {
        return false;
    }
    let name = authority.host();
    public_url.is_host(name, authority.port_u16()) || is_loopback(name)
}

fn is_loopback(name: &str) -> bool {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_are_answered() {
        let url = PublicUrl::parse("https://sail.example.org").unwrap();
        for ours in ["sail.example.org", "SAIL.example.org:443", "localhost:7420", "127.0.0.1", "127.9.9.9:1", "[::1]:7420"] {
            assert!(answers_to(&url, ours), "{ours}");
        }
        for foreign in [
            "",
            "evil.example",
            "sail.example.org:8443",
            "sail.example.org.evil.example",
            "a@localhost",
            "10.0.0.1",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
        ] {
            assert!(!answers_to(&url, foreign), "{foreign}");
        }
    }
}
