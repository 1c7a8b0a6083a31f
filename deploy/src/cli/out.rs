//! What a command prints. Who reads it may have had enough (`… | head`): then the command ends at once and quietly, as programs in a pipe do.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

use super::CliError;

/// What a shell reports of a program that a closed pipe ended (128 + SIGPIPE).
const CLOSED_PIPE: i32 = 141;

/// As `println!`.
macro_rules! tell {
    () => { $crate::cli::out::line(format_args!("")) };
    ($($what:tt)*) => { $crate::cli::out::line(format_args!($($what)*)) };
}
/// As `print!`.
macro_rules! tell_part {
    ($($what:tt)*) => { $crate::cli::out::part(format_args!($($what)*)) };
}

pub(super) fn line(what: Arguments<'_>) {
    written(writeln!(std::io::stdout().lock(), "{what}"));
}

pub(super) fn part(what: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    written(write!(out, "{what}").and_then(|()| out.flush()));
}

/// Nothing is lost by ending here: what the server was asked for, it does; and a server that was started for this command can be killed at any point.
fn written(done: std::io::Result<()>) {
    if let Err(error) = done {
        let error = refused(error);
        eprintln!("opensail: {error}");
        std::process::exit(error.code())
    }
}

/// Of writing to standard output. Does not come back when nobody reads it any more.
pub(super) fn refused(error: std::io::Error) -> CliError {
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(CLOSED_PIPE)
    }
    CliError::Failed(format!("what was asked for could not be written: {error}"))
}
