//! What is shipped holds nothing that is there for tests.
//!
//! Cargo builds each folder once for all that are built with it, with every feature that any of them asks for. A release of all folders at once would so
//! give `opensail` the crash points and the rehearsed events that `tests` asks for. Such a build ends here, with what to type instead.

/// Called while `main.rs` is compiled. `debug`: a build to develop with, where everything is built together.
pub const fn check(debug: bool) {
    let for_tests = opensail_domain::HAS_REHEARSAL || opensail_eventstore::HAS_CONFORMANCE || opensail_workers::HAS_CRASH_POINTS;
    assert!(
        debug || !for_tests,
        "this release of `opensail` would hold what is only for tests; build it without them: cargo build --release --package opensail-deploy"
    );
}
