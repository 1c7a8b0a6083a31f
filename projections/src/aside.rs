//! Streams that a view has set aside, as those meet them who read it (decision 27).
//!
//! What a view shows of such a stream is from before the event that it cannot apply. Every statement passes [`crate::reader`], which finds out here
//! which of these streams its answer lacks something of: those it asks for by name, those that stand in what it lists, and those it was told a row of.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use opensail_domain::kernel::AccountId;
use opensail_eventstore::{Position, StreamId};

use crate::QueryError;
use crate::db::{Row, Sql, Value, mentions};

/// A stream of which a view shows nothing from a position on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aside {
    pub view: &'static str,
    pub stream: StreamId,
    /// Of the event that cannot be applied.
    pub position: Position,
    pub tenant: String,
    pub project: Option<String>,
}

/// One that an answer lacks something of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Noted {
    pub aside: Aside,
    /// It may belong in a list over all teams of this account: whether the account may see it is not known here. `None`: it belongs to what was asked
    /// for, which who asks may see.
    pub perhaps_of: Option<AccountId>,
}

tokio::task_local! {
    static NOTED: RefCell<Vec<Noted>>;
}

/// Runs what asks the views, and tells of which streams it was shown too little.
pub async fn noting<F: Future>(asking: F) -> (F::Output, Vec<Noted>) {
    NOTED
        .scope(RefCell::default(), async {
            let answer = asking.await;
            (answer, NOTED.with(RefCell::take))
        })
        .await
}

fn note(noted: Noted) {
    // Nobody may want to know: workers ask too.
    let _ = NOTED.try_with(|all| {
        let mut all = all.borrow_mut();
        if !all.contains(&noted) {
            all.push(noted);
        }
    });
}

/// What is done about streams that are set aside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heed {
    /// Who asks for one by name, and for more of it than is there, is refused; the others are told.
    Refuse,
    /// Told: it only adorns an answer.
    Tell,
    /// Passed over: the answer does not come from the view.
    Pass,
}

/// All of them, by what a statement may name.
#[derive(Debug, Default)]
pub(crate) struct Asides {
    all: Vec<Aside>,
    /// Tables by their view.
    tables: HashMap<&'static str, Vec<&'static str>>,
    /// Places in `all` by stream, id of the stream, tenant and project.
    named: HashMap<String, BTreeSet<usize>>,
}

impl Asides {
    pub(crate) fn new(all: Vec<Aside>, tables: HashMap<&'static str, Vec<&'static str>>) -> Self {
        let mut named: HashMap<String, BTreeSet<usize>> = HashMap::new();
        for (at, aside) in all.iter().enumerate() {
            let names = [Some(aside.stream.as_str()), Some(aside.stream.id()), Some(&aside.tenant), aside.project.as_deref()];
            for name in names.into_iter().flatten() {
                named.entry(name.into()).or_default().insert(at);
            }
        }
        Asides { all, tables, named }
    }

    pub(crate) fn all(&self) -> &[Aside] {
        &self.all
    }

    fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = usize> + use<'a> {
        self.named.get(name).into_iter().flatten().copied()
    }
}

impl Aside {
    fn is_called(&self, name: &str) -> bool {
        name == self.stream.id() || name == self.stream.as_str()
    }
}

/// What a statement has to do with streams that are set aside.
pub(crate) struct Concern {
    asides: Arc<Asides>,
    /// Views that it asks.
    views: Vec<&'static str>,
    /// The position that is looked at: what is set aside behind it does not matter.
    at: Option<Position>,
    found: BTreeSet<usize>,
    whole_of: Option<AccountId>,
}

impl Concern {
    /// `None`: nothing that it asks is set aside. `up_to`: what the answer must have seen of whatever it names.
    pub(crate) fn of(
        asides: Arc<Asides>,
        sql: &Sql,
        at: Option<Position>,
        up_to: Position,
        whole_of: Option<AccountId>,
        heed: Heed,
    ) -> Result<Option<Concern>, QueryError> {
        if asides.all.is_empty() || heed == Heed::Pass {
            return Ok(None);
        }
        let asked = asides.tables.iter().filter(|(_, tables)| tables.iter().any(|table| mentions(&sql.text, table)));
        let views: Vec<_> = asked.map(|(view, _)| *view).collect();
        if views.is_empty() {
            return Ok(None);
        }
        let mut concern = Concern { asides, views, at, found: BTreeSet::new(), whole_of };
        for name in sql.binds.iter().filter_map(Value::text) {
            for place in concern.matching(name) {
                let aside = &concern.asides.all[place];
                if heed == Heed::Refuse && aside.position <= up_to && aside.is_called(name) {
                    return Err(QueryError::Parked { view: aside.view, stream: aside.stream.clone(), position: aside.position });
                }
                concern.found.insert(place);
            }
        }
        Ok(Some(concern))
    }

    fn matching(&self, name: &str) -> Vec<usize> {
        self.asides.named(name).filter(|place| self.counts(&self.asides.all[*place])).collect()
    }

    fn counts(&self, aside: &Aside) -> bool {
        self.views.contains(&aside.view) && self.at.is_none_or(|at| aside.position <= at)
    }

    /// Notes what the answer lacks.
    pub(crate) fn note<'a>(mut self, rows: impl IntoIterator<Item = &'a Row>) {
        for text in rows.into_iter().flat_map(Row::texts) {
            let shown: Vec<_> = self.matching(text).into_iter().filter(|place| self.asides.all[*place].is_called(text)).collect();
            self.found.extend(shown);
        }
        for (place, aside) in self.asides.all.iter().enumerate() {
            if self.found.contains(&place) {
                note(Noted { aside: aside.clone(), perhaps_of: None });
            } else if self.whole_of.is_some() && self.counts(aside) {
                note(Noted { aside: aside.clone(), perhaps_of: self.whole_of });
            }
        }
    }
}
