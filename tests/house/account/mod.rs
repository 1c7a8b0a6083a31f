//! Accounts from outside: registering, signing in and out, and what keeps a browser's session its own.

mod admin;
mod cookies;
mod csrf;
mod host;
mod password;
mod refresh;
mod register;
mod sign_in;
mod sign_out;
mod throttle;

const OPEN: &[(&str, &str)] = &[("OPENSAIL_REGISTRATION", "open")];
