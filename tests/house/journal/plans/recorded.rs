//! Takes down the statements that sqlx runs for one test, among all that run in the process.
//!
//! sqlx tells each statement as an event of `tracing`, in the span that was entered where it was asked for. A test on a runtime of one thread keeps its
//! thread within a span of its own, so its statements are those told within it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};

use tokio::runtime::{Builder, Runtime};
use tracing::field::{Field, Visit};
use tracing::span::EnteredSpan;
use tracing::subscriber::Interest;
use tracing::{Event, Metadata};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

const SPAN: &str = "recorded";

type Texts = Arc<Mutex<BTreeSet<String>>>;

pub(super) struct Recorder {
    texts: Texts,
    _within: EnteredSpan,
}

impl Recorder {
    pub(super) fn forget(&self) {
        self.texts.lock().expect("whole").clear();
    }
    pub(super) fn taken(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.texts.lock().expect("whole"))
    }
}

/// A runtime on this thread, whose statements are recorded as long as the recorder lives.
pub(super) fn runtime() -> (Runtime, Recorder) {
    // One test records; a second would need its own set.
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    let texts = TEXTS
        .get_or_init(|| {
            let texts = Texts::default();
            let listening = tracing_subscriber::registry().with(Statements(texts.clone()));
            tracing::subscriber::set_global_default(listening).expect("nobody else listens");
            texts
        })
        .clone();
    let within = tracing::info_span!(target: "opensail_tests", SPAN).entered();
    (Builder::new_current_thread().enable_all().build().expect("a runtime"), Recorder { texts, _within: within })
}

struct Statements(Texts);

impl Layer<Registry> for Statements {
    // Asked each time: it depends on where it happens.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }
    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, Registry>) -> bool {
        metadata.name() == SPAN || (metadata.target() == "sqlx::query" && context.lookup_current().is_some())
    }
    fn on_event(&self, event: &Event<'_>, _: Context<'_, Registry>) {
        let mut told = Told::default();
        event.record(&mut told);
        let text = if told.statement.trim().is_empty() { told.summary } else { told.statement };
        let text = text.trim();
        // The rest has no plan: settings, transactions, tables that are made. And what sqlx asks at the start is its own.
        let planned = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| text.starts_with(verb));
        if planned && !text.contains("_sqlx_migrations") {
            self.0.lock().expect("whole").insert(text.to_owned());
        }
    }
}

#[derive(Default)]
struct Told {
    summary: String,
    /// Empty where the summary is all of it.
    statement: String,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.into(),
            "db.statement" => self.statement = value.into(),
            _ => {}
        }
    }
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
