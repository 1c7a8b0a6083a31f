//! Pages that need nothing else: what this is, signing in by a link, and the browsable API. No script is inline and nothing comes from
//! elsewhere; the console is another matter.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::console;
use crate::router::Api;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Address, type and text of every page and what it loads.
pub(crate) const PAGES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("home.html")),
    ("/sign-in", HTML, include_str!("sign_in.html")),
    ("/api/docs", HTML, include_str!("docs.html")),
    ("/assets/page.css", CSS, include_str!("page.css")),
    ("/assets/sign_in.js", SCRIPT, include_str!("sign_in.js")),
    ("/assets/docs.js", SCRIPT, include_str!("docs.js")),
];

/// What the console answers when it is there.
const OF_THE_CONSOLE: &[&str] = &["/", "/sign-in"];

pub(crate) fn routes() -> Router<Api> {
    let shown = PAGES.iter().filter(|(path, _, _)| !(console::embedded() && OF_THE_CONSOLE.contains(path)));
    shown.fold(Router::new(), |router, (path, kind, text)| router.route(path, get(move || async move { page(kind, text) })))
}

fn page(kind: &'static str, text: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_inline_or_from_elsewhere() {
        for (path, kind, text) in PAGES {
            assert!(!text.contains("//cdn") && !text.contains("src=\"http") && !text.contains("href=\"http"), "{path}");
            if *kind == HTML {
                assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains(" onclick="), "{path}");
                for script in text.split("<script").skip(1) {
                    assert!(script.starts_with(" src=\"/assets/") && script.contains("></script>"), "{path}");
                }
            }
            if *kind == SCRIPT {
                assert!(!text.contains("innerHTML") && !text.contains("eval("), "{path}");
            }
        }
    }
}
