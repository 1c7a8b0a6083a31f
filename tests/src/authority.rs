//! A certificate authority of a test's own, and what it signs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// Files in a folder that the test keeps: the authority's certificate, and a server's with its key.
pub struct Signed {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// An authority that nobody knows yet signs a server that is `named`, a name or an address. Nothing is left with which more could be signed.
pub fn signed(folder: &Path, named: &str) -> Signed {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = || KeyPair::generate().expect("a key");
    let mut own = CertificateParams::default();
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(own, key()).expect("an authority");
    let server_key = key();
    let server =
        CertificateParams::new([named.to_owned()]).and_then(|server| server.signed_by(&server_key, &authority)).expect("a certificate");
    let written = |name: &str, text: String| {
        let file = folder.join(name);
        std::fs::write(&file, text).expect("written");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("private");
        file
    };
    Signed {
        authority: written("authority.pem", authority.pem()),
        certificate: written("server.pem", server.pem()),
        key: written("server.key", server_key.serialize_pem()),
    }
}
