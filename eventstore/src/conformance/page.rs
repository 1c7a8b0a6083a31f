//! Pages of the journal: all of it, or what a filter leaves of it.

use std::sync::Arc;

use futures::TryStreamExt;

use super::{Subject, append, event, everything, part};
use crate::append::Part;
use crate::envelope::{Fact, Recorded, StreamId};
use crate::facts;
use crate::journal::Filter;

pub async fn pages_are_complete(subject: &dyn Subject) {
    let journal = subject.journal();
    journal.append(append(vec![part("a", 0, 10)])).await.expect("appended");
    let page = journal.read_all(0, 4, &Filter::default()).await.expect("a page");
    assert_eq!((page.events.len(), page.seen), (4, 4));
    let page = journal.read_all(4, 100, &Filter::default()).await.expect("a page");
    assert_eq!((page.events.len(), page.seen), (6, 10));
    let page = journal.read_all(10, 100, &Filter::default()).await.expect("a page");
    assert_eq!((page.events.len(), page.seen), (0, 10));
    let page = journal.read_all(99, 100, &Filter::default()).await.expect("a page");
    assert_eq!((page.events.len(), page.seen), (0, 99));
}

pub async fn filters_select(subject: &dyn Subject) {
    let journal = subject.journal();
    let mut other = part("b", 0, 2);
    other.tenant = "team-2".into();
    other.events[1].event_type = "test.rare".into();
    journal.append(append(vec![part("a", 0, 2), other, part("c", 0, 1)])).await.expect("appended");
    let read = async |filter: Filter| {
        let page = journal.read_all(0, 100, &filter).await.expect("a page");
        assert_eq!(page.seen, 5);
        assert!(page.events.iter().all(|event| filter.matches(event)));
        page.events.iter().map(|event| event.position).collect::<Vec<_>>()
    };
    assert_eq!(read(Filter { tenants: vec!["team-2".into()], ..Filter::default() }).await, [3, 4]);
    assert_eq!(read(Filter { types: vec!["test.rare".into()], ..Filter::default() }).await, [4]);
    let streams = vec![StreamId::new("test", "a"), StreamId::new("test", "c")];
    assert_eq!(read(Filter { streams: streams.clone(), ..Filter::default() }).await, [1, 2, 5]);
    assert_eq!(read(Filter { stream_types: vec!["other".into(), "test".into()], ..Filter::default() }).await, [1, 2, 3, 4, 5]);
    assert_eq!(read(Filter { stream_types: vec!["tes".into(), "other".into()], ..Filter::default() }).await, [0u64; 0]);
    assert_eq!(
        read(Filter { streams, tenants: vec!["team-2".into()], types: vec!["test.rare".into()], ..Filter::default() }).await,
        [0u64; 0]
    );
}

/// However few are asked for at once, wherever one begins, and whatever is asked for twice.
pub async fn pages_of_some_are_what_a_filter_leaves(subject: &dyn Subject) {
    let journal = subject.journal();
    let (teams, streams) = (["team-1", "team-2", "Team \"3\""], ["a", "b", "a-long-one", "it's"]);
    let mut versions = [0; 4];
    for turn in 0..40 {
        // One stream is much longer than the others.
        let (stream, count) = if turn % 3 == 0 { (turn % 4, 1) } else { (2, 3) };
        let written = part(streams[stream], versions[stream], count);
        versions[stream] += count as u64;
        let mut written = Part { tenant: teams[stream % 3].into(), ..written };
        if turn % 5 == 0 {
            written.events[0].event_type = "test.rare".into();
        }
        journal.append(append(vec![written])).await.expect("appended");
    }
    let all = everything(journal.as_ref()).await;
    let some = |names: &[&str]| names.iter().map(|name| StreamId::new("test", name)).collect::<Vec<_>>();
    let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let filters = [
        Filter { tenants: texts(&["team-1"]), ..Filter::default() },
        Filter { tenants: texts(&["team-2", teams[2], "team-2", "team"]), ..Filter::default() },
        Filter { tenants: texts(&teams), types: texts(&["test.rare"]), ..Filter::default() },
        Filter { streams: some(&["a-long-one"]), ..Filter::default() },
        Filter { streams: some(&["it's", "a", "nothing", "a"]), ..Filter::default() },
        Filter { streams: some(&streams), tenants: texts(&["team-1", teams[2]]), ..Filter::default() },
        Filter { streams: some(&streams), types: texts(&["test.rare"]), stream_types: texts(&["test"]), ..Filter::default() },
    ];
    for filter in &filters {
        for after in (0..=all.len() as u64).step_by(7) {
            for limit in [1, 4, 100] {
                let page = journal.read_all(after, limit, filter).await.expect("a page");
                let found: Vec<_> = page.events.iter().map(|event| event.position).collect();
                let left = all.iter().filter(|event| event.position > after && filter.matches(event)).map(|event| event.position);
                assert_eq!(found, left.take(limit).collect::<Vec<_>>(), "{limit} after {after} of {filter:?}");
                let seen = if found.len() < limit { all.len() as u64 } else { found[limit - 1] };
                assert_eq!(page.seen, seen.max(after), "{limit} after {after} of {filter:?}");
            }
        }
    }
}

fn fact(event: Recorded) -> Fact {
    let Recorded { position, stream_version, event_type, version, time, payload, .. } = event;
    Fact { position, stream_version, event_type, version, time, payload }
}

/// Whatever stands in them, and however large they are.
pub async fn facts_are_their_events(subject: &dyn Subject) {
    let journal = subject.journal();
    let payloads = ["{\"a\":\"|ä\"}".into(), format!("\"{}\"", "x".repeat(200_000)), "null".into(), format!("\"{}\"", "ß".repeat(33_000))];
    let mut written = Part { events: payloads.iter().map(|payload: &String| event(payload)).collect(), ..part("a|b", 0, 1) };
    written.events[0].event_type = "test.an|odd \u{1}näme".into();
    written.events[1].version = 7;
    journal.append(append(vec![part("a", 0, 3), written, part("b", 0, 2)])).await.expect("appended");
    for stream in ["a|b", "b", "none"] {
        let stream = StreamId::new("test", stream);
        for (after, limit) in [(0, 100), (0, 2), (1, 2), (3, 2), (9, 2), (0, 0)] {
            let events = journal.read_stream(&stream, after, limit).await.expect("read");
            let facts = journal.read_facts(&stream, after, limit).await.expect("read");
            assert_eq!(facts, events.into_iter().map(fact).collect::<Vec<_>>(), "{limit} after {after} of {stream}");
        }
    }
}

/// In pages that are worked on beside each other, from wherever one begins.
pub async fn a_long_stream_comes_in_order(subject: &dyn Subject) {
    let journal = subject.journal();
    for turn in 0..3 {
        journal.append(append(vec![part("long", turn * 500, 500), part("other", turn, 1)])).await.expect("appended");
    }
    let stream = StreamId::new("test", "long");
    for after in [0, 1, 250, 1000, 1499, 1500, 2000] {
        let versions = async |page: Vec<Fact>| page.iter().map(|fact| fact.stream_version).collect::<Vec<_>>();
        let pages = facts::pages(Arc::clone(&journal), stream.clone(), after, versions);
        let versions: Vec<Vec<u64>> = pages.try_collect().await.expect("read");
        assert_eq!(versions.concat(), (after + 1..=1500).collect::<Vec<_>>(), "after {after}");
    }
}
