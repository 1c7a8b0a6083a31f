//! What this machine gives: is bubblewrap there, does it work for this user, and which rung of limits holds.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use opensail_commands::ports::sandbox::{SandboxError, SandboxRequest};

use super::launch::{Launcher, StartError, Surroundings};
use super::rung::Rung;
use super::running::Ended;

/// Where programs of the system lie when the server's own PATH does not say so.
const USUAL: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/bin"];
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Bubblewrap {
    pub(super) path: PathBuf,
    pub(super) version: String,
}

/// The program of that name, by PATH and then in the usual places.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).filter(|folder| folder.is_absolute());
    let mut all = folders.chain(USUAL.map(PathBuf::from)).map(|folder| folder.join(name));
    all.find(|path| path.is_file())
}

fn bubblewrap() -> Result<Bubblewrap, SandboxError> {
    let missing = || SandboxError::Refused {
        why: "bubblewrap, which isolates commands, is not installed".into(),
        remedy: "apt-get install bubblewrap (0.5 or newer)".into(),
    };
    let path = program("bwrap").ok_or_else(missing)?;
    let answer = Command::new(&path).arg("--version").env_clear().output().map_err(|_| missing())?;
    let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    Ok(Bubblewrap { path, version })
}

/// Tries the rungs from the best down with a real command; the first that works is taken.
pub(super) async fn probe(around: &Surroundings<'_>, name: &str) -> Result<Launcher, SandboxError> {
    let mut bubblewrap = bubblewrap()?;
    for rung in Rung::candidates() {
        let wrapped = rung.wrapper(&around.view.limits).is_some();
        let launcher = Launcher { bubblewrap, rung };
        match try_out(&launcher, around, name).await {
            Ok(()) => return Ok(launcher),
            Err(StartError::Limits(why)) => {
                tracing::info!(rung = launcher.rung.name(), why, "limits of this kind are not to be had");
            }
            Err(StartError::Isolation(why)) if wrapped => {
                tracing::info!(rung = launcher.rung.name(), why, "limits of this kind are not to be had");
            }
            Err(StartError::Isolation(why) | StartError::Request(why)) => {
                return Err(SandboxError::Refused { why, remedy: remedy() });
            }
        }
        bubblewrap = launcher.bubblewrap;
    }
    Err(SandboxError::Refused { why: "no limits can be set on commands".into(), remedy: remedy() })
}

async fn try_out(launcher: &Launcher, around: &Surroundings<'_>, name: &str) -> Result<(), StartError> {
    let request = SandboxRequest {
        argv: vec!["true".into()],
        project_root: "/usr".into(),
        read_only: true,
        cwd: PathBuf::new(),
        env: vec![],
        stdin: None,
        timeout: PROBE_TIMEOUT,
        network: None,
    };
    let (mut running, mut pump) = launcher.start(around, &request, name).await?;
    let _ = tokio::time::timeout(PROBE_TIMEOUT, running.ended()).await;
    let ended = running.finish().await.map_err(|error| StartError::Isolation(error.to_string()))?;
    running.clear().await;
    match ended {
        Ended::Exited(0) => Ok(()),
        _ => Err(StartError::Isolation(pump.last_words().await)),
    }
}

/// The usual reasons why a machine refuses user namespaces, and what opens them.
fn remedy() -> String {
    let switched = |file: &str, to: &str| fs::read_to_string(Path::new("/proc/sys").join(file)).is_ok_and(|text| text.trim() == to);
    if switched("kernel/unprivileged_userns_clone", "0") {
        "allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1".into()
    } else if switched("user/max_user_namespaces", "0") {
        "allow user namespaces: sysctl -w user.max_user_namespaces=15000".into()
    } else if switched("kernel/apparmor_restrict_unprivileged_userns", "1") {
        "allow bubblewrap user namespaces: install AppArmor's profile bwrap-userns-restrict, or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0".into()
    } else if Path::new("/.dockerenv").exists() || Path::new("/run/.containerenv").exists() {
        "a container must allow user namespaces and mounts: run it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined".into()
    } else {
        "see that user namespaces are allowed and that bubblewrap is 0.5 or newer".into()
    }
}
