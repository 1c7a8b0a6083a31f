//! What cannot be answered now, and could be later: 503.

use axum::http::StatusCode;

use super::Problem;

/// People have to do something before it is of use to ask again, in seconds.
const PEOPLE: u64 = 60;

impl Problem {
    /// A view has not reached the wished position in time.
    pub(crate) fn behind() -> Self {
        let detail = "the view has not reached that position yet; ask again";
        Problem { retry_after: Some(1), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "behind", detail) }
    }
    /// Of this one view; the others answer.
    pub(crate) fn rebuilding(view: &str) -> Self {
        let detail = format!("the view {view:?} is being built; ask again");
        Problem { retry_after: Some(2), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "rebuilding", detail) }
    }
    pub(crate) fn unavailable() -> Self {
        let detail = "something this server needs does not answer; try again shortly";
        Problem { retry_after: Some(2), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
    }
    /// Nothing that is known here is certain any more; `why` says what to do.
    pub(crate) fn set_back(why: String) -> Self {
        Problem { retry_after: Some(PEOPLE), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "set_back", why) }
    }
    /// Of this one view; the others answer. A write that is answered so was done.
    pub(crate) fn view_kept_by_newer(view: &str) -> Self {
        let detail =
            format!("the view {view:?} is kept by a newer version of the program, which this one cannot read; upgrade this server");
        Problem { retry_after: Some(PEOPLE), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "view_stopped", detail) }
    }
    /// Of this one view; the others answer. A write that is answered so was done.
    pub(crate) fn view_stopped(view: &str, position: u64) -> Self {
        let detail = format!(
            "the view {view:?} stands still at position {position}, before an event of a newer version of the program; upgrade this server"
        );
        let mut problem = Problem { retry_after: Some(PEOPLE), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "view_stopped", detail) };
        problem.more.insert("position".into(), position.into());
        problem
    }
    /// Of the one thing that is asked about, where more of it is wanted than the view has; everything else answers. A write that is answered so was done.
    pub(crate) fn stream_parked(view: &str, stream: &str, position: u64) -> Self {
        let detail = format!(
            "the event at position {position} of {stream} cannot be shown by the view {view:?}, which has set the stream aside there; what was written \
             is in the journal. Without `min_position` and `as_of` it is shown as it was before. Whoever runs this server sees why with: opensail \
             projection parked; once that is mended: opensail projection retry {view} {stream}"
        );
        let mut problem = Problem { retry_after: Some(PEOPLE), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stream_parked", detail) };
        for (name, value) in [("view", view.into()), ("stream", stream.into()), ("position", position.into())] {
            problem.more.insert(name.into(), value);
        }
        problem
    }
    /// Of the one thing that is asked about; everything else answers.
    pub(crate) fn newer_event(event_type: &str, version: u32, position: u64) -> Self {
        tracing::error!(event_type, version, position, "an event was written by a newer version of the program");
        let detail = format!(
            "event {event_type} v{version} at position {position} was written by a newer version of the program; upgrade this server"
        );
        let mut problem = Problem { retry_after: Some(PEOPLE), ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "newer_event", detail) };
        problem.more.insert("position".into(), position.into());
        problem
    }
}
