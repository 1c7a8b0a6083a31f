//! The three cookies of a browser: access and refresh, which scripts cannot read, and the CSRF token, which they must.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::config::ACCESS_SECONDS;

pub(crate) const ACCESS: &str = "opensail_access";
pub(crate) const REFRESH: &str = "opensail_refresh";
pub(crate) const CSRF: &str = "opensail_csrf";
/// The refresh token goes nowhere else.
const REFRESH_PATH: &str = "/api/v1/auth";

/// The value of a cookie. A name that is sent twice with different values is as none: one of them is somebody else's.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = None;
    for line in headers.get_all(header::COOKIE) {
        for pair in line.to_str().ok()?.split(';') {
            let Some((key, value)) = pair.trim().split_once('=') else { continue };
            if key == name && !value.is_empty() {
                if found.is_some_and(|first| first != value) {
                    return None;
                }
                found = Some(value);
            }
        }
    }
    found
}

/// What a sign-in or a refresh gives to a browser.
pub(crate) struct SignedIn<'a> {
    pub(crate) access: &'a str,
    pub(crate) refresh: &'a str,
    /// Seconds.
    pub(crate) refresh_seconds: u64,
    pub(crate) csrf: &'a str,
}

pub(crate) fn set(headers: &mut HeaderMap, tokens: &SignedIn<'_>, secure: bool) {
    append(headers, ACCESS, tokens.access, "/", ACCESS_SECONDS, true, secure);
    append(headers, REFRESH, tokens.refresh, REFRESH_PATH, tokens.refresh_seconds, true, secure);
    append(headers, CSRF, tokens.csrf, "/", tokens.refresh_seconds, false, secure);
}

pub(crate) fn clear(headers: &mut HeaderMap, secure: bool) {
    append(headers, ACCESS, "", "/", 0, true, secure);
    append(headers, REFRESH, "", REFRESH_PATH, 0, true, secure);
    append(headers, CSRF, "", "/", 0, false, secure);
}

fn append(headers: &mut HeaderMap, name: &str, value: &str, path: &str, max_age: u64, http_only: bool, secure: bool) {
    let mut cookie = format!("{name}={value}; Path={path}; Max-Age={max_age}; SameSite=Lax");
    if http_only {
        cookie.push_str("; HttpOnly");
    }
    if secure {
        cookie.push_str("; Secure");
    }
    // Tokens are base64url, dots and hex: always a valid header value.
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let sent = headers(&["x_opensail_access=no; opensail_access=yes; b=c"]);
        assert_eq!(read(&sent, ACCESS), Some("yes"));
        assert_eq!(read(&sent, REFRESH), None);
        assert_eq!(read(&headers(&["opensail_access=1; opensail_access=2"]), ACCESS), None);
        assert_eq!(read(&headers(&["opensail_access=1", "opensail_access=1"]), ACCESS), Some("1"));
        assert_eq!(read(&headers(&["opensail_access="]), ACCESS), None);
    }

    #[test]
    fn flags_are_as_the_contract_says() {
        let mut sent = HeaderMap::new();
        set(&mut sent, &SignedIn { access: "a", refresh: "r", refresh_seconds: 60, csrf: "c" }, true);
        let lines: Vec<_> = sent.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
        assert_eq!(
            lines,
            [
                "opensail_access=a; Path=/; Max-Age=900; SameSite=Lax; HttpOnly; Secure",
                "opensail_refresh=r; Path=/api/v1/auth; Max-Age=60; SameSite=Lax; HttpOnly; Secure",
                "opensail_csrf=c; Path=/; Max-Age=60; SameSite=Lax; Secure",
            ]
        );
        let mut cleared = HeaderMap::new();
        clear(&mut cleared, false);
        let first = cleared.get(header::SET_COOKIE).unwrap();
        assert_eq!(first, "opensail_access=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly");
    }
}
