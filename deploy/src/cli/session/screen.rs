//! The terminal during a run: lines that stay, text that streams, and one progress line at the bottom that comes and goes.

use std::io::{IsTerminal, Write};
use std::time::Instant;

use crate::cli::paint::{Ink, Paint, printable};

const SPINNER: &[&str] = &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

pub struct Screen {
    pub paint: Paint,
    terminal: bool,
    /// The cursor stands behind streamed text, not at a line's start.
    in_text: bool,
    progress_shown: bool,
    doing: Option<(String, Instant)>,
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
            doing: None,
            frame: 0,
        }
    }

    /// A line that stays.
    pub fn line(&mut self, text: &str) {
        self.clear_progress();
        self.end_text();
        println!("{text}");
    }

    /// A piece of streamed text.
    pub fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.clear_progress();
        print!("{}", printable(text));
        self.in_text = !text.ends_with('\n');
        let _ = std::io::stdout().flush();
    }

    pub fn end_text(&mut self) {
        if self.in_text {
            println!();
            self.in_text = false;
        }
    }

    /// What is being done, for the progress line; the time counts from now.
    pub fn doing(&mut self, what: Option<String>) {
        self.doing = what.map(|what| (what, Instant::now()));
        if self.doing.is_none() {
            self.clear_progress();
        }
    }

    /// Draws the progress line anew; call it several times a second.
    pub fn tick(&mut self) {
        let Some((what, since)) = &self.doing else { return };
        if !self.terminal || self.in_text {
            return;
        }
        self.frame = (self.frame + 1) % SPINNER.len();
        let text = format!("{} {what} {}s", SPINNER[self.frame], since.elapsed().as_secs());
        print!("\r\x1b[2K{}", self.paint.ink(Ink::Dim, &text));
        let _ = std::io::stdout().flush();
        self.progress_shown = true;
    }

    fn clear_progress(&mut self) {
        if self.progress_shown {
            print!("\r\x1b[2K");
            self.progress_shown = false;
        }
    }
}
