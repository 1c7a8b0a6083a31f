//! How a file of the console is answered: compressed as the browser likes it, kept by it for ever or not at all.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::files::File;

/// The name holds a hash of the content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

pub(super) fn serve(file: &'static File, headers: &HeaderMap) -> Response {
    let (bytes, encoding) = match (file.br, file.gzip) {
        (Some(br), _) if takes(headers, "br") => (br, Some("br")),
        (_, Some(gzip)) if takes(headers, "gzip") => (gzip, Some("gzip")),
        _ => (file.plain, None),
    };
    let mut response = bytes.into_response();
    let set = response.headers_mut();
    let caching = if file.path.starts_with("assets/") { FOR_EVER } else { "no-store" };
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(file.path)));
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    set.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether the coding is named and not refused (`q=0`).
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|wish| {
        let mut parts = wish.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = parts.filter_map(|part| part.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0_f32));
        named && !refused
    })
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: File = File { path: "assets/main-x.js", plain: b"plain", br: Some(b"br"), gzip: Some(b"gz") };
    const PAGE: File = File { path: "index.html", plain: b"plain", br: None, gzip: None };

    fn served(file: &'static File, wish: &'static str) -> (Option<String>, String) {
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(wish))]);
        let response = serve(file, &headers);
        let told = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(String::from);
        (told(header::CONTENT_ENCODING), told(header::CACHE_CONTROL).unwrap_or_default())
    }

    #[test]
    fn a_browser_gets_the_best_coding_it_takes() {
        for (wish, coding) in
            [("gzip, deflate, br", Some("br")), ("gzip;q=1.0, br;q=0", Some("gzip")), ("identity", None), ("", None), ("brotli", None)]
        {
            assert_eq!(served(&SCRIPT, wish).0.as_deref(), coding, "{wish}");
        }
    }

    #[test]
    fn what_is_named_by_its_hash_is_kept_and_the_page_is_not() {
        assert_eq!(served(&SCRIPT, "").1, FOR_EVER);
        assert_eq!(served(&PAGE, "br"), (None, "no-store".into()));
    }
}
