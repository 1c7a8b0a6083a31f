//! A program to be started with exactly the descriptors it is given.
//!
//! By `posix_spawn`, which borrows the server's memory until the program runs. A fork would copy the server's page tables, and that
//! alone costs 20 ms in a server of 300 MB.

use std::ffi::{CString, OsStr};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::SigSet;
use rustix::process::Pid;

/// Numbers of descriptors that this process inherited and that every program it starts would inherit in turn.
///
/// Rust opens nothing that way, so they come from whoever started the server; looked up once, at the start.
pub(super) fn inherited() -> Vec<RawFd> {
    let entries = fs::read_dir("/proc/self/fdinfo").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<RawFd>().ok());
    numbers.filter(|number| *number > 2 && !closes_on_exec(*number)).collect()
}

fn closes_on_exec(number: RawFd) -> bool {
    let Ok(text) = fs::read_to_string(format!("/proc/self/fdinfo/{number}")) else {
        return true;
    };
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
    flags.is_none_or(|flags| flags & libc::O_CLOEXEC != 0)
}

/// Descriptors for the program, in the order in which they were added.
#[derive(Default)]
pub(super) struct Passed(Vec<OwnedFd>);

impl Passed {
    /// Standard input, output and error come first; then every further one is told by the number this answers.
    pub(super) fn add(&mut self, fd: impl Into<OwnedFd>) -> String {
        self.0.push(fd.into());
        (self.0.len() - 1).to_string()
    }
}

pub(super) struct Program {
    words: Vec<CString>,
    environment: Vec<CString>,
    passed: Passed,
    inherited: Vec<RawFd>,
}

impl Program {
    /// `words[0]` is the absolute path of the program; it starts without environment.
    pub(super) fn new<'a>(words: impl IntoIterator<Item = &'a OsStr>, passed: Passed, inherited: &[RawFd]) -> io::Result<Self> {
        let words = words.into_iter().map(|word| CString::new(word.as_bytes())).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { words, environment: Vec::new(), passed, inherited: inherited.to_vec() })
    }

    pub(super) fn environment(&mut self, name: &str, value: &OsStr) -> io::Result<()> {
        let pair = [name.as_bytes(), b"=", value.as_bytes()].concat();
        self.environment.push(CString::new(pair)?);
        Ok(())
    }

    /// Starts it as a child of this thread.
    pub(super) fn spawn(&self) -> io::Result<Pid> {
        let mut actions = PosixSpawnFileActions::init()?;
        // First to numbers beyond all in use and then down, so that none is laid over another that is still to come.
        let fds = &self.passed.0;
        let used = fds.iter().map(AsRawFd::as_raw_fd).chain(self.inherited.iter().copied());
        let beyond = used.max().unwrap_or_default().max(i32::try_from(fds.len()).unwrap_or(i32::MAX)) + 1;
        for (from, to) in fds.iter().zip(beyond..) {
            actions.add_dup2(from.as_raw_fd(), to)?;
        }
        for number in &self.inherited {
            actions.add_close(*number)?;
        }
        for (from, to) in (beyond..).zip(0..).take(fds.len()) {
            actions.add_dup2(from, to)?;
            actions.add_close(from)?;
        }
        let mut attributes = PosixSpawnAttr::init()?;
        // Rust ignores SIGPIPE; programs expect that it ends them.
        attributes.set_sigdefault(&SigSet::all())?;
        attributes.set_sigmask(&SigSet::empty())?;
        attributes.set_flags(PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK)?;
        let path = Path::new(OsStr::from_bytes(self.words[0].as_bytes()));
        let pid = posix_spawn(path, &actions, &attributes, &self.words, &self.environment)?;
        Pid::from_raw(pid.as_raw()).ok_or_else(|| io::Error::other("no process"))
    }
}
