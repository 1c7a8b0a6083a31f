//! The console's files, embedded when the binary is built.

/// One file of the bundle.
pub(super) struct File {
    /// Beneath the bundle's root.
    pub(super) path: &'static str,
    pub(super) plain: &'static [u8],
    /// The same, compressed beforehand.
    pub(super) br: Option<&'static [u8]>,
    pub(super) gzip: Option<&'static [u8]>,
}

/// Empty when the binary was built without `make web`.
pub(super) const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/console_files.rs"));

/// The one page, which loads the rest.
pub(super) fn index() -> Option<&'static File> {
    find("index.html")
}

pub(super) fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}
