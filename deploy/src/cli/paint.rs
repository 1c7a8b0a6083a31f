//! Colours, only on a terminal and never against `NO_COLOR`; and text made safe to print.

use std::io::IsTerminal;

/// Of what is being done, one picture after the other.
pub const SPINNER: &[&str] = &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

#[derive(Clone, Copy)]
pub struct Paint {
    on: bool,
}

#[derive(Clone, Copy)]
pub enum Ink {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Cyan,
}

impl Paint {
    pub fn for_stdout() -> Paint {
        Paint::when(std::io::stdout().is_terminal())
    }

    pub fn for_stderr() -> Paint {
        Paint::when(std::io::stderr().is_terminal())
    }

    fn when(terminal: bool) -> Paint {
        Paint { on: terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
    }

    pub fn plain() -> Paint {
        Paint { on: false }
    }

    pub fn ink(self, ink: Ink, text: &str) -> String {
        if !self.on || text.is_empty() {
            return text.to_string();
        }
        let code = match ink {
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Red => "31",
            Ink::Green => "32",
            Ink::Yellow => "33",
            Ink::Cyan => "36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// What a model or a tool wrote may not command the terminal: control characters but newline and tab are shown as their pictures.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            c if (c as u32) < 0x20 => char::from_u32(0x2400 + c as u32).unwrap_or(char::REPLACEMENT_CHARACTER),
            '\x7f' => '\u{2421}',
            '\u{80}'..='\u{9f}' => char::REPLACEMENT_CHARACTER,
            // Directions that make a command read as another one.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

/// As [`printable`], and on one line: for what may hold a line's end and stands in the midst of one, such as a file's name.
pub fn on_one_line(text: &str) -> String {
    printable(text).replace('\n', "\u{240a}").replace('\t', "\u{2409}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_do_not_reach_the_terminal() {
        assert_eq!(printable("a\x1b[2Jb\tc\nd\u{9b}e\u{202e}f"), "a\u{241b}[2Jb\tc\nd\u{fffd}e\u{fffd}f");
        assert_eq!(on_one_line("a\x1b\nb\tc"), "a\u{241b}\u{240a}b\u{2409}c");
        assert_eq!(Paint::plain().ink(Ink::Red, "x"), "x");
    }
}
