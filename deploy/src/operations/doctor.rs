//! `opensail doctor`: is everything here that agents need, and what to do where it is not.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use opensail_commands::ports::sandbox::Sandbox;
use opensail_eventstore::relay::{Cause, LiveRelay, NatsWork, Patience, RedisLive, Trouble, WorkRelay};
use opensail_workers::outside::model;
use opensail_workers::outside::sandbox::{BubblewrapSandbox, SandboxSettings};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use crate::settings::{Database, Settings};
use crate::{data_folder, port_holder};

/// Free room below which a warning is given, in bytes (1 GiB).
const LITTLE_ROOM: u64 = 1 << 30;
/// A flush slower than this makes every step feel slow.
const SLOW_FLUSH: Duration = Duration::from_millis(20);

/// A relay that has not answered by then is away.
const RELAY_ANSWERS: Duration = Duration::from_secs(3);

#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    Weak,
    Bad,
}

#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Finding {
    pub what: &'static str,
    pub verdict: Verdict,
    pub says: String,
    /// What to do.
    pub remedy: Option<String>,
}

fn finding(what: &'static str, verdict: Verdict, says: impl Into<String>, remedy: Option<String>) -> Finding {
    Finding { what, verdict, says: says.into(), remedy }
}

pub async fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = vec![folder(&settings.home), flush(&settings.home), room(&settings.home), port(settings)];
    findings.push(journal(settings).await);
    if let Some(address) = &settings.redis {
        let relay = RedisLive::start(address.clone(), "doctor");
        findings.push(relay_answers("redis", "REDIS", || relay.trouble()).await);
    }
    if let Some(address) = &settings.nats {
        findings.push(match NatsWork::start(address.clone(), "doctor", Patience::default()).await {
            Ok(relay) => relay_answers("nats", "NATS", || relay.trouble()).await,
            Err(why) => finding("nats", Verdict::Weak, why.to_string(), Some("check NATS_URL".into())),
        });
    }
    findings.extend(sandbox(settings).await);
    findings.push(match Path::new("/usr/bin/git").exists() {
        true => finding("git", Verdict::Good, "found", None),
        false => finding("git", Verdict::Weak, "missing: projects from git URLs fail", Some("apt-get install git".into())),
    });
    findings.push(match model::build(settings.model.clone()) {
        Ok(model) => finding("model", Verdict::Good, model.default_model(), None),
        Err(why) => finding("model", Verdict::Bad, why, Some("see OPENSAIL_MODEL_PROVIDER in `opensail config`".into())),
    });
    findings
}

fn folder(home: &Path) -> Finding {
    let tried = std::fs::create_dir_all(home).and_then(|()| tempfile_in(home).map(drop));
    match tried {
        Ok(()) => finding("data folder", Verdict::Good, home.display().to_string(), None),
        Err(e) => {
            finding("data folder", Verdict::Bad, format!("{}: {e}", home.display()), Some("set OPENSAIL_HOME to a folder you own".into()))
        }
    }
}

/// An open file without a name, gone when it is closed.
fn tempfile_in(folder: &Path) -> std::io::Result<std::fs::File> {
    use rustix::fs::{Mode, OFlags, open};
    Ok(open(folder, OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR)?.into())
}

fn flush(home: &Path) -> Finding {
    let measured = tempfile_in(home).and_then(|mut file| {
        let mut times = Vec::new();
        for _ in 0..9 {
            file.write_all(&[0; 512])?;
            let begin = Instant::now();
            file.sync_data()?;
            times.push(begin.elapsed());
        }
        times.sort();
        Ok(times[times.len() / 2])
    });
    match measured {
        Ok(time) if time > SLOW_FLUSH => {
            let says = format!("{:.1} ms a flush: every step waits for it", time.as_secs_f64() * 1000.0);
            finding("disk", Verdict::Weak, says, Some("put OPENSAIL_HOME on a local SSD".into()))
        }
        Ok(time) => finding("disk", Verdict::Good, format!("{:.2} ms a flush", time.as_secs_f64() * 1000.0), None),
        Err(e) => finding("disk", Verdict::Bad, e.to_string(), Some("set OPENSAIL_HOME to a folder on a local disk".into())),
    }
}

fn room(home: &Path) -> Finding {
    match rustix::fs::statvfs(home) {
        Ok(room) => {
            let free = room.f_bavail.saturating_mul(room.f_frsize);
            let says = format!("{} MiB free", free >> 20);
            match free < LITTLE_ROOM {
                true => finding("room", Verdict::Weak, says, Some("free some: a full disk stops every write".into())),
                false => finding("room", Verdict::Good, says, None),
            }
        }
        Err(e) => finding("room", Verdict::Bad, e.to_string(), None),
    }
}

fn port(settings: &Settings) -> Finding {
    match std::net::TcpListener::bind(settings.listen) {
        Ok(_) => finding("port", Verdict::Good, format!("{} is free", settings.listen), None),
        Err(_)
            if std::fs::read_to_string(data_folder::server_url(&settings.home))
                .is_ok_and(|url| url.trim().ends_with(&settings.listen.to_string())) =>
        {
            finding("port", Verdict::Good, format!("{} is served by the running opensail", settings.listen), None)
        }
        Err(e) => {
            let holder = port_holder::of(settings.listen).map_or(String::new(), |holder| format!(" by {holder}"));
            finding("port", Verdict::Bad, format!("{}: {e}{holder}", settings.listen), Some("set OPENSAIL_LISTEN to another port".into()))
        }
    }
}

async fn journal(settings: &Settings) -> Finding {
    match &settings.database {
        Database::Sqlite(file) => match file.exists() {
            true => finding("journal", Verdict::Good, file.display().to_string(), None),
            false => finding("journal", Verdict::Good, format!("{} will be made at the first start", file.display()), None),
        },
        Database::Postgres { url, owner_url } => match owns_the_journal(url).await {
            Ok(false) => finding("journal", Verdict::Good, "PostgreSQL answers", None),
            Ok(true) => {
                let says = "PostgreSQL answers; the application owns the journal's tables: triggers and proofs guard them, not its rights";
                let remedy = "let DATABASE_URL name another role than DATABASE_OWNER_URL";
                // It is as it was set up where no other owner was named.
                match owner_url {
                    None => finding("journal", Verdict::Good, says, None),
                    Some(_) => finding("journal", Verdict::Weak, says, Some(remedy.into())),
                }
            }
            Err(e) => {
                let remedy = "check DATABASE_URL; for an own authority sslmode=verify-full and sslrootcert=<file> in it";
                finding("journal", Verdict::Bad, format!("PostgreSQL: {e}"), Some(remedy.into()))
            }
        },
    }
}

/// Whether the role that the address names may do as the owner of the events does; false before the first start.
async fn owns_the_journal(url: &str) -> Result<bool, sqlx::Error> {
    let mut connection = url.parse::<PgConnectOptions>()?.connect().await?;
    let owns = "SELECT pg_has_role(tableowner, 'MEMBER') FROM pg_tables WHERE schemaname = 'journal' AND tablename = 'events'";
    Ok(sqlx::query_scalar(owns).fetch_optional(&mut connection).await?.unwrap_or(false))
}

/// Everything goes on without it, more slowly. `settings`: how the names of its settings begin.
async fn relay_answers(what: &'static str, settings: &str, trouble: impl Fn() -> Option<Trouble>) -> Finding {
    let begun = Instant::now();
    loop {
        match trouble() {
            None => return finding(what, Verdict::Good, "it answers", None),
            Some(_) if begun.elapsed() < RELAY_ANSWERS => tokio::time::sleep(Duration::from_millis(20)).await,
            Some(Trouble { cause, words }) => {
                let says = format!("{cause} ({words}); everything goes on without it, more slowly");
                let remedy = match cause {
                    Cause::Starting | Cause::Away => format!("start it, or check {settings}_URL, also whether there is TLS"),
                    Cause::Login => format!("check who {settings}_URL says that asks"),
                    Cause::Rights => format!("let the user of {settings}_URL do what the README lists"),
                    Cause::Certificate => format!(
                        "name the authority that signed it in {settings}_CA_FILE, and in {settings}_URL a name that it was signed for"
                    ),
                    Cause::Authority => format!("check {settings}_CA_FILE"),
                };
                return finding(what, Verdict::Weak, says, Some(remedy));
            }
        }
    }
}

async fn sandbox(settings: &Settings) -> Vec<Finding> {
    let made = BubblewrapSandbox::new(SandboxSettings {
        read: settings.sandbox_read.clone(),
        hidden: vec![settings.home.clone()],
        ..Default::default()
    });
    let report = match made {
        Ok(sandbox) => sandbox.report().await,
        Err(e) => return vec![finding("sandbox", Verdict::Bad, e.to_string(), None)],
    };
    let isolation = match report.isolation {
        Ok(how) => finding("sandbox", Verdict::Good, how, None),
        Err(why) => finding("sandbox", Verdict::Bad, format!("commands are refused: {why}"), report.remedy.clone()),
    };
    let verdict = if report.limits == "rlimits" { Verdict::Weak } else { Verdict::Good };
    let limits = finding("limits", verdict, report.limits, if verdict == Verdict::Weak { report.remedy } else { None });
    vec![isolation, limits]
}
