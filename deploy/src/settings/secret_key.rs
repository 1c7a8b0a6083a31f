//! SECRET_KEY: given, or generated once and kept in the data folder, readable by its owner only.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::read::{SettingError, refuse};

/// Name of the file in `$OPENSAIL_HOME`.
pub const FILE: &str = "secret.key";
/// Shortest key taken, in bytes.
const MIN_BYTES: usize = 32;

pub fn checked(key: &str) -> Result<String, SettingError> {
    if key.len() < MIN_BYTES {
        return Err(refuse("SECRET_KEY", format!("must have at least {MIN_BYTES} characters; `openssl rand -base64 32` makes one")));
    }
    Ok(key.into())
}

/// The kept key; generated when there is none yet and `journal_exists` is false. A journal without its key is refused, since its private
/// fields could never be read again.
pub fn kept(home: &Path, journal_exists: bool) -> Result<String, SettingError> {
    let path = home.join(FILE);
    let failed = |e: std::io::Error| refuse("SECRET_KEY", format!("{}: {e}", path.display()));
    match std::fs::read_to_string(&path) {
        Ok(key) => {
            let mode = std::fs::metadata(&path).map_err(failed)?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(refuse("SECRET_KEY", format!("others may read {0}; run: chmod 600 {0}", path.display())));
            }
            return checked(key.trim());
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(failed(e)),
    }
    if journal_exists {
        return Err(refuse(
            "SECRET_KEY",
            format!("{} is missing, and the journal cannot be read without it; bring it back or set SECRET_KEY", path.display()),
        ));
    }
    let key = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    // Written whole under another name first: a crash leaves no half key.
    let draft = home.join("secret.key.new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(failed)?;
    file.write_all(key.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&draft, &path).map_err(failed)?;
    std::fs::File::open(home).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(key)
}
