//! What the server is told at the start, read once and refused loudly.

pub mod catalogue;
pub mod read;
pub mod secret_key;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use opensail_csi::bucket::BucketAddress;
use opensail_domain::account::{check_password, normal_email};
use opensail_eventstore::relay::{Authority, BadAddress, NatsAddress, RedisAddress};
use opensail_workers::outside::model::{ApiKey, ModelSettings, parse_price};
use read::{SettingError, Values, refuse};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// What OPENSAIL_LEASE_SECONDS may be. Below, a pause of the database would often cost a run; above, sessions stand still for long.
const LEASE: RangeInclusive<u64> = 4..=600;
/// Nobody else is there to take over.
const LEASE_ALONE: Duration = Duration::from_secs(30);
/// With the two seconds in which others look, a session of a worker that fell silent goes on within ten.
const LEASE_OF_MANY: Duration = Duration::from_secs(7);

/// Which back end keeps the journal.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    Sqlite(PathBuf),
    Postgres { url: String, owner_url: Option<String> },
}

/// How the server is deployed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// One process on a person's machine.
    Desktop,
    /// Several processes over one PostgreSQL and one shared data folder.
    Docker,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Registration {
    Open,
    Invite,
    Closed,
}

/// First platform admin.
#[derive(Clone)]
pub struct Admin {
    pub email: String,
    pub password: String,
}

/// No Debug: it holds secrets.
pub struct Settings {
    pub mode: Mode,
    pub home: PathBuf,
    pub listen: SocketAddr,
    /// Without a trailing slash; `None` until the port is known when it is chosen by the system.
    pub public_url: Option<String>,
    pub database: Database,
    /// Hints and texts between processes; none: PostgreSQL's own way, and texts only where they are written.
    pub redis: Option<RedisAddress>,
    /// Work between processes; none: workers look by themselves.
    pub nats: Option<NatsAddress>,
    /// Where checkpoints are kept beside the data folder.
    pub bucket: Option<BucketAddress>,
    pub secret_key: Option<String>,
    /// The one before, while it is being changed.
    pub secret_key_previous: Option<String>,
    pub model: ModelSettings,
    pub admin: Option<Admin>,
    pub registration: Registration,
    pub project_roots: Vec<PathBuf>,
    pub sandbox_read: Vec<PathBuf>,
    /// How long a worker that falls silent keeps what it works on.
    pub lease: Duration,
    pub log: String,
}

/// The process's environment, texts only.
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

/// `$OPENSAIL_HOME`, or the platform's data folder.
pub fn home(environment: &BTreeMap<String, String>) -> Result<PathBuf, SettingError> {
    let given = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let home = match (given("OPENSAIL_HOME"), given("XDG_DATA_HOME"), given("HOME")) {
        (Some(home), _, _) => PathBuf::from(home),
        (None, Some(data), _) if !cfg!(target_os = "macos") => Path::new(data).join("opensail"),
        (None, _, Some(user)) if cfg!(target_os = "macos") => Path::new(user).join("Library/Application Support/OpenSail"),
        (None, _, Some(user)) => Path::new(user).join(".local/share/opensail"),
        (None, _, None) => return Err(refuse("OPENSAIL_HOME", "HOME is not set; name a folder")),
    };
    if !home.is_absolute() {
        return Err(refuse("OPENSAIL_HOME", "must be an absolute path"));
    }
    Ok(home)
}

impl Settings {
    pub fn read(environment: &BTreeMap<String, String>) -> Result<Settings, SettingError> {
        let home = home(environment)?;
        let values = Values::read(environment, &home)?;
        Settings::from_values(&values, home, environment)
    }

    fn from_values(values: &Values, home: PathBuf, environment: &BTreeMap<String, String>) -> Result<Settings, SettingError> {
        let mode = match values.get("DEPLOYMENT_MODE") {
            Some("desktop") => Mode::Desktop,
            Some("docker") => Mode::Docker,
            Some("kubernetes") => return Err(refuse("DEPLOYMENT_MODE", "this version serves desktop and docker")),
            _ => return Err(refuse("DEPLOYMENT_MODE", "must be desktop or docker")),
        };
        let listen = values.get("OPENSAIL_LISTEN").unwrap_or_default();
        let listen: SocketAddr =
            listen.parse().map_err(|_| refuse("OPENSAIL_LISTEN", "must be an address and a port, like 127.0.0.1:7420"))?;
        let public_url = values.get("OPENSAIL_PUBLIC_URL").map(public_url).transpose()?;
        if public_url.is_none() && listen.ip().is_unspecified() {
            return Err(refuse("OPENSAIL_PUBLIC_URL", "is needed when OPENSAIL_LISTEN names every address"));
        }
        if public_url.is_none() && mode != Mode::Desktop {
            return Err(refuse(
                "OPENSAIL_PUBLIC_URL",
                "is needed in this DEPLOYMENT_MODE: a sign-in counts at every process of the same one",
            ));
        }
        let database = database(values, &home)?;
        if mode != Mode::Desktop {
            if matches!(database, Database::Sqlite(_)) {
                return Err(refuse(
                    "DATABASE_URL",
                    "must name a PostgreSQL (postgres://…) in this DEPLOYMENT_MODE: several processes share it",
                ));
            }
            if values.get("SECRET_KEY").is_none() {
                return Err(refuse("SECRET_KEY", "is needed in this DEPLOYMENT_MODE: every process must have the same"));
            }
        }
        Ok(Settings {
            mode,
            database,
            redis: relay(values, "REDIS_URL", "REDIS_CA_FILE", RedisAddress::trusting)?,
            nats: relay(values, "NATS_URL", "NATS_CA_FILE", |address: NatsAddress, authority| Ok(address.trusting(authority)))?,
            bucket: bucket(values)?,
            model: model(values, mode)?,
            admin: admin(values)?,
            registration: match values.get("OPENSAIL_REGISTRATION") {
                Some("open") => Registration::Open,
                Some("invite") => Registration::Invite,
                Some("closed") => Registration::Closed,
                None if mode == Mode::Desktop => Registration::Closed,
                None => Registration::Invite,
                _ => return Err(refuse("OPENSAIL_REGISTRATION", "must be open, invite or closed")),
            },
            project_roots: match values.get("OPENSAIL_PROJECT_ROOTS") {
                Some(list) => folders("OPENSAIL_PROJECT_ROOTS", list)?,
                None if mode != Mode::Desktop => Vec::new(),
                None => environment.get("HOME").filter(|home| !home.is_empty()).map(PathBuf::from).into_iter().collect(),
            },
            sandbox_read: values.get("OPENSAIL_SANDBOX_READ").map_or(Ok(Vec::new()), |list| folders("OPENSAIL_SANDBOX_READ", list))?,
            lease: match values.get("OPENSAIL_LEASE_SECONDS") {
                Some(seconds) => {
                    seconds.parse().ok().filter(|seconds| LEASE.contains(seconds)).map(Duration::from_secs).ok_or_else(|| {
                        refuse("OPENSAIL_LEASE_SECONDS", format!("must be a number from {} to {}", LEASE.start(), LEASE.end()))
                    })?
                }
                None if mode == Mode::Desktop => LEASE_ALONE,
                None => LEASE_OF_MANY,
            },
            secret_key: values.get("SECRET_KEY").map(secret_key::checked).transpose()?,
            secret_key_previous: match values.get("SECRET_KEY_PREVIOUS") {
                Some(_) if values.get("SECRET_KEY").is_none() => return Err(refuse("SECRET_KEY", "is needed with SECRET_KEY_PREVIOUS")),
                previous => previous.map(Into::into),
            },
            log: values.get("RUST_LOG").unwrap_or_default().into(),
            listen,
            public_url,
            home,
        })
    }
}

fn database(values: &Values, home: &Path) -> Result<Database, SettingError> {
    let url = match values.get("DATABASE_URL") {
        None => return Ok(Database::Sqlite(home.join("journal.db"))),
        Some(url) => url,
    };
    if let Some(file) = url.strip_prefix("sqlite:") {
        let file = file.strip_prefix("//").unwrap_or(file);
        if !Path::new(file).is_absolute() {
            return Err(refuse("DATABASE_URL", "sqlite: needs an absolute path"));
        }
        return Ok(Database::Sqlite(file.into()));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let url = postgres("DATABASE_URL", url)?;
        let owner_url = values.get("DATABASE_OWNER_URL").map(|url| postgres("DATABASE_OWNER_URL", url)).transpose()?;
        return Ok(Database::Postgres { url, owner_url });
    }
    Err(refuse("DATABASE_URL", "must begin with sqlite: or postgres://"))
}

/// What the address holds is not told, but for the file of an authority.
fn postgres(name: &'static str, url: &str) -> Result<String, SettingError> {
    let bad = || refuse(name, "must be postgres://[user[:password]@]host[:port]/database[?sslmode=…&sslrootcert=<file>]");
    let options: PgConnectOptions = url.parse().map_err(|_| bad())?;
    let parsed = reqwest::Url::parse(url).map_err(|_| bad())?;
    let authority = parsed.query_pairs().filter(|(key, _)| ["sslrootcert", "ssl-root-cert", "ssl-ca"].contains(&&**key)).last();
    if let Some((_, given)) = authority {
        if !given.trim_start().starts_with("-----BEGIN") {
            Authority::read(Path::new(&*given)).map_err(|why| refuse(name, format!("sslrootcert: {why}")))?;
        }
        // It would be given and not looked at.
        if !matches!(options.get_ssl_mode(), PgSslMode::VerifyCa | PgSslMode::VerifyFull) {
            return Err(refuse(
                name,
                "sslrootcert needs sslmode=verify-full: with every other mode but verify-ca any certificate is taken",
            ));
        }
    }
    Ok(url.into())
}

/// What the address holds is not told.
fn relay<A: FromStr<Err = BadAddress>>(
    values: &Values,
    name: &'static str,
    authority_name: &'static str,
    trusting: impl FnOnce(A, &Authority) -> Result<A, BadAddress>,
) -> Result<Option<A>, SettingError> {
    let in_words = |why: BadAddress| refuse(name, why.to_string());
    let address = values.get(name).map(|address| address.parse::<A>().map_err(in_words)).transpose()?;
    let authority =
        values.get(authority_name).map(|file| Authority::read(Path::new(file)).map_err(|why| refuse(authority_name, why.to_string())));
    match (address, authority.transpose()?) {
        (Some(address), Some(authority)) => Ok(Some(trusting(address, &authority).map_err(in_words)?)),
        (None, Some(_)) => Err(refuse(name, format!("is needed with {authority_name}"))),
        (address, None) => Ok(address),
    }
}

fn model(values: &Values, mode: Mode) -> Result<ModelSettings, SettingError> {
    let in_words = |name: &'static str| move |why: String| refuse(name, why);
    Ok(ModelSettings {
        provider: values
            .get("OPENSAIL_MODEL_PROVIDER")
            .map(|provider| provider.parse().map_err(in_words("OPENSAIL_MODEL_PROVIDER")))
            .transpose()?,
        base_url: values.get("OPENSAIL_MODEL_BASE_URL").map(Into::into),
        api_key: values
            .get("OPENSAIL_MODEL_API_KEY")
            .map(|key| ApiKey::new(key).map_err(in_words("OPENSAIL_MODEL_API_KEY")))
            .transpose()?,
        model: values.get("OPENSAIL_MODEL").map(Into::into),
        script: None,
        price: values.get("OPENSAIL_MODEL_PRICE").map(|price| parse_price(price).map_err(in_words("OPENSAIL_MODEL_PRICE"))).transpose()?,
        // Who shares a server must not read its files.
        script_paths: mode == Mode::Desktop,
    })
}

fn bucket(values: &Values) -> Result<Option<BucketAddress>, SettingError> {
    let Some(bucket) = values.get("S3_BUCKET") else { return Ok(None) };
    let needed = |name| values.get(name).map(str::to_owned).ok_or_else(|| refuse(name, "is needed with S3_BUCKET"));
    let endpoint = values.get("S3_ENDPOINT").map(|url| match url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) {
        Some(rest) if !rest.is_empty() && !rest.contains('@') => Ok(url.trim_end_matches('/').to_owned()),
        _ => Err(refuse("S3_ENDPOINT", "must be http(s)://host[:port]")),
    });
    Ok(Some(BucketAddress {
        endpoint: endpoint.transpose()?,
        region: values.get("S3_REGION").unwrap_or_default().into(),
        bucket: bucket.into(),
        access_key_id: needed("AWS_ACCESS_KEY_ID")?,
        secret_access_key: needed("AWS_SECRET_ACCESS_KEY")?,
        session_token: values.get("AWS_SESSION_TOKEN").map(Into::into),
    }))
}

fn admin(values: &Values) -> Result<Option<Admin>, SettingError> {
    match (values.get("OPENSAIL_ADMIN_EMAIL"), values.get("OPENSAIL_ADMIN_PASSWORD")) {
        (None, None) => Ok(None),
        (Some(email), Some(password)) => {
            normal_email(email).map_err(|e| refuse("OPENSAIL_ADMIN_EMAIL", e.to_string()))?;
            check_password(password).map_err(|e| refuse("OPENSAIL_ADMIN_PASSWORD", e.to_string()))?;
            Ok(Some(Admin { email: email.into(), password: password.into() }))
        }
        (Some(_), None) => Err(refuse("OPENSAIL_ADMIN_PASSWORD", "is needed with OPENSAIL_ADMIN_EMAIL")),
        (None, Some(_)) => Err(refuse("OPENSAIL_ADMIN_EMAIL", "is needed with OPENSAIL_ADMIN_PASSWORD")),
    }
}

fn public_url(url: &str) -> Result<String, SettingError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match rest.map(|rest| rest.trim_end_matches('/')) {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(url.trim_end_matches('/').into()),
        _ => Err(refuse("OPENSAIL_PUBLIC_URL", "must be http(s)://host[:port] and nothing more")),
    }
}

fn folders(name: &str, list: &str) -> Result<Vec<PathBuf>, SettingError> {
    std::env::split_paths(list)
        .filter(|folder| !folder.as_os_str().is_empty())
        .map(|folder| match folder.is_absolute() {
            true => Ok(folder),
            false => Err(refuse(name, format!("{} is not an absolute path", folder.display()))),
        })
        .collect()
}
