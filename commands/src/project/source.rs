//! Where a project's files may come from. The worker that clones checks every address it connects to with [`public_address`] again,
//! because a name can be pointed elsewhere afterwards.

mod git;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use opensail_domain::kernel::AccountId;
use opensail_domain::project::Source;

use crate::{CommandError, Commands, Mode};
pub use git::{GitUrl, check_git_reference, parse_git_url};

/// Whether an address lies in the open Internet: not loopback, private, link-local, shared, reserved or multicast.
pub fn public_address(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special = a == 192 && b == 0 && c == 0;
            let benchmark = a == 198 && (b == 18 || b == 19);
            !(a == 0
                || v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_documentation()
                || shared
                || special
                || benchmark
                || a >= 224)
        }
        IpAddr::V6(v6) => {
            let segments = v6.segments();
            // Only global unicast, 2000::/3, without what tunnels to IPv4 (6to4, Teredo) or documents.
            let global = segments[0] & 0xe000 == 0x2000;
            let tunnel = segments[0] == 0x2002 || (segments[0] == 0x2001 && segments[1] == 0);
            let documentation = segments[0] == 0x2001 && segments[1] == 0xdb8;
            global && !tunnel && !documentation
        }
    }
}

impl Commands {
    /// The source as it is stored, or why it is refused.
    pub(super) async fn check_source(&self, source: &Source, account: AccountId) -> Result<Source, CommandError> {
        match source {
            Source::Empty => Ok(Source::Empty),
            Source::Folder { path } => {
                let path = self.check_folder(path, account).await?;
                Ok(Source::Folder { path })
            }
            Source::Git { url, reference } => {
                let parsed = parse_git_url(url)?;
                if self.settings().mode != Mode::Desktop && !parsed.may_be_public() {
                    return Err(CommandError::invalid("/source/url", "private_address", "this address is not in the open Internet"));
                }
                if let Some(reference) = reference {
                    check_git_reference(reference)?;
                }
                Ok(Source::Git { url: url.trim().to_owned(), reference: reference.clone() })
            }
            Source::Template { name } if self.settings().templates.contains(name) => Ok(source.clone()),
            Source::Template { .. } => Err(CommandError::invalid("/source/name", "unknown_template", "there is no template of this name")),
        }
    }

    /// Only on the desktop, by its owner, beneath the allowed roots, and never where the platform keeps its own data.
    async fn check_folder(&self, path: &str, account: AccountId) -> Result<String, CommandError> {
        let refused = |code, message: &str| CommandError::invalid("/source/path", code, message);
        let owner = self.desktop_owner().await?.map(|owner| owner.account_id);
        if self.settings().mode != Mode::Desktop || owner != Some(account) {
            return Err(refused("folder_not_allowed", "folders of this machine can be used by the owner of the desktop alone"));
        }
        let folder = Path::new(path);
        if !folder.is_absolute() {
            return Err(refused("folder_not_absolute", "the path must be absolute"));
        }
        let canonical: PathBuf =
            self.files().canonical_root(folder).await.map_err(|error| refused("folder_unusable", &error.to_string()))?;
        let settings = self.settings();
        if !settings.project_roots.iter().any(|root| canonical.starts_with(root)) {
            return Err(refused("folder_outside_roots", "the folder lies outside OPENSAIL_PROJECT_ROOTS"));
        }
        if canonical.starts_with(&settings.home) || settings.home.starts_with(&canonical) {
            return Err(refused("folder_holds_home", "the folder holds, or lies in, the platform's own data folder"));
        }
        canonical.into_os_string().into_string().map_err(|_| refused("folder_unusable", "the path is not valid UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_open_internet_is_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "2002:a00:1::",
            "64:ff9b::a00:1",
            "ff02::1",
        ] {
            assert!(!public_address(address.parse().expect(address)), "{address}");
        }
        for address in ["1.1.1.1", "140.82.121.4", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(public_address(address.parse().expect(address)), "{address}");
        }
    }
}
