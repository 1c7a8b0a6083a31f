//! A line that comes and goes on the terminal while something takes its time: what it is, and for how long. Pipes and programs see nothing of it.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use tokio::time::{Instant, interval_at};

use super::paint::{Ink, Paint, SPINNER};

/// What is done by then needs no line.
const QUIET: Duration = Duration::from_secs(1);
const REDRAW: Duration = Duration::from_millis(120);

/// Waits for `work`. `what` is told while it lasts, in the words of whoever waits ("going back"); nothing is where `json` was asked for.
pub async fn shown<T>(what: &str, json: bool, work: impl Future<Output = T>) -> T {
    if json || !std::io::stderr().is_terminal() {
        return work.await;
    }
    let mut work = std::pin::pin!(work);
    let begun = Instant::now();
    let mut redraws = interval_at(begun + QUIET, REDRAW);
    let mut line = Line { drawn: 0 };
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = redraws.tick() => line.draw(what, begun.elapsed()),
        }
    }
}

/// Cleared when it is dropped, whatever the end.
struct Line {
    drawn: usize,
}

impl Line {
    fn draw(&mut self, what: &str, since: Duration) {
        let text = format!("{} {what} … {}s", SPINNER[self.drawn % SPINNER.len()], since.as_secs());
        put(&format!("\r\x1b[2K{}", Paint::for_stderr().ink(Ink::Dim, &text)));
        self.drawn += 1;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.drawn > 0 {
            put("\r\x1b[2K");
        }
    }
}

/// Who has no terminal any more misses nothing.
fn put(text: &str) {
    let mut terminal = std::io::stderr().lock();
    let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}
