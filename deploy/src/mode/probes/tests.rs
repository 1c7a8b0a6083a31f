//! What readiness makes of how a view stands.

use opensail_projections::Rebuilding;

use super::*;

fn view() -> View {
    View {
        name: "team",
        version: 1,
        position: 70,
        lag_events: 0,
        lag_seconds: 0,
        still: Duration::ZERO,
        parked: 0,
        served: true,
        stopped: None,
        rebuilding: None,
        kept: None,
    }
}

/// Why, and whether the process is as good as any other.
fn told(view: View) -> Option<(String, bool)> {
    trouble(view).map(|trouble| (trouble.why, trouble.tolerable))
}

#[test]
fn a_view_that_goes_on_is_no_trouble() {
    assert_eq!(told(view()), None);
    let still = LONGEST_STILL - Duration::from_millis(1);
    assert_eq!(told(View { lag_events: MOST_BEHIND, lag_seconds: 3600, still, parked: 7, ..view() }), None);
}

#[test]
fn a_view_that_stands_still_is_not_ready() {
    let why = "it has not moved from position 70 for 30 s, and 12 events wait";
    assert_eq!(told(View { lag_events: 12, still: LONGEST_STILL, ..view() }), Some((why.into(), false)));
}

#[test]
fn a_view_that_is_far_behind_is_not_ready() {
    assert_eq!(told(View { lag_events: MOST_BEHIND + 1, ..view() }), Some(("10001 events behind".into(), false)));
}

#[test]
fn a_view_that_is_being_built_is_no_trouble_until_that_stops() {
    let late = View { lag_events: MOST_BEHIND + 1, still: LONGEST_STILL, served: false, ..view() };
    let built = |stopped: Option<&str>| Some(Rebuilding { done: 1, to_do: 69, stopped: stopped.map(Into::into) });
    assert_eq!(told(View { rebuilding: built(None), ..late.clone() }), None);
    assert_eq!(told(View { rebuilding: built(Some("why")), ..late }), Some(("why".into(), false)));
    assert_eq!(told(View { rebuilding: built(Some("why")), ..view() }), None, "the one that is read goes on");
}

#[test]
fn a_view_that_has_stopped_for_every_process_takes_none_out_of_service() {
    let stopped = View { stopped: Some("why".into()), lag_events: MOST_BEHIND + 1, still: LONGEST_STILL, ..view() };
    assert_eq!(told(stopped.clone()), Some(("why".into(), true)));
    assert_eq!(told(View { served: false, ..stopped }), Some(("why".into(), false)));
}
