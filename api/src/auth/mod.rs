//! Who asks, and whether the request may be believed: tokens, cookies, the CSRF and Host checks.

pub(crate) mod access_token;
pub(crate) mod cookies;
pub(crate) mod csrf;
pub(crate) mod host;
pub(crate) mod signed;
