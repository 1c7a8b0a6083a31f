//! Why a relay does not work: in the client's own words for the log, and as a cause that anybody may read.

use std::fmt;

use tokio::sync::watch;

/// Told by readiness, so without a name, an address or anything that was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    Starting,
    Away,
    Login,
    Rights,
    Certificate,
    Authority,
}

impl Cause {
    /// Both clients give words only. That these are what real servers and TLS say is held by the tests of secured relays.
    fn of(words: &str) -> Cause {
        let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
        if says(&["authorization violation", "AuthenticationFailed", "NOAUTH", "WRONGPASS"]) {
            Cause::Login
        } else if says(&["NOPERM"]) {
            Cause::Rights
        } else if says(&["invalid peer certificate"]) {
            Cause::Certificate
        } else if says(&["could not load certs", "could not load certificates", "could not load platform certs"]) {
            Cause::Authority
        } else {
            Cause::Away
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::Starting => "it has not answered yet",
            Cause::Away => "it does not answer",
            Cause::Login => "it refuses the user, the password or the token of its address",
            Cause::Rights => "its user may not do what is needed",
            Cause::Certificate => {
                "its certificate is not trusted: it is signed by an authority that is not known here, made for another name, or too old"
            }
            Cause::Authority => "the certificate of its authority cannot be read",
        })
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    pub cause: Cause,
    /// For the log: what the client says.
    pub words: String,
}

impl Trouble {
    pub(super) fn starting() -> Trouble {
        Trouble { cause: Cause::Starting, words: Cause::Starting.to_string() }
    }
}

impl From<String> for Trouble {
    fn from(words: String) -> Trouble {
        Trouble { cause: Cause::of(&words), words }
    }
}

/// Keeps what is so now, and logs it where the cause is another one. `what` names who tells.
pub(super) fn tell(state: &watch::Sender<Option<Trouble>>, now: Option<Trouble>, what: &str) {
    let cause = |trouble: &Option<Trouble>| trouble.as_ref().map(|trouble| trouble.cause);
    let before = state.send_replace(now.clone());
    match &now {
        _ if cause(&before) == cause(&now) => {}
        None => tracing::info!("{what}: it answers"),
        Some(Trouble { cause, words }) => {
            tracing::warn!(error = words, "{what}: {cause}; it is tried again, and everything goes on more slowly");
        }
    }
}
