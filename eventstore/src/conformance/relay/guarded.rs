//! What guards a relay's server: a certificate of an authority that nobody else knows, and a login.

use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tempfile::TempDir;

use super::servers::Kind;

/// What Redis has to let its user do, and on which keys.
const RIGHTS: &str = "resetchannels -@all +ping +xadd +expire +xread +xrevrange ~opensail:*";

#[derive(Clone)]
pub struct Guarded {
    pub login: Login,
    /// Files, PEM. The certificate is one of `127.0.0.1`.
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Where they lie.
    pub folder: Arc<TempDir>,
}

#[derive(Clone)]
pub enum Login {
    /// Redis: a user who may do what is needed and nothing else.
    User(&'static str, &'static str),
    /// NATS: a token; Redis: the password of everybody.
    Token(&'static str),
}

impl Login {
    /// As it stands in an address, with the `@`.
    pub fn userinfo(&self, kind: Kind) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        match self {
            Login::User(user, password) => format!("{}:{}@", encoded(user), encoded(password)),
            Login::Token(password) if kind == Kind::Redis => format!(":{}@", encoded(password)),
            Login::Token(token) => format!("{}@", encoded(token)),
        }
    }
}

impl Guarded {
    /// The server's own configuration.
    pub(super) fn settings(&self, kind: Kind) -> String {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        match kind {
            Kind::Redis => {
                let login = match self.login {
                    Login::User(user, password) => format!("user default off\nuser {user} on \">{password}\" {RIGHTS}"),
                    Login::Token(password) => format!("requirepass \"{password}\""),
                };
                // Its own check of clients' certificates is another thing than a login.
                let authority = self.authority.display();
                format!("tls-cert-file {certificate}\ntls-key-file {key}\ntls-ca-cert-file {authority}\ntls-auth-clients no\n{login}\n")
            }
            Kind::Nats => {
                let login = match self.login {
                    Login::User(user, password) => format!("user: \"{user}\", password: \"{password}\""),
                    Login::Token(token) => format!("token: \"{token}\""),
                };
                format!("authorization {{ {login} }}\ntls {{ cert_file: \"{certificate}\", key_file: \"{key}\" }}\n")
            }
        }
    }
}
