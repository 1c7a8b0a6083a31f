//! An own certificate authority: with it, a server is trusted that it has signed, and no other.

use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

#[derive(Clone)]
pub struct Authority {
    /// Where it is, for a client that reads it at each connection.
    pub(super) file: PathBuf,
    /// For one that reads it once.
    pub(super) pem: Vec<u8>,
}

/// Why a file is refused. It begins with its path.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("{0}")]
pub struct BadAuthority(String);

impl Authority {
    /// One certificate or several, as PEM.
    pub fn read(file: &Path) -> Result<Authority, BadAuthority> {
        let bad = |why: String| BadAuthority(format!("{}: {why}", file.display()));
        let pem = std::fs::read(file).map_err(|error| bad(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| bad(format!("it is no PEM ({error})")))?;
            roots.add(certificate).map_err(|error| bad(format!("a certificate in it cannot be used ({error})")))?;
        }
        if roots.is_empty() {
            return Err(bad("there is no certificate in it (PEM, -----BEGIN CERTIFICATE-----)".into()));
        }
        Ok(Authority { file: file.into(), pem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_authority_is_refused_with_its_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ca.pem");
        let refused = |text: Option<&str>, why: &str| {
            text.iter().for_each(|text| std::fs::write(&file, text).expect("written"));
            let error = Authority::read(&file).err().expect("refused").to_string();
            assert!(error.starts_with(&file.display().to_string()) && error.contains(why), "{error}");
        };
        refused(None, "No such file");
        refused(Some(""), "no certificate");
        refused(Some("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "no certificate");
        refused(Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), "cannot be used");
        refused(Some("-----BEGIN CERTIFICATE-----\n"), "no PEM");
        assert!(Authority::read(folder.path()).is_err(), "a folder");
    }
}
