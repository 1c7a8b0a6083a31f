//! Points where a test lets this process die as by `kill -9`. Only with the cargo feature `crash-points`; without it a point is
//! nothing at all.

/// Dies here when `OPENSAIL_CRASH_AT` is `<name>:<n>` (`any` for every point) and this is the n-th time that the point is passed.
#[cfg(feature = "crash-points")]
macro_rules! crash_point {
    ($name:expr) => {
        $crate::crash::pass(&$name)
    };
}
#[cfg(not(feature = "crash-points"))]
macro_rules! crash_point {
    ($name:expr) => {{
        // Never run; the name is looked at by the compiler alone.
        let _ = || $name;
    }};
}
pub(crate) use crash_point;

#[cfg(feature = "crash-points")]
pub(crate) fn pass(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static AT: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);

    let at = AT.get_or_init(|| {
        let text = std::env::var("OPENSAIL_CRASH_AT").ok()?;
        let (name, nth) = text.rsplit_once(':')?;
        Some((name.to_owned(), nth.parse().ok()?))
    });
    if let Some((wanted, nth)) = at
        && (wanted == "any" || wanted == name)
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *nth
    {
        // Nothing is flushed, no destructor runs: as if the power went.
        if let Err(error) = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL) {
            eprintln!("crash point {name}: {error}");
        }
        std::process::abort();
    }
}
