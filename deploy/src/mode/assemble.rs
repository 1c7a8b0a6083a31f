//! What every mode puts together: stores, commands, views, relays, workers and the API of one process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opensail_api::{Api, ApiConfig, ApiKey32, Offer, PublicUrl};
use opensail_commands::live::LiveTurns;
use opensail_commands::ports::clock::{RandomIds, SystemClock};
use opensail_commands::{Commands, EMAIL_LABEL, Mode, Registration};
use opensail_csi::cas::LocalStore;
use opensail_csi::tree::Rules;
use opensail_eventstore::subscription::Tail;
use opensail_eventstore::vault::keyring::{KeyError, Keyring, derive};
use opensail_eventstore::{Seal, Vault};
use opensail_projections::{Projections, Queries};
use opensail_workers::Hands;
use opensail_workers::keep_forgotten::KeepForgotten;
use opensail_workers::outside::blobs::EncryptedBlobs;
use opensail_workers::outside::model;
use opensail_workers::outside::passwords::Bcrypt;
use opensail_workers::outside::project_files::ServedProjectFiles;
use opensail_workers::outside::sandbox::{BubblewrapSandbox, SandboxSettings};
use opensail_workers::outside::snapshots::LocalSnapshots;
use opensail_workers::project::templates;
use opensail_workers::supervisor::{OnError, OnStop, Supervisor};
use tokio::net::TcpListener;

use super::stores::Stores;
use super::{follow_model, probes, relays, sealing, set_back, stores};
use crate::data_folder::{self, DataFolder, DataFolderError};
use crate::settings::{self, Settings, secret_key};
use crate::{port_holder, settings::read::SettingError};

/// How long a stop waits for tasks to let go of what they hold.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// What runs in this process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parts {
    All,
    Api,
    Worker,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error(transparent)]
    Folder(#[from] DataFolderError),
    #[error("{0}")]
    Database(String),
    #[error("OPENSAIL_LISTEN: {address}: {why}{holder}; set it to another port")]
    Listen { address: SocketAddr, why: String, holder: String },
    #[error("{0}")]
    Other(String),
}

pub(super) fn other(error: impl std::fmt::Display) -> StartError {
    StartError::Other(error.to_string())
}

/// What is open and not running yet. Between the two a mode does what is its own.
pub(super) struct Opened {
    pub(super) settings: Settings,
    pub(super) stores: Stores,
    pub(super) commands: Commands,
    /// Where people and programs find it.
    pub(super) url: String,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Node and boot id of this process; holder of its leases.
    pub(super) boot: String,
    parts: Parts,
    folder: DataFolder,
    listener: TcpListener,
    secret: String,
}

impl Opened {
    pub(super) async fn open(settings: Settings, parts: Parts, mut folder: DataFolder) -> Result<Opened, StartError> {
        let listener = listen(settings.listen)?;
        let address = listener.local_addr().map_err(other)?;
        let url = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        folder.announce(&format!("process {} at {url}", std::process::id())).map_err(other)?;
        let stores = stores::open(&settings).await.map_err(StartError::Database)?;
        let secret = secret(&settings, &stores).await?;
        set_back::refuse(&settings, &stores, &secret).await.map_err(StartError::Database)?;
        let boot = format!("{}/{}", hostname(), uuid::Uuid::now_v7());
        let commands = commands(&settings, &stores, &secret).await?;
        Ok(Opened { settings, stores, commands, url, address, boot, parts, folder, listener, secret })
    }

    /// Lets other processes have the data folder too.
    pub(super) fn share_folder(&mut self) -> Result<(), StartError> {
        Ok(self.folder.let_others()?)
    }

    /// Starts everything. The answer lives as long as the process serves.
    pub(super) async fn run(self) -> Result<Server, StartError> {
        let Opened { settings, stores, commands, url, address, boot, parts, folder, listener, secret } = self;
        let tail = Tail::start(stores.journal.clone()).await.map_err(other)?;
        let projections = Projections::start(stores.views.clone(), tail.clone()).await.map_err(other)?;
        let seal = Seal::new(stores.seal.clone());
        let queries = Queries::new(stores.views.clone(), stores.journal.clone(), commands.keyring().clone()).sealed_by(seal);

        let supervisor = Supervisor::default();
        keep_forgotten(&supervisor, &commands, &tail, &settings.home).await.map_err(StartError::Database)?;
        follow_model::start(&supervisor, &commands, &tail).await.map_err(StartError::Database)?;
        let sealing = sealing::start(&supervisor, &stores, commands.keyring().clone(), &settings, &boot);
        let relays = relays::start(&supervisor, &settings, &stores, &commands, &tail, &boot, parts != Parts::Api).await.map_err(other)?;
        if parts != Parts::Api {
            let sandbox = BubblewrapSandbox::new(SandboxSettings {
                read: settings.sandbox_read.clone(),
                hidden: hidden(&settings),
                bridge: std::env::current_exe().ok(),
                ..SandboxSettings::default()
            })
            .map_err(other)?;
            let hands = Hands {
                commands: commands.clone(),
                queries: queries.clone(),
                feed: projections.feed().clone(),
                tail: tail.clone(),
                leases: stores.leases.clone(),
                work: relays.work.clone(),
                sandbox: Arc::new(sandbox),
                worker: boot,
                lease: settings.lease,
            };
            opensail_workers::start(&supervisor, hands);
        }
        let key = |purpose: &str| ApiKey32::new(derive(secret.as_bytes(), purpose));
        let config = ApiConfig {
            public_url: PublicUrl::parse(&url).map_err(other)?,
            jwt_key: key("opensail/api/access-token/v1"),
            csrf_key: key("opensail/api/csrf/v1"),
        };
        let (feed, probes) = (projections.feed().clone(), probes::all(&stores, &projections, sealing, &relays));
        let (work, projecting) = (relays.work.clone(), projections.clone());
        let api =
            Api::new(opensail_api::Parts { config, commands, queries, feed, projections: projecting, tail: tail.clone(), work, probes });
        // A process that only works still says whether it is alive and ready.
        serve(&supervisor, listener, api, if parts == Parts::Worker { Offer::Operations } else { Offer::Everything });
        Ok(Server { url, address, first_link: None, leaves: None, supervisor, tail, stores, _projections: projections, _folder: folder })
    }
}

/// A running process.
pub struct Server {
    url: String,
    address: SocketAddr,
    pub(super) first_link: Option<String>,
    /// A file that says where it is; goes when it stops.
    pub(super) leaves: Option<PathBuf>,
    supervisor: Supervisor,
    tail: Tail,
    stores: Stores,
    /// The views are kept as long as this lives.
    _projections: Projections,
    _folder: DataFolder,
}

impl Server {
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens; the URL may be a proxy's.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A one-time sign-in link, on the first run of a desktop.
    pub fn first_link(&self) -> Option<&str> {
        self.first_link.as_deref()
    }

    /// Returns when something that everything rests on has failed.
    pub async fn failed(&self) {
        self.supervisor.token().cancelled().await;
    }

    /// Like a crash, but tidy: unfinished sessions are left for whoever takes them up.
    pub async fn stop(self) {
        self.supervisor.stop(STOP_GRACE).await;
        self.tail.shutdown();
        self.stores.close().await;
        if let Some(file) = self.leaves {
            // Nothing answers there any more; a missing file is as good.
            let _ = std::fs::remove_file(file);
        }
    }
}

async fn keep_forgotten(supervisor: &Supervisor, commands: &Commands, tail: &Tail, home: &Path) -> Result<(), String> {
    let keeper = KeepForgotten { commands: commands.clone(), tail: tail.clone(), list: data_folder::forgotten(home) };
    keeper.shut_out().await?;
    supervisor.spawn("keep_forgotten", OnError::Restart, OnStop::Drop, move |stop| {
        let keeper = keeper.clone();
        async move { keeper.run(stop).await }
    });
    Ok(())
}

fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let refused = |e: std::io::Error| StartError::Listen {
        address,
        why: e.to_string(),
        holder: port_holder::of(address).map_or(String::new(), |holder| format!(", held by {holder}")),
    };
    // A restart finds the port in TIME_WAIT, which is no reason to fail; tokio sets SO_REUSEADDR.
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }.map_err(refused)?;
    socket.set_reuseaddr(true).map_err(refused)?;
    socket.bind(address).map_err(refused)?;
    socket.listen(1024).map_err(refused)
}

fn serve(supervisor: &Supervisor, listener: TcpListener, api: Api, offer: Offer) {
    let listener = Arc::new(Mutex::new(Some(listener)));
    supervisor.spawn("http", OnError::StopAll, OnStop::Finish, move |stop| {
        let (listener, api) = (listener.lock().unwrap_or_else(PoisonError::into_inner).take(), api.clone());
        async move {
            let listener = listener.ok_or("the listener is gone")?;
            opensail_api::serve(listener, api, offer, stop.cancelled_owned()).await.map_err(|e| e.to_string())
        }
    });
}

/// SECRET_KEY as it is set or kept.
pub async fn secret(settings: &Settings, stores: &Stores) -> Result<String, StartError> {
    match &settings.secret_key {
        Some(key) => Ok(key.clone()),
        None => {
            let begun = stores.journal.head().await.map_err(other)?.position > 0;
            Ok(secret_key::kept(&settings.home, begun)?)
        }
    }
}

/// The keys as they lie in the vault now: under SECRET_KEY or, before it is changed, still under the one before.
pub async fn keyring_as_it_lies(settings: &Settings, stores: &Stores, secret: &str) -> Result<Keyring, KeyError> {
    keyring_over(settings, stores.vault.clone(), secret).await
}

/// The same over a vault of its own.
pub async fn keyring_over(settings: &Settings, vault: Arc<dyn Vault>, secret: &str) -> Result<Keyring, KeyError> {
    let keyring = Keyring::new(vault.clone(), secret.as_bytes());
    match (keyring.check(FIRST_SEAL).await, &settings.secret_key_previous) {
        (Err(KeyError::OtherSecret(_)), Some(previous)) => Ok(Keyring::new(vault, previous.as_bytes())),
        (checked, _) => checked.map(|()| keyring),
    }
}

/// The commands over real back ends, without anything running.
pub async fn commands(settings: &Settings, stores: &Stores, secret: &str) -> Result<Commands, StartError> {
    let keyring = Arc::new(Keyring::new(stores.vault.clone(), secret.as_bytes()));
    if let Some(previous) = &settings.secret_key_previous {
        change_secret(settings, &keyring, previous.as_bytes()).await?;
    }
    let wrong_secret = |error| wrong_secret(settings, error);
    // A wrong secret is told at the start, and not by the first private field.
    keyring.check(FIRST_SEAL).await.map_err(wrong_secret)?;
    let email = keyring.lasting(secret.as_bytes(), EMAIL_LABEL).await.map_err(wrong_secret)?;
    let canonical = |path: &PathBuf| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    let store = LocalStore::open(&data_folder::blobs(&settings.home)).map_err(other)?;
    let home = canonical(&settings.home);
    let (indexes, copies) = (data_folder::indexes(&home), data_folder::forks(&home));
    let snapshots = LocalSnapshots::new(store.clone(), keyring.clone(), indexes, copies, Rules::default());
    // Nobody waits for it: what is half made is in nobody's way.
    let (clearing, leftovers) = (snapshots.clone(), store.clone());
    tokio::task::spawn_blocking(move || {
        clearing.clear_drafts();
        leftovers.clear_leftovers();
    });
    let blobs = EncryptedBlobs::new(Arc::new(store), keyring.clone());
    let parts = opensail_commands::Parts {
        journal: stores.journal.clone(),
        vault: stores.vault.clone(),
        keyring,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        passwords: Arc::new(Bcrypt::default()),
        files: Arc::new(ServedProjectFiles::in_process()),
        blobs: Arc::new(blobs),
        snapshots: Arc::new(snapshots),
        roots: stores.cache.clone(),
        leases: stores.leases.clone(),
        model: model::build(settings.model.clone()).map_err(other)?,
        live: LiveTurns::default(),
        settings: opensail_commands::Settings {
            mode: match settings.mode {
                settings::Mode::Desktop => Mode::Desktop,
                settings::Mode::Docker => Mode::Docker,
            },
            registration: match settings.registration {
                settings::Registration::Open => Registration::Open,
                settings::Registration::Invite => Registration::Invite,
                settings::Registration::Closed => Registration::Closed,
            },
            home,
            project_roots: settings.project_roots.iter().map(canonical).collect(),
            templates: templates::names(),
        },
    };
    Ok(Commands::with_email_key(parts, secret.as_bytes(), email))
}

/// The subject whose key every installation has.
const FIRST_SEAL: &str = "seal-1";

/// Everything that lies under the previous secret comes under the present one. No other process may run on the old one meanwhile.
async fn change_secret(settings: &Settings, keyring: &Keyring, previous: &[u8]) -> Result<(), StartError> {
    let wrong_secret = |error| wrong_secret(settings, error);
    let keys = keyring.rewrap(previous).await.map_err(wrong_secret)?;
    keyring.keep_lasting(previous, EMAIL_LABEL).await.map_err(wrong_secret)?;
    tracing::info!(keys, "SECRET_KEY was changed; SECRET_KEY_PREVIOUS is not needed any more");
    let kept = settings.home.join(secret_key::FILE);
    if settings.secret_key.is_some() && kept.exists() {
        tracing::warn!(file = %kept.display(), "this file holds an earlier SECRET_KEY: write the new one into it, or give SECRET_KEY at every start");
    }
    Ok(())
}

fn wrong_secret(settings: &Settings, error: KeyError) -> StartError {
    let source = match settings.secret_key {
        Some(_) => "SECRET_KEY".to_owned(),
        None => format!("SECRET_KEY (none was given, so {} was read)", settings.home.join(secret_key::FILE).display()),
    };
    match error {
        KeyError::OtherSecret(_) => StartError::Other(format!(
            "{source}: the vault was made with another one; start with that, or give it as SECRET_KEY_PREVIOUS to change it"
        )),
        error => other(error),
    }
}

/// What no sandbox may see: the data folder and the person's keys.
fn hidden(settings: &Settings) -> Vec<PathBuf> {
    let ssh = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".ssh"));
    std::iter::once(settings.home.clone()).chain(ssh).collect()
}

fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
