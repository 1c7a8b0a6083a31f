//! Lines of the README beside lines that were printed.

use std::collections::BTreeMap;

/// Of an id as it is shown whole.
const ID: usize = 36;
/// What is left out, of a line or of lines.
const ELSE: char = '…';
/// Before these a number is a position of the journal, which has one name all along.
const POSITIONS: [&str; 4] = ["#", "--from ", "--to ", "--at "];
/// Beside these it is another each time.
const BEFORE: [&str; 7] = ["position ", "positions ", "to ", "at ", "events ", "of ", ":"];
const AFTER: [&str; 8] = [" ms", " private", " events", " positions", " signed", " checkpoints", " bytes", ":"];

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    /// An id, or its beginning with the rest left out.
    Id(String),
    Position(String),
    /// A number, a time or a key that is another each time.
    Any,
    Rest,
    Text(String),
}

/// What the README's ids and positions are called here.
#[derive(Default)]
pub(super) struct Known(BTreeMap<String, String>);

impl Known {
    pub(super) fn is(&mut self, shown: &str, here: &str) {
        self.0.insert(shown.into(), here.into());
    }

    /// A command with the names of here.
    pub(super) fn typed(&self, command: &str) -> String {
        let here = |piece: &Piece| match piece {
            Piece::Id(id) => self.find(id).unwrap_or(id).to_owned(),
            Piece::Position(position) => self.find(position).unwrap_or(position).to_owned(),
            Piece::Any | Piece::Rest => unreachable!("a command has neither"),
            Piece::Text(text) => text.clone(),
        };
        pieces(command, true).iter().map(here).collect()
    }

    /// By its whole name, or by the beginning of one.
    fn find(&self, shown: &str) -> Option<&str> {
        let begins = |(name, _): &(&String, &String)| name.starts_with(shown) || shown.starts_with(name.as_str());
        match self.0.get(shown) {
            Some(here) => Some(here),
            None if shown.contains('-') => self.0.iter().filter(|(name, _)| name.contains('-')).find(begins).map(|(_, here)| here.as_str()),
            None => None,
        }
    }

    /// Whether all lines were printed, and none besides where none is left out.
    pub(super) fn fits(&mut self, shown: &[String], printed: &str) -> Result<(), String> {
        let mut printed = printed.lines().filter(|line| !line.trim().is_empty());
        let mut skips = false;
        for line in shown.iter().filter(|line| !line.trim().is_empty()) {
            if line.trim() == ELSE.to_string() {
                skips = true;
                continue;
            }
            loop {
                let Some(here) = printed.next() else { return Err(format!("not printed: {line}")) };
                match self.line_fits(line, here) {
                    true => break,
                    false if skips => {}
                    false => return Err(format!("shown:   {line}\n  printed: {here}")),
                }
            }
            skips = false;
        }
        match printed.next() {
            Some(more) if !skips => Err(format!("not shown: {more}")),
            _ => Ok(()),
        }
    }

    fn line_fits(&mut self, shown: &str, printed: &str) -> bool {
        let (shown, printed) = (pieces(shown, false), pieces(printed, false));
        let mut new = Vec::new();
        let mut here = printed.iter();
        for (at, piece) in shown.iter().enumerate() {
            if *piece == Piece::Rest {
                break;
            }
            match (piece, here.next()) {
                // The rest may go on within a text.
                (Piece::Text(begin), Some(Piece::Text(own))) if shown.get(at + 1) == Some(&Piece::Rest) && own.starts_with(begin) => {}
                (Piece::Id(name), Some(Piece::Id(own))) | (Piece::Position(name), Some(Piece::Position(own))) => match self.find(name) {
                    Some(known) if known != own => return false,
                    Some(_) => {}
                    // Two names for one thing are as wrong as one name for two.
                    None if self.0.values().any(|known| known == own) => return false,
                    None => new.push((name.clone(), own.clone())),
                },
                (piece, Some(own)) if piece == own => {}
                _ => return false,
            }
        }
        if here.next().is_some() && shown.last() != Some(&Piece::Rest) {
            return false;
        }
        self.0.extend(new);
        true
    }
}

pub(super) fn first_id(command: &str) -> Option<String> {
    pieces(command, true).into_iter().find_map(|piece| match piece {
        Piece::Id(id) => Some(id),
        _ => None,
    })
}

/// `command`: spaces count, and numbers that are no positions are text.
fn pieces(line: &str, command: bool) -> Vec<Piece> {
    let line = if command { line.to_owned() } else { line.split_whitespace().collect::<Vec<_>>().join(" ") };
    let (mut found, mut text, mut rest) = (Vec::new(), String::new(), line.as_str());
    while let Some(first) = rest.chars().next() {
        let before = &line[..line.len() - rest.len()];
        let (piece, taken) = match word(rest, before, command) {
            Some(taken) => taken,
            None => {
                text.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
        };
        if !text.is_empty() {
            found.push(Piece::Text(std::mem::take(&mut text)));
        }
        found.push(piece);
        rest = &rest[taken..];
    }
    if !text.is_empty() {
        found.push(Piece::Text(text));
    }
    found
}

/// What begins here, and its length, if it is no text.
fn word(rest: &str, before: &str, command: bool) -> Option<(Piece, usize)> {
    if !command && rest.starts_with(ELSE) {
        return Some((Piece::Rest, rest.len()));
    }
    if before.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let hexadecimal = rest.find(|c: char| !c.is_ascii_hexdigit() && c != '-').unwrap_or(rest.len());
    let id = &rest[..hexadecimal];
    if id.len() == ID && id.matches('-').count() == 4 {
        return Some((Piece::Id(id.into()), ID));
    }
    if id.len() >= 8 && id.contains('-') && rest[id.len()..].starts_with(ELSE) {
        return Some((Piece::Id(id.into()), id.len() + ELSE.len_utf8()));
    }
    if !command && before.ends_with("opensail.journal/") {
        return Some((Piece::Any, rest.find(|c: char| c.is_whitespace() || c == ELSE).unwrap_or(rest.len())));
    }
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    if digits == 0 {
        return None;
    }
    // A list of events has the position first, then the time.
    let listed = !command && before.is_empty() && rest[digits..].starts_with(" 20");
    if listed || POSITIONS.iter().any(|sign| before.ends_with(sign)) {
        return Some((Piece::Position(rest[..digits].into()), digits));
    }
    if command {
        return None;
    }
    // 2026-11-25T03:20:57Z, with or without a fraction; or the time of a day.
    let moment = rest.find(|c: char| !(c.is_ascii_digit() || "-:.TZ".contains(c))).unwrap_or(rest.len());
    if rest[..moment].matches(':').count() == 2 {
        return Some((Piece::Any, rest[..moment].trim_end_matches([':', '.']).len()));
    }
    let changes = BEFORE.iter().any(|word| before.ends_with(word)) || AFTER.iter().any(|word| rest[digits..].starts_with(word));
    changes.then_some((Piece::Any, digits))
}

#[test]
fn a_name_is_one_thing_all_along() {
    let mut known = Known::default();
    let (one, two) = ("01a210e0-bf68-77d4-9221-3750606dd37a", "01b00000-0000-7000-8000-000000000001");
    known.is(one, two);
    assert_eq!(known.typed("session fork 01a210e0-bf68-… --at 14"), format!("session fork {two} --at 14"));
    let shown = [format!("{one}  completed    2 steps from #14  387 ms"), "…".into(), "last".into()];
    assert_eq!(known.fits(&shown, &format!("{two}  completed  2 steps from #20  1 ms\n\nmore\nlast\n")), Ok(()));
    assert_eq!(known.typed("--at 14"), "--at 20");
    for (shown, printed) in [("at #14", "at #21"), ("at #15", "at #20"), ("3 steps", "2 steps"), ("a", "a\nb"), ("a\nb", "a")] {
        let shown: Vec<String> = shown.lines().map(str::to_owned).collect();
        assert!(known.fits(&shown, printed).is_err(), "{shown:?} {printed}");
    }
    assert_eq!(known.fits(&["{…\"detail\"".into()], "{\"type\":1,\"detail\""), Ok(()));
    assert_eq!(known.fits(&["at 03:20:57 key opensail.journal/ab+c…".into()], "at 11:00:01 key opensail.journal/99+x+y"), Ok(()));
}
