//! Cross-site request forgery: with cookies, every unsafe method needs the CSRF token twice (cookie and header) and the right Origin.
//! The token is `<nonce>.<HMAC(family, nonce)>`, so one planted by a neighbouring site is of no use.

use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::cookies;
use crate::config::{ApiConfig, ApiKey32};
use crate::problem::Problem;

const HEADER: &str = "x-csrf-token";

/// A new token for the session of this family.
pub(crate) fn issue(key: &ApiKey32, family: Uuid) -> String {
    let mut nonce = [0; 16];
    rand::rng().fill_bytes(&mut nonce);
    let nonce = URL_SAFE_NO_PAD.encode(nonce);
    let tag = URL_SAFE_NO_PAD.encode(tag(key, family, &nonce));
    format!("{nonce}.{tag}")
}

/// Refuses unless cookie and header agree, belong to the session, and the request comes from our own pages.
pub(crate) fn check(config: &ApiConfig, headers: &HeaderMap, family: Uuid) -> Result<(), Problem> {
    check_origin(config, headers)?;
    let cookie = cookies::read(headers, cookies::CSRF).unwrap_or_default();
    let sent = headers.get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let same: bool = cookie.as_bytes().ct_eq(sent.as_bytes()).into();
    if sent.is_empty() || !same || !of_session(&config.csrf_key, family, sent) {
        return Err(Problem::csrf("send the value of the cookie opensail_csrf in the header X-CSRF-Token"));
    }
    Ok(())
}

/// A WebSocket is opened by a safe method and yet reads with the browser's cookies from any page: it must come from our own. A program
/// that signs in by header has no pages and need not name one.
pub(crate) fn check_socket(config: &ApiConfig, headers: &HeaderMap) -> Result<(), Problem> {
    let program = headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(header::ORIGIN);
    if program { Ok(()) } else { check_origin(config, headers) }
}

fn check_origin(config: &ApiConfig, headers: &HeaderMap) -> Result<(), Problem> {
    let ours = config.public_url.origin();
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) if origin.as_bytes() == ours.as_bytes() => Ok(()),
        _ => Err(Problem::csrf(format!("with cookies, a request that changes something, and a WebSocket, must come from {ours}"))),
    }
}

fn of_session(key: &ApiKey32, family: Uuid, token: &str) -> bool {
    let Some((nonce, sent)) = token.split_once('.') else { return false };
    let Ok(sent) = URL_SAFE_NO_PAD.decode(sent) else { return false };
    tag(key, family, nonce).ct_eq(&sent).into()
}

fn tag(key: &ApiKey32, family: Uuid, nonce: &str) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.bytes()).expect("HMAC takes a key of any length");
    mac.update(b"opensail csrf\0");
    mac.update(family.as_bytes());
    mac.update(nonce.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PublicUrl;
    use axum::http::HeaderValue;

    fn config() -> ApiConfig {
        let public_url = PublicUrl::parse("http://127.0.0.1:7420").unwrap();
        ApiConfig { public_url, jwt_key: ApiKey32::new([1; 32]), csrf_key: ApiKey32::new([2; 32]) }
    }

    fn headers(origin: Option<&str>, cookie: &str, sent: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        headers.insert(header::COOKIE, HeaderValue::from_str(&format!("opensail_csrf={cookie}")).unwrap());
        headers.insert(HEADER, HeaderValue::from_str(sent).unwrap());
        headers
    }

    #[test]
    fn a_socket_comes_from_our_pages_or_from_no_page_at_all() {
        let asked = |origin: Option<&'static str>, by_header: bool| {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            if by_header {
                headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
            }
            check_socket(&config(), &headers).is_ok()
        };
        let (ours, evil) = (Some("http://127.0.0.1:7420"), Some("https://evil.example"));
        assert!(asked(ours, false) && asked(ours, true) && asked(None, true));
        assert!(!asked(None, false) && !asked(evil, false) && !asked(evil, true) && !asked(Some("null"), false));
    }

    #[test]
    fn only_our_pages_with_the_sessions_own_token_pass() {
        let (config, family) = (config(), Uuid::now_v7());
        let token = issue(&config.csrf_key, family);
        let other = issue(&config.csrf_key, Uuid::now_v7());
        let ours = Some("http://127.0.0.1:7420");
        assert!(check(&config, &headers(ours, &token, &token), family).is_ok());
        for (origin, cookie, sent) in [
            (None, &token, &token),
            (Some("null"), &token, &token),
            (Some("http://127.0.0.1:7421"), &token, &token),
            (Some("http://127.0.0.1:7420.evil.example"), &token, &token),
            (ours, &other, &token),
            (ours, &token, &other),
            (ours, &other, &other),
            (ours, &String::new(), &String::new()),
            (ours, &"a.b".into(), &"a.b".into()),
        ] {
            let refused = check(&config, &headers(origin, cookie, sent), family).unwrap_err();
            assert_eq!((refused.status().as_u16(), refused.code()), (403, "csrf"));
        }
    }
}
