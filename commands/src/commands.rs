//! Everything a command needs, handed over once by the composition root.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use opensail_eventstore::snapshot::SnapshotTable;
use opensail_eventstore::vault::keyring::{Keyring, derive};
use opensail_eventstore::{Journal, Leases, Vault};

use crate::aggregate::cache::Cache;
use crate::live::{LiveOutputs, LiveTurns};
use crate::ports::blobs::Blobs;
use crate::ports::clock::{Clock, Ids};
use crate::ports::model::Model;
use crate::ports::passwords::PasswordHasher;
use crate::ports::project_files::ProjectFiles;
use crate::ports::snapshots::Snapshots;

/// Who may register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Registration {
    Open,
    /// Only who was invited.
    Invite,
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Desktop,
    Docker,
    Kubernetes,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub mode: Mode,
    pub registration: Registration,
    /// `$OPENSAIL_HOME`, absolute and link-free.
    pub home: PathBuf,
    /// `OPENSAIL_PROJECT_ROOTS`, absolute and link-free: a project's folder must lie beneath one of them. Empty: none may be used.
    pub project_roots: Vec<PathBuf>,
    /// Names of the project templates that ship.
    pub templates: Vec<String>,
}

/// What [`Commands`] is made of.
pub struct Parts {
    pub journal: Arc<dyn Journal>,
    pub vault: Arc<dyn Vault>,
    pub keyring: Arc<Keyring>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub passwords: Arc<dyn PasswordHasher>,
    pub files: Arc<dyn ProjectFiles>,
    pub blobs: Arc<dyn Blobs>,
    pub snapshots: Arc<dyn Snapshots>,
    /// Where what the journal keeps in the store is noted between two sweeps.
    pub roots: Arc<dyn SnapshotTable>,
    /// Of working copies, for commands that change files.
    pub leases: Arc<dyn Leases>,
    pub model: Arc<dyn Model>,
    pub live: LiveTurns,
    pub settings: Settings,
}

/// The commands of all rooms. Clones share everything.
#[derive(Clone)]
pub struct Commands {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    cache: Cache,
    keys: Keys,
    outputs: LiveOutputs,
    /// The model that an administrator chose, in place of that of the settings.
    chosen: RwLock<Option<Arc<dyn Model>>>,
    /// One at a time takes a choice over, so that an older one never comes after a newer.
    choosing: tokio::sync::Mutex<()>,
}

/// Purpose of the key that names the streams of e-mail addresses.
pub const EMAIL_LABEL: &str = "opensail/commands/email/v1";

/// Keys derived from the installation's secret, one per purpose.
pub(crate) struct Keys {
    /// Names the stream that reserves an e-mail address.
    pub(crate) email: [u8; 32],
    /// Hides accounts and addresses in the vault's throttle rows.
    pub(crate) throttle: [u8; 32],
    /// Tokens of invitations come from it.
    pub(crate) invitation: [u8; 32],
}

impl Commands {
    /// `secret` is the installation's SECRET_KEY.
    pub fn new(parts: Parts, secret: &[u8]) -> Self {
        Self::with_email_key(parts, secret, derive(secret, EMAIL_LABEL))
    }

    /// For an installation whose SECRET_KEY may have changed: `email` is what its first one gave for [`EMAIL_LABEL`], since the streams that reserve
    /// addresses are named by it for ever.
    pub fn with_email_key(parts: Parts, secret: &[u8], email: [u8; 32]) -> Self {
        let keys = Keys {
            email,
            throttle: derive(secret, "opensail/commands/throttle/v1"),
            invitation: derive(secret, "opensail/commands/invitation/v1"),
        };
        Commands {
            inner: Arc::new(Inner {
                parts,
                cache: Cache::default(),
                keys,
                outputs: LiveOutputs::default(),
                chosen: RwLock::default(),
                choosing: Default::default(),
            }),
        }
    }

    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.inner.parts.journal
    }
    pub fn vault(&self) -> &Arc<dyn Vault> {
        &self.inner.parts.vault
    }
    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.inner.parts.keyring
    }
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.parts.clock
    }
    pub fn ids(&self) -> &Arc<dyn Ids> {
        &self.inner.parts.ids
    }
    pub fn files(&self) -> &Arc<dyn ProjectFiles> {
        &self.inner.parts.files
    }
    pub fn blobs(&self) -> &Arc<dyn Blobs> {
        &self.inner.parts.blobs
    }
    /// The model for whatever begins now.
    pub fn model(&self) -> Arc<dyn Model> {
        let chosen = self.inner.chosen.read().unwrap_or_else(PoisonError::into_inner);
        chosen.as_ref().unwrap_or(&self.inner.parts.model).clone()
    }
    /// The model of the server's settings.
    pub(crate) fn own_model(&self) -> &Arc<dyn Model> {
        &self.inner.parts.model
    }
    pub fn snapshots(&self) -> &Arc<dyn Snapshots> {
        &self.inner.parts.snapshots
    }
    pub(crate) fn roots(&self) -> &Arc<dyn SnapshotTable> {
        &self.inner.parts.roots
    }
    pub(crate) fn leases(&self) -> &Arc<dyn Leases> {
        &self.inner.parts.leases
    }
    pub(crate) fn use_model(&self, chosen: Option<Arc<dyn Model>>) {
        *self.inner.chosen.write().unwrap_or_else(PoisonError::into_inner) = chosen;
    }
    pub(crate) fn choosing(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.choosing
    }
    /// Text that models are writing just now.
    pub fn live(&self) -> &LiveTurns {
        &self.inner.parts.live
    }
    /// What running commands print just now.
    pub fn outputs(&self) -> &LiveOutputs {
        &self.inner.outputs
    }
    pub fn settings(&self) -> &Settings {
        &self.inner.parts.settings
    }
    pub(crate) fn passwords(&self) -> &Arc<dyn PasswordHasher> {
        &self.inner.parts.passwords
    }
    pub(crate) fn cache(&self) -> &Cache {
        &self.inner.cache
    }
    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.keys
    }
}
