//! The terminal during a run: lines that stay, text that streams, and one progress line at the bottom that comes and goes.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use crate::cli::paint::{Ink, Paint, SPINNER, printable};

/// Characters of a command's line that the progress line shows, so that it stays one line.
const GLIMPSE_CHARS: usize = 48;

pub struct Screen {
    pub paint: Paint,
    terminal: bool,
    /// The cursor stands behind streamed text, not at a line's start.
    in_text: bool,
    progress_shown: bool,
    /// A question whose answer is awaited at the bottom.
    question: Option<String>,
    doing: Option<(String, Instant)>,
    /// The last line that what is being done has printed.
    said: String,
    frame: usize,
}

impl Default for Screen {
    fn default() -> Self {
        Self::new()
    }
}

impl Screen {
    pub fn new() -> Screen {
        Screen {
            paint: Paint::for_stdout(),
            terminal: std::io::stdout().is_terminal(),
            in_text: false,
            progress_shown: false,
            question: None,
            doing: None,
            said: String::new(),
            frame: 0,
        }
    }

    /// A line that stays. A question that is open is asked again beneath it; what was typed stays above, and stays typed.
    pub fn line(&mut self, text: &str) {
        self.clear_progress();
        self.end_text();
        if let Some(question) = &self.question {
            tell!();
            tell!("{text}");
            tell_part!("{question}");
            let _ = std::io::stdout().flush();
        } else {
            tell!("{text}");
        }
    }

    /// Asks at the bottom, until it is [`Screen::answered`].
    pub fn ask(&mut self, question: String) {
        self.clear_progress();
        self.end_text();
        tell_part!("{question}");
        let _ = std::io::stdout().flush();
        self.question = Some(question);
    }

    /// `line_ended`: by the Enter of who answered.
    pub fn answered(&mut self, line_ended: bool) {
        if self.question.take().is_some() && !line_ended {
            tell!();
        }
    }

    /// A piece of streamed text.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.clear_progress();
        tell_part!("{}", printable(text));
        self.in_text = !text.ends_with('\n');
        let _ = std::io::stdout().flush();
    }

    pub fn end_text(&mut self) {
        if self.in_text {
            tell!();
            self.in_text = false;
        }
    }

    /// What is being done, for the progress line; the time counts from now.
    pub fn doing(&mut self, what: Option<String>) {
        self.doing = what.map(|what| (what, Instant::now()));
        self.said.clear();
        if self.doing.is_none() {
            self.clear_progress();
        }
    }

    /// What is being done has printed this; its last line stands in the progress line.
    pub fn says(&mut self, text: &str) {
        if let Some(line) = text.lines().map(str::trim).rfind(|line| !line.is_empty()) {
            self.said = glimpse(line);
        }
    }

    /// Draws the progress line anew; call it several times a second.
    pub fn tick(&mut self) {
        let Some((what, since)) = &self.doing else { return };
        if !self.terminal || self.in_text || self.question.is_some() {
            return;
        }
        self.frame = (self.frame + 1) % SPINNER.len();
        let said = if self.said.is_empty() { "" } else { "  " };
        let text = format!("{} {what} {}s{said}{}", SPINNER[self.frame], since.elapsed().as_secs(), self.said);
        tell_part!("\r\x1b[2K{}", self.paint.ink(Ink::Dim, &text));
        let _ = std::io::stdout().flush();
        self.progress_shown = true;
    }

    fn clear_progress(&mut self) {
        if self.progress_shown {
            tell_part!("\r\x1b[2K");
            self.progress_shown = false;
        }
    }
}

/// The end of a line that a command printed, on one line and safe to print; a line drawn over itself by carriage returns counts as its last
/// drawing.
fn glimpse(line: &str) -> String {
    let drawn = line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or_default();
    let line: Vec<char> = printable(drawn).chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
    match line.len().checked_sub(GLIMPSE_CHARS) {
        Some(over) if over > 0 => std::iter::once('…').chain(line[over + 1..].iter().copied()).collect(),
        _ => line.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glimpse_is_one_short_line_that_commands_nothing() {
        assert_eq!(glimpse("compiling\tone"), "compiling one");
        assert_eq!(glimpse("10%\r20%\r30%\r"), "30%");
        assert_eq!(glimpse("\x1b[2J\u{9b}evil\u{202e}"), "\u{241b}[2J\u{fffd}evil\u{fffd}");
        let long = glimpse(&"0123456789".repeat(10));
        assert_eq!((long.chars().count(), long.starts_with('…'), long.ends_with("789")), (GLIMPSE_CHARS, true, true));
        let mut screen = Screen::new();
        screen.says("first\nsecond\n\n");
        assert_eq!(screen.said, "second");
        screen.doing(None);
        assert_eq!(screen.said, "");
    }
}
