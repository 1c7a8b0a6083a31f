//! Lines that match a regular expression.
//!
//! The engine is an automaton: time grows with the bytes searched, never with the wit of a pattern, and the size of a
//! compiled pattern is bounded. Binary files (with a NUL byte) and files above [`MAX_SEARCHED_BYTES`] are passed over.

use std::fs::File;
use std::ops::ControlFlow;
use std::os::fd::AsFd;

use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkContext, SinkFinish, SinkMatch};

use super::cancel::Cancel;
use super::error::FileError;
use super::path::ProjectPath;
use super::path_glob::PathGlob;
use super::read::{Regular, not_a_file, open_regular};
use super::root::{Links, Root};
use super::tree::MAX_ITEMS;
use super::walk::{Kind, Options, Walk};

/// Longest pattern in bytes.
const MAX_PATTERN_BYTES: usize = 4096;
/// Largest compiled pattern and largest cache of its automaton, in bytes each.
const MAX_COMPILED_BYTES: usize = 4 * 1024 * 1024;
/// Deepest nesting of groups in a pattern.
const MAX_NESTING: u32 = 100;
/// Most characters of a line that are shown; the rest is cut.
const MAX_LINE_CHARS: usize = 2000;
/// Most lines of context on each side.
const MAX_CONTEXT: usize = 100;
/// Largest file that is searched, in bytes; also the most memory for one line.
const MAX_SEARCHED_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GrepQuery {
    pub pattern: String,
    /// File or folder to look in; empty: the whole project.
    pub path: String,
    /// Only files whose path, relative to `path`, matches this glob.
    pub glob: Option<String>,
    pub ignore_case: bool,
    /// A match may span lines, and `.` matches their ends.
    pub multiline: bool,
    /// Lines of context, at most 100 each.
    pub before: usize,
    pub after: usize,
    /// At most this many lines, context included, over all files.
    pub limit: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    pub path: String,
    /// From 1.
    pub number: u64,
    /// Without its end; what is not UTF-8 is shown with replacement characters.
    pub text: String,
    /// False for a line of context.
    pub matched: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lines {
    pub lines: Vec<Line>,
    /// There were more, or something was too big to be searched.
    pub truncated: bool,
}

/// Searches; hidden files and what `.gitignore` names are left out unless `path` names them.
pub fn grep(root: &Root, query: &GrepQuery, cancel: &Cancel) -> Result<Lines, FileError> {
    let start = ProjectPath::parse(&query.path)?;
    let matcher = matcher(query)?;
    let glob = query.glob.as_deref().map(PathGlob::parse).transpose()?;
    let mut searcher = SearcherBuilder::new()
        .line_number(true)
        .multi_line(query.multiline)
        .before_context(query.before.min(MAX_CONTEXT))
        .after_context(query.after.min(MAX_CONTEXT))
        .binary_detection(BinaryDetection::quit(0))
        .heap_limit(usize::try_from(MAX_SEARCHED_BYTES).ok())
        .build();
    let limit = query.limit.min(MAX_ITEMS);
    let mut found = Lines::default();
    let mut search = |opened, path: String| {
        let Ok(Regular::Open(file, stat)) = opened else { return ControlFlow::Continue(()) };
        if u64::try_from(stat.st_size).is_ok_and(|size| size > MAX_SEARCHED_BYTES) {
            found.truncated = true;
            return ControlFlow::Continue(());
        }
        search_file(&mut searcher, &matcher, &file, path, limit, &mut found)
    };

    let Some(walk) = Walk::from(root, &start)? else {
        let opened = open_regular(root.as_fd(), start.raw(), Links::Beneath);
        if let Ok(Regular::Not(kind)) = opened {
            return Err(not_a_file(start.as_str(), kind));
        }
        if glob.is_none_or(|glob| glob.matches(start.name())) {
            let _ = search(opened, start.as_str().to_owned());
        }
        return Ok(found);
    };
    let options = Options { hidden: false, depth: u32::MAX, ignores: true, show_git: false };
    let complete = walk.run(&options, cancel, |entry| {
        if entry.kind != Kind::File || glob.as_ref().is_some_and(|glob| !glob.matches(entry.beneath)) {
            return ControlFlow::Continue(());
        }
        search(open_regular(entry.folder, entry.name.as_c_str(), Links::None), walk.shown(entry.beneath))
    })?;
    found.truncated |= !complete;
    Ok(found)
}

fn matcher(query: &GrepQuery) -> Result<RegexMatcher, FileError> {
    if query.pattern.is_empty() || query.pattern.len() > MAX_PATTERN_BYTES {
        return Err(FileError::invalid("pattern", format!("a pattern has 1 to {MAX_PATTERN_BYTES} bytes")));
    }
    let mut builder = RegexMatcherBuilder::new();
    builder
        .case_insensitive(query.ignore_case)
        .multi_line(true)
        .dot_matches_new_line(query.multiline)
        .size_limit(MAX_COMPILED_BYTES)
        .dfa_size_limit(MAX_COMPILED_BYTES)
        .nest_limit(MAX_NESTING);
    if !query.multiline {
        builder.line_terminator(Some(b'\n'));
    }
    builder.build(&query.pattern).map_err(|error| FileError::invalid("pattern", format!("not a usable regular expression: {error}")))
}

/// Breaks when the limit is passed.
fn search_file(
    searcher: &mut Searcher,
    matcher: &RegexMatcher,
    file: &File,
    path: String,
    limit: usize,
    found: &mut Lines,
) -> ControlFlow<()> {
    let already = found.lines.len();
    let mut gather = Gather { path, lines: &mut found.lines, limit, binary: false, full: false };
    let outcome = searcher.search_file(matcher, file, &mut gather);
    let (binary, full) = (gather.binary, gather.full);
    // Binary, or a line beyond the memory allowed: nothing of this file is shown.
    if binary || outcome.is_err() {
        found.lines.truncate(already);
        found.truncated |= outcome.is_err();
        return ControlFlow::Continue(());
    }
    if full {
        found.truncated = true;
        return ControlFlow::Break(());
    }
    ControlFlow::Continue(())
}

/// Gathers the lines of one file.
struct Gather<'l> {
    path: String,
    lines: &'l mut Vec<Line>,
    limit: usize,
    binary: bool,
    /// One line more than the limit was there.
    full: bool,
}

impl Gather<'_> {
    fn take(&mut self, bytes: &[u8], first: Option<u64>, matched: bool) -> bool {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        for (number, line) in (first.unwrap_or(1)..).zip(bytes.split(|byte| *byte == b'\n')) {
            if self.lines.len() >= self.limit {
                self.full = true;
                return false;
            }
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            // Four bytes a character at most, so a long line is not copied whole.
            let start = &line[..line.len().min(MAX_LINE_CHARS * 4)];
            let text = String::from_utf8_lossy(start).chars().take(MAX_LINE_CHARS).collect();
            self.lines.push(Line { path: self.path.clone(), number, text, matched });
        }
        true
    }
}

impl Sink for Gather<'_> {
    type Error = std::io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> Result<bool, Self::Error> {
        Ok(self.take(found.bytes(), found.line_number(), true))
    }

    fn context(&mut self, _: &Searcher, context: &SinkContext<'_>) -> Result<bool, Self::Error> {
        Ok(self.take(context.bytes(), context.line_number(), false))
    }

    fn finish(&mut self, _: &Searcher, finish: &SinkFinish) -> Result<(), Self::Error> {
        self.binary = finish.binary_byte_offset().is_some();
        Ok(())
    }
}
