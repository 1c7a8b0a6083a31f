//! A question on the terminal. Its line is awaited beside whatever else happens; when the question is settled elsewhere the waiting ends, and what
//! was typed so far is taken out of the terminal and told, so that it does not answer the next question.

use std::io::{IsTerminal, Stdin};
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, tcflush, tcgetattr, tcgetpgrp, tcsetattr};
use tokio::task::JoinHandle;

/// Bytes that are read at once; a terminal gives out no longer line.
const LINE_BYTES: usize = 4096;

pub(super) struct Prompt {
    /// Id of the question.
    pub(super) approval: String,
    line: JoinHandle<std::io::Result<Typed>>,
    /// Dropped, it ends the waiting.
    going: OwnedFd,
}

enum Typed {
    Line(String),
    /// The input has ended.
    End,
    /// The waiting was ended.
    Nothing,
}

impl Prompt {
    /// Call it before the question is shown: whole lines that were typed until then answer nothing that nobody has read yet.
    pub(super) fn open(approval: String) -> std::io::Result<Prompt> {
        let stdin = std::io::stdin();
        if stdin.is_terminal() && is_ours(&stdin) {
            tcflush(&stdin, QueueSelector::IFlush)?;
        }
        let (ended, going) = pipe_with(PipeFlags::CLOEXEC)?;
        let line = tokio::task::spawn_blocking(move || read_line(&std::io::stdin(), &ended));
        Ok(Prompt { approval, line, going })
    }

    /// The line that was typed; `None` at the input's end. May be dropped and asked again.
    pub(super) async fn line(&mut self) -> std::io::Result<Option<String>> {
        Ok(match (&mut self.line).await?? {
            Typed::Line(line) => Some(line),
            Typed::End | Typed::Nothing => None,
        })
    }

    /// Ends the waiting and gives back what was typed.
    pub(super) async fn close(self) -> String {
        drop(self.going);
        match self.line.await {
            Ok(Ok(Typed::Line(line))) => line,
            Ok(Ok(Typed::Nothing)) => half_line(&std::io::stdin()),
            Ok(Ok(Typed::End) | Err(_)) | Err(_) => String::new(),
        }
    }
}

/// Waits with no read under way, which nobody could call back.
fn read_line(stdin: &Stdin, ended: &OwnedFd) -> std::io::Result<Typed> {
    let mut line = Vec::new();
    loop {
        let mut waited = [PollFd::new(stdin, PollFlags::IN), PollFd::new(ended, PollFlags::IN)];
        match poll(&mut waited, None) {
            Err(rustix::io::Errno::INTR) => continue,
            outcome => outcome?,
        };
        if waited[0].revents().is_empty() {
            return Ok(Typed::Nothing);
        }
        let mut bytes = [0; LINE_BYTES];
        let read = rustix::io::read(stdin, &mut bytes)?;
        line.extend_from_slice(&bytes[..read]);
        if read == 0 && line.is_empty() {
            return Ok(Typed::End);
        }
        if read == 0 || line.ends_with(b"\n") {
            return Ok(Typed::Line(String::from_utf8_lossy(&line).into_owned()));
        }
    }
}

/// Whether no other job has the terminal: who changes it then is stopped.
fn is_ours(stdin: &Stdin) -> bool {
    !tcgetpgrp(stdin).is_ok_and(|front| front != getpgrp())
}

/// The beginning of a line that is being typed, taken from the terminal: it gives it out only while it does not wait for whole lines. Nothing where
/// somebody else has the terminal.
fn half_line(stdin: &Stdin) -> String {
    let elsewhere = !is_ours(stdin);
    let Ok(by_line) = tcgetattr(stdin) else { return String::new() };
    let mut by_byte = by_line.clone();
    by_byte.local_modes.remove(LocalModes::ICANON);
    by_byte.special_codes[SpecialCodeIndex::VMIN] = 0;
    by_byte.special_codes[SpecialCodeIndex::VTIME] = 0;
    if elsewhere || tcsetattr(stdin, OptionalActions::Now, &by_byte).is_err() {
        return String::new();
    }
    let mut bytes = [0; LINE_BYTES];
    let read = rustix::io::read(stdin, &mut bytes).unwrap_or(0);
    if let Err(error) = tcsetattr(stdin, OptionalActions::Now, &by_line) {
        eprintln!("opensail: the terminal could not be set back ({error}); type `reset`");
    }
    String::from_utf8_lossy(&bytes[..read]).into_owned()
}
