//! One batch in one round trip, on a connection of its own. It is asked for trustingly first: what we wrote ourselves is not looked
//! up, and commands are taken for new. Where a unique index says otherwise, nothing was written and the batch is asked for carefully.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::{Connection, Postgres, Row};
use tokio::time::error::Elapsed;

use super::arrays::{Arrays, CALL, Trust};
use super::heads::Heads;
use super::pace::{self, Pace, Spent};
use super::read;
use crate::append::check::Prepared;
use crate::append::group::{COMMAND_RESULTS_KEPT, SWEEP_ROWS, WriteFailed, Writer};
use crate::append::{AppendError, Appended, Fence};
use crate::clock;
use crate::envelope::{Epoch, Position, StreamId};
use crate::journal::Head;

/// When we stop waiting for an answer; the server's own limits below come first.
const ANSWER: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(5);
/// Settings of the appender's session, beside the store's own. The timeouts bound what it waits for; the planner's
/// choices keep the cached plans, made while tables were empty, right for full ones.
const SESSION: [(&str, &str); 7] = [
    ("lock_timeout", "10s"),
    ("statement_timeout", "20s"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("jit", "off"),
];

pub(super) struct PostgresWriter {
    options: PgConnectOptions,
    state: Mutex<State>,
    pool: PgPool,
}

#[derive(Default)]
struct State {
    /// As many as batches were under way at once.
    idle: Vec<PgConnection>,
    under_way: usize,
    heads: Heads,
    pace: Pace,
    /// No result of a command is as old as this any more. Where removed ones lay is not looked at again, which no index of theirs spares:
    /// it tells of pages, and these hold what was removed until they are vacuumed.
    swept: i64,
}

impl PostgresWriter {
    pub(super) fn new(options: PgConnectOptions, pool: PgPool) -> Self {
        let options = options.options(SESSION).application_name("opensail journal append");
        PostgresWriter { options, state: Mutex::default(), pool }
    }

    async fn connect(&self, seen: Head) -> Result<PgConnection, WriteFailed> {
        let connect = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            let round_trip = pace::round_trip(&mut connection).await?;
            let head = read::head(&mut connection).await?;
            Ok((connection, round_trip, head))
        };
        match tokio::time::timeout(CONNECT, connect).await {
            Ok(Ok((connection, round_trip, head))) => {
                if let Some(why) = head.set_back(seen) {
                    return Err(WriteFailed::SetBack(why));
                }
                self.state().pace.met(round_trip);
                Ok(connection)
            }
            Ok(Err::<_, sqlx::Error>(error)) => Err(WriteFailed::Unreachable(error.to_string())),
            Err(_) => Err(WriteFailed::Unreachable("PostgreSQL does not answer".into())),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch under way; counted until it is dropped.
struct UnderWay<'a>(&'a PostgresWriter);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

#[async_trait]
impl Writer for PostgresWriter {
    async fn write(&self, batch: &[&Prepared], seen: Head) -> Result<Vec<Result<Appended, AppendError>>, WriteFailed> {
        let Some(epoch) = batch.first().map(|prepared| prepared.epoch) else { return Ok(Vec::new()) };
        // Taken out: whatever goes wrong, a connection in an unknown state is not used again.
        let (idle, company) = {
            let mut state = self.state();
            state.under_way += 1;
            (state.idle.pop(), state.under_way > 1)
        };
        let _counted = UnderWay(self);
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect(seen).await?,
        };
        let query = ask(epoch, batch, Trust::Heads(&self.state().heads));
        let sent = Instant::now();
        let mut answer = answered(&mut connection, query).await;
        if matches!(&answer, Ok(Err(error)) if is_unique_violation(error)) {
            answer = answered(&mut connection, ask(epoch, batch, Trust::Nothing)).await;
        }
        let total = sent.elapsed();
        match answer {
            Ok(Ok(rows)) => {
                let Answered { before, waited, worked, answers } = answers(batch, epoch, &rows)?;
                let mut state = self.state();
                let overlapped = company || state.under_way > 1;
                state.pace.took(&Spent { total, waited, worked, overlapped });
                state.heads.wrote(before, batch, &answers);
                state.idle.push(connection);
                Ok(answers)
            }
            Ok(Err(error)) => {
                let (failed, usable) = failed(error);
                let mut state = self.state();
                state.heads = Heads::default();
                state.idle.extend(usable.then_some(connection));
                Err(failed)
            }
            Err(_) => Err(WriteFailed::Lost("PostgreSQL does not answer".into())),
        }
    }

    fn overlaps(&self) -> bool {
        self.state().pace.overlaps()
    }

    async fn sweep(&self) -> Result<bool, String> {
        let sweep = async {
            // What is asked of the clock is asked once: compared with each row, it would keep the indexes out of it.
            let expired: i64 =
                sqlx::query_scalar("SELECT journal.now_us() - $1").bind(clock::micros(COMMAND_RESULTS_KEPT)).fetch_one(&self.pool).await?;
            let swept = self.state().swept;
            let results = sqlx::query(
                "DELETE FROM journal.command_results WHERE ctid = ANY (ARRAY(
                     SELECT ctid FROM journal.command_results WHERE time > $1 AND time <= $2 LIMIT $3))",
            )
            .bind(swept)
            .bind(expired)
            .bind(SWEEP_ROWS as i64)
            .execute(&self.pool)
            .await?;
            let more = results.rows_affected() == SWEEP_ROWS;
            if !more {
                self.state().swept = expired;
            }
            let kept = sqlx::query(
                "DELETE FROM journal.vault WHERE ctid = ANY (ARRAY(
                     SELECT ctid FROM journal.vault WHERE expires <= (SELECT journal.now_us()) LIMIT $1))
                 AND expires <= journal.now_us()",
            )
            .bind(SWEEP_ROWS as i64)
            .execute(&self.pool)
            .await?;
            Ok(more || kept.rows_affected() == SWEEP_ROWS)
        };
        sweep.await.map_err(|error: sqlx::Error| error.to_string())
    }
}

fn ask<'a>(epoch: Epoch, batch: &[&'a Prepared], trust: Trust<'_>) -> Query<'a, Postgres, PgArguments> {
    let (careful, last_event) = match trust {
        Trust::Heads(heads) => (false, heads.last_event()),
        Trust::Nothing => (true, None),
    };
    let query = sqlx::query(CALL).bind(epoch.0).bind(clock::now() - clock::micros(COMMAND_RESULTS_KEPT)).bind(careful).bind(last_event);
    Arrays::of(batch, trust).bind(query)
}

async fn answered(
    connection: &mut PgConnection,
    query: Query<'_, Postgres, PgArguments>,
) -> Result<Result<Vec<PgRow>, sqlx::Error>, Elapsed> {
    tokio::time::timeout(ANSWER, query.fetch_all(connection)).await
}

fn is_unique_violation(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

/// What an error says about the batch, and whether the connection can go on.
fn failed(error: sqlx::Error) -> (WriteFailed, bool) {
    let why = error.to_string();
    let Some(code) = error.as_database_error().and_then(|error| error.code()) else {
        return (WriteFailed::Lost(why), false);
    };
    match code.as_ref() {
        // A server that only reads now: another one is, or will be, the primary.
        "25006" => (WriteFailed::Unreachable(why), false),
        // Shut down or ended by an administrator.
        code if code.starts_with("57P") || code.starts_with("08") => (WriteFailed::Lost(why), false),
        // Timeouts, deadlocks, no memory, no disk, input and output.
        "55P03" | "57014" => (WriteFailed::Busy(why), true),
        code if ["40", "53", "54", "58", "XX"].contains(&&code[..2]) => (WriteFailed::Busy(why), true),
        _ => (WriteFailed::Refused(why), true),
    }
}

struct Answered {
    /// The journal's last position before the batch.
    before: Position,
    waited: Duration,
    worked: Duration,
    /// One for each append.
    answers: Vec<Result<Appended, AppendError>>,
}

fn answers(batch: &[&Prepared], epoch: Epoch, rows: &[PgRow]) -> Result<Answered, WriteFailed> {
    let broken = |error: sqlx::Error| WriteFailed::Lost(format!("an answer that cannot be read: {error}"));
    let mut verdicts: HashMap<i32, Result<Appended, AppendError>> = HashMap::new();
    let (mut head, mut time) = (0, 0);
    let (mut waited, mut worked) = (Duration::ZERO, Duration::ZERO);
    for row in rows {
        match row.try_get("o_kind").map_err(broken)? {
            "epoch" => return Err(WriteFailed::Epoch(Epoch(row.try_get("o_epoch").map_err(broken)?))),
            "head" => {
                head = row.try_get::<i64, _>("o_position").map_err(broken)? as u64;
                time = row.try_get("o_time").map_err(broken)?;
                waited = micros(row, "o_waited").map_err(broken)?;
                worked = micros(row, "o_worked").map_err(broken)?;
            }
            kind => {
                let number: i32 = row.try_get("o_append").map_err(broken)?;
                let prepared = batch.get((number - 1) as usize).ok_or_else(|| broken(sqlx::Error::RowNotFound))?;
                let verdict = verdict(kind, row, prepared).map_err(broken)?;
                // The reasons come in the order they count: a repeated command before a fence before a version.
                verdicts.entry(number).or_insert(verdict);
            }
        }
    }
    let mut position = head;
    let answers = batch.iter().zip(1..).map(|(prepared, number)| {
        verdicts.remove(&number).unwrap_or_else(|| {
            position += prepared.events as u64;
            let Prepared { append, .. } = prepared;
            Ok(Appended { epoch, position, versions: append.versions(), time, repeated: false, answer: append.answer.clone() })
        })
    });
    Ok(Answered { before: head, waited, worked, answers: answers.collect() })
}

fn micros(row: &PgRow, column: &str) -> Result<Duration, sqlx::Error> {
    Ok(Duration::from_micros(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or(0)))
}

fn verdict(kind: &str, row: &PgRow, prepared: &Prepared) -> Result<Result<Appended, AppendError>, sqlx::Error> {
    let append = &prepared.append;
    Ok(match (kind, &append.fence) {
        ("known", _) => {
            let (first, fingerprint) = known(row, ["o_epoch", "o_position", "o_time", "o_versions", "o_answer", "o_fingerprint"])?;
            if fingerprint == append.fingerprint { Ok(first) } else { Err(AppendError::Reused(append.command_id)) }
        }
        ("fenced", Some(Fence { resource, token })) => Err(AppendError::Fenced { resource: resource.clone(), token: *token }),
        _ => Err(AppendError::Conflict {
            stream: StreamId::from_stored(row.try_get("o_stream")?),
            expected: row.try_get::<i64, _>("o_expected")? as u64,
            actual: row.try_get::<i64, _>("o_actual")? as u64,
        }),
    })
}

/// A stored command result from its columns: epoch, position, time, versions, answer, fingerprint.
pub(super) fn known(row: &PgRow, columns: [&str; 6]) -> Result<(Appended, Option<[u8; 32]>), sqlx::Error> {
    let [epoch, position, time, versions, answer, fingerprint] = columns;
    let versions: Vec<(StreamId, u64)> = serde_json::from_str(row.try_get(versions)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let first = Appended {
        epoch: Epoch(row.try_get(epoch)?),
        position: row.try_get::<i64, _>(position)? as u64,
        time: row.try_get(time)?,
        versions,
        repeated: true,
        answer: row.try_get(answer)?,
    };
    let fingerprint: Option<Vec<u8>> = row.try_get(fingerprint)?;
    Ok((first, fingerprint.and_then(|bytes| bytes.try_into().ok())))
}
