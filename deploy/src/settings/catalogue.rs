//! Every setting there is, in one place: what `opensail config` lists and what the start refuses to misread.

/// What a setting is when nobody sets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fallback {
    Fixed(&'static str),
    /// Found out at the start; the text says how.
    Computed(&'static str),
    Unset,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// Name of the environment variable, and of the key in `opensail.toml`.
    pub name: &'static str,
    pub fallback: Fallback,
    /// Never shown.
    pub secret: bool,
    pub help: &'static str,
}

const fn setting(name: &'static str, fallback: Fallback, help: &'static str) -> Setting {
    Setting { name, fallback, secret: false, help }
}

const fn secret(name: &'static str, fallback: Fallback, help: &'static str) -> Setting {
    Setting { name, fallback, secret: true, help }
}

pub const SETTINGS: &[Setting] = &[
    setting(
        "DEPLOYMENT_MODE",
        Fallback::Fixed("desktop"),
        "desktop: everything in one process on this machine; docker: several processes over one PostgreSQL and one data folder",
    ),
    setting("OPENSAIL_HOME", Fallback::Computed("the platform's data folder"), "folder of journal, blobs, projects and keys"),
    setting("OPENSAIL_LISTEN", Fallback::Fixed("127.0.0.1:7420"), "address and port to serve"),
    setting("OPENSAIL_PUBLIC_URL", Fallback::Computed("http://<OPENSAIL_LISTEN>"), "address people type; https makes cookies Secure"),
    secret(
        "DATABASE_URL",
        Fallback::Computed("sqlite:<OPENSAIL_HOME>/journal.db"),
        "sqlite:<file> or postgres://…, of an own authority with ?sslmode=verify-full&sslrootcert=<file>",
    ),
    secret("DATABASE_OWNER_URL", Fallback::Unset, "PostgreSQL: the role that owns the tables and migrates; unset: the one of DATABASE_URL"),
    secret("REDIS_URL", Fallback::Unset, "redis://… or rediss://…: live hints and texts between processes"),
    setting("REDIS_CA_FILE", Fallback::Unset, "certificate (PEM) of the only authority that is trusted for rediss://; unset: the system's"),
    secret("NATS_URL", Fallback::Unset, "nats://… or tls://…: with JetStream, gives each piece of work to one of the workers"),
    setting(
        "NATS_CA_FILE",
        Fallback::Unset,
        "certificate (PEM) of the only authority that is trusted for NATS, then always with TLS; unset: the system's",
    ),
    setting("S3_BUCKET", Fallback::Unset, "bucket of this installation alone, which remembers checkpoints of the journal too"),
    setting("S3_ENDPOINT", Fallback::Computed("Amazon's own"), "http(s)://… of another service that speaks S3"),
    setting("S3_REGION", Fallback::Fixed("us-east-1"), "region of the bucket"),
    secret("AWS_ACCESS_KEY_ID", Fallback::Unset, "who uses the bucket: list, get and put"),
    secret("AWS_SECRET_ACCESS_KEY", Fallback::Unset, "the key of it"),
    secret("AWS_SESSION_TOKEN", Fallback::Unset, "of keys that pass"),
    secret(
        "SECRET_KEY",
        Fallback::Computed("on the desktop generated once, kept in <OPENSAIL_HOME>/secret.key; else needed"),
        "32 bytes or more; every other key is derived from it",
    ),
    secret("SECRET_KEY_PREVIOUS", Fallback::Unset, "the SECRET_KEY before, for the one start that changes it"),
    setting("OPENSAIL_MODEL_PROVIDER", Fallback::Computed("scripted: a built-in tour"), "openai, anthropic or scripted"),
    setting(
        "OPENSAIL_MODEL",
        Fallback::Computed("the provider's usual one"),
        "model of sessions that name none; for scripted: a trajectory file",
    ),
    setting("OPENSAIL_MODEL_BASE_URL", Fallback::Computed("the provider's own"), "base of any compatible service"),
    secret("OPENSAIL_MODEL_API_KEY", Fallback::Unset, "key of the model service"),
    setting("OPENSAIL_MODEL_PRICE", Fallback::Computed("a table of known models"), "dollars per million tokens: input,output[,cached]"),
    setting("OPENSAIL_ADMIN_EMAIL", Fallback::Unset, "first platform admin, made only while no account exists"),
    secret("OPENSAIL_ADMIN_PASSWORD", Fallback::Unset, "password of the first platform admin"),
    setting("OPENSAIL_REGISTRATION", Fallback::Computed("closed on the desktop, elsewhere invite"), "open, invite or closed"),
    setting(
        "OPENSAIL_PROJECT_ROOTS",
        Fallback::Computed("the home folder of who started the server"),
        "folders, separated by ':', beneath which a project may work in place",
    ),
    setting("OPENSAIL_SANDBOX_READ", Fallback::Unset, "folders, separated by ':', that commands may read besides the system's"),
    setting(
        "OPENSAIL_LEASE_SECONDS",
        Fallback::Computed("30 on the desktop, elsewhere 7"),
        "after how long another worker takes over from one that falls silent; one that cannot reach the database for three quarters of it drops its runs",
    ),
    // What NATS' client says at each attempt the work queue tells once.
    setting("RUST_LOG", Fallback::Fixed("info,async_nats=off"), "what is logged on stderr"),
];

/// Read by the command line or by tests, not by the server.
pub const OTHERS: &[&str] = &["OPENSAIL_URL", "OPENSAIL_TOKEN", "OPENSAIL_CRASH_AT"];

/// In the contract, for deployments that this version does not serve.
pub const NOT_SERVED: &[&str] = &["CHANNEL_ENCRYPTION_KEY", "DEPLOYMENT_ENCRYPTION_KEY", "OTEL_EXPORTER_OTLP_ENDPOINT"];
