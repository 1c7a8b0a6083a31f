//! What the command sees: bubblewrap's arguments for the file system, the environment and the working folder.
//!
//! Everything begins from an empty root in memory. The system's programs come in read-only, a handful of files from /etc likewise; the
//! project comes in last at its own path, so that it lies on top of whatever private folder is mounted there (/tmp, for one) and its
//! parents are empty folders. Names of users are made up here: the host's are nobody's business.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use opensail_commands::ports::sandbox::SandboxRequest;

use super::limits::{Limits, SHM_BYTES};
use super::{bridge, gate};

/// User and group inside; outside it is the server's own user, so that it owns what the server owns.
const USER: &str = "1000";
const HOME: &str = "/home/agent";
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Folders of the root that may be links into /usr or folders of their own.
const SYSTEM: [&str; 7] = ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec"];

/// Folders of /etc that programs need; nothing in them is private. Each mount costs a third of a millisecond at every start, so few are
/// mounted and small files are copied. Java's folders carry a version, see `java`.
const ETC_FOLDERS: [&str; 5] = ["alternatives", "crypto-policies", "pki/ca-trust/extracted", "pki/tls/certs", "ssl/certs"];

/// Files of /etc that are copied in.
const ETC_FILES: [&str; 10] = [
    "debian_version",
    "inputrc",
    "ld.so.cache",
    "ld.so.conf",
    "localtime",
    "os-release",
    "protocols",
    "services",
    "ssl/openssl.cnf",
    "timezone",
];
/// Nothing larger is copied, bytes.
const ETC_FILE_BYTES: u64 = 1 << 20;

/// Files of the running kernel that the machine's root may read but a command may not. bubblewrap mounts a fresh /proc, yet where
/// the server is root the command's user is still the machine's root to the permission check of these files.
///
/// `kcore` and `kmsg` ask for capabilities besides, which no command has.
const ROOTS_OWN: [&str; 5] = ["kpagecgroup", "kpagecount", "kpageflags", "slabinfo", "vmallocinfo"];

/// Places no project or readable folder may be: the machine itself.
const NEVER: [&str; 6] = ["/proc", "/sys", "/dev", "/etc", "/boot", "/run"];

/// Small files of the sandbox's own.
const MADE_FILES: [(&str, &str); 4] = [
    (
        "/etc/passwd",
        "root:x:0:0:root:/root:/usr/sbin/nologin\nagent:x:1000:1000:agent:/home/agent:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    ),
    ("/etc/group", "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n"),
    ("/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n"),
    ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"),
];

/// Arguments in the making.
#[derive(Default)]
pub(super) struct Arguments(Vec<OsString>);

impl Arguments {
    pub(super) fn add<const N: usize>(&mut self, words: [&dyn AsRef<OsStr>; N]) {
        self.0.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
    }

    /// The same, ahead of all the others.
    pub(super) fn first<const N: usize>(&mut self, words: [&dyn AsRef<OsStr>; N]) {
        self.0.splice(0..0, words.into_iter().map(|word| word.as_ref().to_owned()));
    }

    /// As bubblewrap's `--args` reads them.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for word in self.0 {
            bytes.extend_from_slice(word.as_bytes());
            bytes.push(0);
        }
        bytes
    }
}

/// What is the same for every command of this server.
pub(super) struct View {
    pub(super) read: Vec<PathBuf>,
    pub(super) hidden: Vec<PathBuf>,
    pub(super) limits: Limits,
    pub(super) root_server: bool,
    /// The program that makes a proxy of a gate's socket.
    pub(super) bridge: Option<PathBuf>,
}

impl View {
    /// The arguments for one command, or why it cannot be shown its project.
    pub(super) fn arguments(&self, request: &SandboxRequest) -> Result<Arguments, String> {
        check_words(request)?;
        let project = self.checked(&request.project_root)?;
        let mut to = Arguments::default();
        namespaces(&mut to);
        self.system(&mut to);
        etc(&mut to);
        if let Some(socket) = &request.network {
            self.way_out(&mut to, socket)?;
        }
        for folder in &self.read {
            let Ok(real) = self.checked(folder) else { continue };
            to.add([&"--ro-bind-try", folder, folder]);
            self.hide_beneath(&mut to, folder, &real);
        }
        let bind = if request.read_only { "--ro-bind" } else { "--bind" };
        to.add([&bind, &request.project_root, &request.project_root]);
        self.hide_beneath(&mut to, &request.project_root, &project);
        to.add([&"--remount-ro", &"/"]);
        let project: &Path = &request.project_root;
        to.add([&"--chdir", &project.components().chain(request.cwd.components()).collect::<PathBuf>()]);
        environment(&mut to, &request.env);
        Ok(to)
    }

    /// The folder without links, if it may be shown at all.
    fn checked(&self, folder: &Path) -> Result<PathBuf, String> {
        let plain = folder.is_absolute() && !folder.components().any(|part| part == Component::ParentDir);
        if !plain {
            return Err(format!("{} is not an absolute path", folder.display()));
        }
        let real = fs::canonicalize(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        if !real.is_dir() {
            return Err(format!("{} is not a folder", folder.display()));
        }
        let machine = [folder, &real].into_iter().any(|path| path.parent().is_none() || NEVER.iter().any(|never| path.starts_with(never)));
        if machine || self.hidden.contains(&real) {
            return Err(format!("{} is never shown to commands", folder.display()));
        }
        Ok(real)
    }

    /// Lays an empty folder over each hidden one that lies in `shown` (whose path without links is `real`).
    fn hide_beneath(&self, to: &mut Arguments, shown: &Path, real: &Path) {
        for hidden in &self.hidden {
            if let Ok(inner) = hidden.strip_prefix(real)
                && hidden.exists()
            {
                let place = shown.join(inner);
                to.add([&"--size", &"4096", &"--perms", &"0500", &"--tmpfs", &place]);
                to.add([&"--remount-ro", &place]);
            }
        }
    }

    /// The gate's socket, and the program that leads to it.
    fn way_out(&self, to: &mut Arguments, socket: &Path) -> Result<(), String> {
        let bridge = self.bridge.as_ref().ok_or("this server has no program for a sandbox's way out")?;
        if !gate::is_socket(socket) {
            return Err(format!("{} is no way out", socket.display()));
        }
        to.add([&"--ro-bind", bridge, &bridge::PROGRAM]);
        to.add([&"--bind", &socket, &bridge::SOCKET]);
        Ok(())
    }

    fn system(&self, to: &mut Arguments) {
        to.add([&"--ro-bind", &"/usr", &"/usr"]);
        for name in SYSTEM {
            let path = Path::new("/").join(name);
            match fs::read_link(&path) {
                Ok(target) => to.add([&"--symlink", &target, &path]),
                Err(_) => to.add([&"--ro-bind-try", &path, &path]),
            }
        }
        to.add([&"--proc", &"/proc"]);
        if self.root_server {
            for name in ROOTS_OWN {
                let path = Path::new("/proc").join(name);
                if path.exists() {
                    to.add([&"--ro-bind", &"/dev/null", &path]);
                }
            }
        }
        // The whole of /proc read-only: to the kernel a root server's command would otherwise be allowed to write /proc/sys.
        to.add([&"--remount-ro", &"/proc"]);
        to.add([&"--dev", &"/dev"]);
        to.add([&"--size", &SHM_BYTES.to_string(), &"--perms", &"1777", &"--tmpfs", &"/dev/shm"]);
        to.add([&"--remount-ro", &"/dev"]);
        let size = self.limits.tmp_bytes.to_string();
        to.add([&"--size", &size, &"--perms", &"1777", &"--tmpfs", &"/tmp"]);
        to.add([&"--size", &size, &"--perms", &"0700", &"--tmpfs", &HOME]);
        to.add([&"--dir", &"/run", &"--symlink", &"../tmp", &"/var/tmp"]);
    }
}

/// A NUL would end one argument and begin another of the caller's choice.
fn check_words(request: &SandboxRequest) -> Result<(), String> {
    let mut words = request.argv.iter().chain(request.env.iter().flat_map(|(name, value)| [name, value]));
    let paths = [&request.project_root, &request.cwd];
    if words.any(|word| word.contains('\0')) || paths.iter().any(|path| path.as_os_str().as_bytes().contains(&0)) {
        return Err("a NUL byte in the command, its environment or its folder".into());
    }
    if request.env.iter().any(|(name, _)| name.is_empty() || name.contains('=')) {
        return Err("an environment variable without a proper name".into());
    }
    if request.argv.first().is_none_or(String::is_empty) {
        return Err("no program was named".into());
    }
    if request.cwd.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err("the working folder must be relative to the project".into());
    }
    Ok(())
}

fn namespaces(to: &mut Arguments) {
    to.add([&"--unshare-user", &"--unshare-pid", &"--unshare-ipc", &"--unshare-uts", &"--unshare-cgroup-try", &"--unshare-net"]);
    to.add([&"--uid", &USER, &"--gid", &USER, &"--hostname", &"sandbox", &"--cap-drop", &"ALL"]);
    to.add([&"--die-with-parent", &"--new-session"]);
}

/// The small files of /etc, the made ones and the host's as they are now.
pub(super) fn files() -> Vec<(PathBuf, Vec<u8>)> {
    let made = MADE_FILES.into_iter().map(|(path, content)| (path.into(), content.into()));
    let mut all: Vec<(PathBuf, Vec<u8>)> = made.collect();
    let linked = fs::read_dir("/etc/ld.so.conf.d").into_iter().flatten().flatten().map(|entry| entry.path());
    for path in ETC_FILES.iter().map(|name| Path::new("/etc").join(name)).chain(linked) {
        let small = fs::metadata(&path).is_ok_and(|data| data.is_file() && data.len() <= ETC_FILE_BYTES);
        if let (true, Ok(content)) = (small, fs::read(&path)) {
            all.push((path, content));
        }
    }
    all
}

fn etc(to: &mut Arguments) {
    for name in ETC_FOLDERS.into_iter().map(PathBuf::from).chain(java()) {
        let path = Path::new("/etc").join(name);
        if path.exists() {
            to.add([&"--ro-bind-try", &path, &path]);
        }
    }
}

/// `java-17-openjdk` and its like, without which no Java starts.
fn java() -> Vec<PathBuf> {
    let entries = fs::read_dir("/etc").into_iter().flatten().flatten();
    let names = entries.map(|entry| PathBuf::from(entry.file_name()));
    names.filter(|name| name.as_os_str().as_bytes().starts_with(b"java-")).collect()
}

fn environment(to: &mut Arguments, more: &[(String, String)]) {
    to.add([&"--clearenv"]);
    let own = [("PATH", SEARCH_PATH), ("HOME", HOME), ("USER", "agent"), ("LANG", "C.UTF-8"), ("TERM", "dumb"), ("TMPDIR", "/tmp")];
    for (name, value) in own {
        to.add([&"--setenv", &name, &value]);
    }
    for (name, value) in more {
        to.add([&"--setenv", name, value]);
    }
}
