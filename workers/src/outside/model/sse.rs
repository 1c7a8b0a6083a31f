//! The line protocol of server-sent events (WHATWG HTML, 9.2.6), fed with whatever pieces the network hands over: the outcome does
//! not depend on where the pieces are cut, be it inside a line, a line end or a character.

/// One event: its name (empty when none was given) and its data lines joined by line feeds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct SseEvent {
    pub(super) name: String,
    pub(super) data: String,
}

/// A line was not UTF-8.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct NotUtf8;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Its memory is bounded by what it is fed; the caller caps that.
#[derive(Default)]
pub(super) struct SseParser {
    line: Vec<u8>,
    name: String,
    data: Option<String>,
    /// The last byte was a carriage return, so a line feed now belongs to it.
    after_cr: bool,
    /// A first line was read, so a byte order mark is none any more.
    begun: bool,
}

impl SseParser {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<SseEvent>, NotUtf8> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    events.extend(self.end_line()?);
                }
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    /// What is left when the stream ends: an event whose closing blank line is missing. It may be cut in the middle.
    pub(super) fn finish(mut self) -> Result<Option<SseEvent>, NotUtf8> {
        if !self.line.is_empty() {
            self.end_line()?;
        }
        Ok(self.dispatch())
    }

    fn end_line(&mut self) -> Result<Option<SseEvent>, NotUtf8> {
        let bytes = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&bytes).map_err(|_| NotUtf8)?;
        let line = if std::mem::replace(&mut self.begun, true) { line } else { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) };
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        // A comment begins with the colon and so has an empty field name.
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = value.into(),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.into()),
            },
            _ => {}
        }
        Ok(None)
    }

    fn dispatch(&mut self) -> Option<SseEvent> {
        let name = std::mem::take(&mut self.name);
        self.data.take().map(|data| SseEvent { name, data })
    }
}
