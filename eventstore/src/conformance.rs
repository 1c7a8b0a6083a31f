//! What the journal promises, as one suite that every back end passes.
//!
//! [`suite!`](crate::journal_suite) makes one test of each promise; the test gives a [`Subject`], a fresh store with a
//! way behind its back.

pub mod append;
pub mod batch;
pub mod epoch;
pub mod explained;
pub mod group;
pub mod lease;
pub mod page;
pub mod parked;
pub mod relay;
pub mod seal;
pub mod second_place;
pub mod server;
pub mod set_back;
pub mod subscription;
pub mod tampered;
pub mod vault;
pub mod watched;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::append::{Append, AppendError, Appended, Part};
use crate::envelope::{Actor, CommandId, Epoch, NewEvent, Recorded, StreamId};
use crate::journal::{Filter, Journal};
use crate::lease::Leases;
use crate::seal::{Attestation, Parting, SealTables};
use crate::vault::Vault;

/// A fresh store under test.
#[async_trait]
pub trait Subject: Send + Sync {
    fn journal(&self) -> Arc<dyn Journal>;
    fn vault(&self) -> Arc<dyn Vault>;
    fn leases(&self) -> Arc<dyn Leases>;
    fn seal(&self) -> Arc<dyn SealTables>;
    /// The same database opened once more, as another process would.
    async fn another(&self) -> Box<dyn Subject>;
    async fn start_epoch(&self, parting: Parting, attested: Option<&Attestation>) -> Epoch;
    /// Runs a statement as the tables' owner. `{events}` and its like stand for the tables' full names.
    async fn sql(&self, statement: &str) -> Result<(), String>;
    /// Keeps every writer of the journal waiting until [`Held::release`], well within the writer's own patience.
    async fn hold_the_writer(&self) -> Box<dyn Held>;
    /// Runs a statement as somebody to whom the database belongs, with every trigger out of the way.
    async fn tamper(&self, statement: &str);
    /// A statement that lets the database refuse every event of type `test.poison`.
    fn poison(&self) -> &'static str;
}

/// The writer's lock in somebody else's hands.
#[async_trait]
pub trait Held: Send {
    async fn release(self: Box<Self>);
}

/// Nothing here takes this long; a test that waits for what never comes fails instead of hanging.
pub const PATIENCE: Duration = Duration::from_secs(180);

pub fn event(payload: &str) -> NewEvent {
    NewEvent { event_id: Uuid::now_v7(), event_type: "test.happened".into(), version: 1, payload: payload.into() }
}

pub fn part(stream: &str, expected: u64, count: usize) -> Part {
    Part {
        stream: StreamId::new("test", stream),
        expected,
        tenant: "team-1".into(),
        project: Some("project-1".into()),
        events: (0..count).map(|number| event(&format!("{{\"number\":{number}}}"))).collect(),
    }
}

/// An append with a command id of its own.
pub fn append(parts: Vec<Part>) -> Append {
    Append {
        command_id: CommandId(Uuid::now_v7()),
        fingerprint: None,
        fence: None,
        actor: Actor::system("conformance"),
        correlation_id: Uuid::now_v7(),
        causation_id: None,
        client_address: None,
        parts,
        guards: Vec::new(),
        vault: Vec::new(),
        answer: None,
    }
}

/// One event for a stream at version 0.
pub fn one(stream: &str) -> Append {
    append(vec![part(stream, 0, 1)])
}

pub async fn everything(journal: &dyn Journal) -> Vec<Recorded> {
    journal.read_all(0, 1_000_000, &Filter::default()).await.expect("the journal is read").events
}

/// Starts all appends at once and gives the answers in their order.
pub async fn together(journal: &Arc<dyn Journal>, appends: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
    let tasks: Vec<_> = appends
        .into_iter()
        .map(|append| {
            let journal = journal.clone();
            tokio::spawn(async move { journal.append(append).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("no panic"));
    }
    answers
}

/// Makes one `#[tokio::test]` of each promise, for a subject that `$open` gives.
#[macro_export]
macro_rules! journal_suite {
    ($open:expr) => {
        $crate::journal_suite!(@ $open,
            append { positions_are_dense_under_64_writers, two_processes_share_one_order, tenants_count_on_their_own,
                several_streams_are_atomic, a_stale_version_conflicts, a_new_stream_must_not_exist, guards_are_checked, what_another_process_wrote_counts,
                a_repeated_command_answers_with_the_first_result, a_reused_command_is_told_apart, a_command_without_events_is_kept,
                what_is_not_valid_is_refused, payloads_are_kept_byte_for_byte, the_envelope_comes_back_whole,
                time_never_goes_back, events_cannot_be_changed, four_increments_give_four },
            batch { one_bad_append_fails_alone, a_conflict_answers_only_its_caller, a_guard_waits_for_the_write_it_rests_on,
                one_tenant_does_not_hold_up_another, a_full_queue_is_refused },
            epoch { a_cursor_of_another_epoch_is_refused, subscriptions_end_with_their_epoch, a_time_is_a_position },
            group { each_event_is_handled_in_the_order_of_its_stream, who_joins_gets_a_share_and_who_leaves_gives_it_back,
                a_checkpoint_that_cannot_be_read_is_not_begun_anew, a_consumer_goes_on_in_a_new_epoch, a_consumer_ahead_of_its_journal_goes_back, a_ghost_moves_no_checkpoint, an_effect_in_the_journal_is_made_once,
                an_effect_that_was_dropped_is_made_once, a_known_effect_moves_the_checkpoint, a_name_with_a_slash_is_refused,
                a_checkpoint_moves_over_what_concerns_nobody },
            parked { a_poison_event_parks_its_stream_alone, what_is_parked_survives_a_takeover, a_retry_goes_on_in_order,
                a_skip_leaves_one_event_out, no_more_streams_are_parked_than_may_be, an_order_reaches_its_partition_alone,
                an_order_does_not_outlive_its_history, a_newer_event_stops_its_partition_until_a_newer_program_comes },
            lease { a_lease_has_one_holder, tokens_grow_for_ever, a_fence_keeps_a_ghost_out, an_expired_lease_is_free,
                others_are_voided, a_lost_lease_is_not_renewed },
            page { pages_are_complete, filters_select, pages_of_some_are_what_a_filter_leaves, facts_are_their_events, a_long_stream_comes_in_order },
            seal { what_is_sealed_is_proven, sealing_goes_on_where_it_ended, two_sealers_write_one_tree, a_new_key_is_announced_by_the_old,
                a_lost_second_place_stops_nothing, epochs_of_before_are_taken_once },
            tampered { an_event_before_the_first_is_found, missing_checkpoints_are_found, a_seal_that_was_set_back_is_found, no_epoch_gives_up_what_was_noted, a_rollback_that_calls_itself_a_restore_is_found, an_epoch_that_was_changed_is_found, a_roll_that_was_removed_is_found, nothing_is_sealed_in_an_epoch_that_nobody_attests, a_new_epoch_disowns_a_forged_one, a_key_of_somebody_else_attests_nothing, an_altered_byte_is_found, an_altered_byte_is_never_sealed, what_stops_the_seal_is_told_until_it_is_over, a_dropped_row_is_found, two_swapped_rows_are_found,
                a_forged_tail_is_found, a_rollback_is_found, a_forged_seal_is_found, the_seal_cannot_be_changed },
            set_back { a_restore_is_no_rollback, what_was_written_after_a_set_back_is_not_shared,
                what_was_written_and_not_sealed_is_not_shared, a_memory_of_the_other_history_vouches_for_nothing,
                an_epoch_that_is_not_known_any_more_is_a_set_back, a_memory_ahead_of_the_clock_is_given_up_all_the_same,
                who_has_seen_what_was_lost_reads_and_writes_nothing_more, what_was_lost_since_it_was_read_is_not_sealed },
            subscription { catch_up_meets_live_without_a_seam, a_slow_subscriber_loses_nothing, seen_moves_over_foreign_events,
                a_reader_of_one_stream_hears_it_among_many,
                another_process_is_heard, a_shut_tail_ends_its_subscriptions },
            vault { rows_come_and_go, swap_is_compare_and_set, take_gives_to_one_only, expired_rows_are_absent,
                writes_ride_in_the_append, lists_are_by_prefix, a_subject_has_one_key }
        );
    };
    (@ $open:expr, $($room:ident { $($promise:ident),* $(,)? }),*) => {
        $(mod $room {
            #[allow(unused_imports)]
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                let subject = $open.await;
                let test = $crate::conformance::$room::$promise(&subject);
                tokio::time::timeout($crate::conformance::PATIENCE, test).await.expect("an end in time");
            })*
        })*
    };
}
