use proptest::collection::vec;
use proptest::prelude::*;

use super::super::sse::{NotUtf8, SseEvent, SseParser};

fn parse(pieces: &[&[u8]]) -> Result<Vec<SseEvent>, NotUtf8> {
    let mut parser = SseParser::default();
    let mut events = Vec::new();
    for piece in pieces {
        events.extend(parser.push(piece)?);
    }
    events.extend(parser.finish()?);
    Ok(events)
}

fn event(name: &str, data: &str) -> SseEvent {
    SseEvent { name: name.into(), data: data.into() }
}

#[test]
fn reads_names_data_comments_and_every_line_end() {
    let text = "\u{feff}: hello\nevent: a\r\ndata: one\r\ndata:two\r\n\r\ndata: x\r\rid: 7\nretry: 1\ndata\n\nevent: without data\n\ndata:  y: z\n\n";
    let events = parse(&[text.as_bytes()]).expect("UTF-8");
    assert_eq!(events, [event("a", "one\ntwo"), event("", "x"), event("", ""), event("", " y: z")]);
}

#[test]
fn an_unfinished_event_is_handed_out_at_the_end() {
    assert_eq!(parse(&[b"data: 1\n\ndata: {\"ha"]).expect("UTF-8"), [event("", "1"), event("", "{\"ha")]);
    assert_eq!(parse(&[b"event: x\n"]).expect("UTF-8"), []);
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    assert_eq!(parse(&[b"data: \xff\xfe\n\n"]), Err(NotUtf8));
}

fn events() -> impl Strategy<Value = Vec<SseEvent>> {
    let line = "[^\r\n\u{feff}]{0,12}";
    vec((line, vec(line, 1..4)), 0..6)
        .prop_map(|events| events.into_iter().map(|(name, data)| SseEvent { name, data: data.join("\n") }).collect())
}

/// The events as a provider could write them, with the line end given.
fn written(events: &[SseEvent], end: &str) -> Vec<u8> {
    let mut text = String::new();
    for event in events {
        text.push_str(&format!("event: {}{end}: noise{end}", event.name));
        for line in event.data.split('\n') {
            text.push_str(&format!("data: {line}{end}"));
        }
        text.push_str(end);
    }
    text.into_bytes()
}

proptest! {
    #[test]
    fn any_cutting_gives_what_was_written(events in events(), end in prop::sample::select(vec!["\n", "\r\n", "\r"]), cuts in vec(any::<prop::sample::Index>(), 0..40)) {
        let bytes = written(&events, end);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for place in places {
            pieces.push(&bytes[from..place]);
            from = place;
        }
        pieces.push(&bytes[from..]);
        prop_assert_eq!(parse(&pieces).expect("UTF-8"), events.clone());
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(parse(&single).expect("UTF-8"), events);
    }

    #[test]
    fn any_bytes_are_read_alike_however_cut(bytes in vec(any::<u8>(), 0..200), cut in any::<prop::sample::Index>()) {
        let (head, tail) = bytes.split_at(cut.index(bytes.len() + 1));
        prop_assert_eq!(parse(&[&bytes]), parse(&[head, tail]));
    }
}
