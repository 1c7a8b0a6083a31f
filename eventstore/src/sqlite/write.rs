//! One batch in one transaction: read every head it rests on, decide in memory, insert everything.

use std::collections::HashMap;

use async_trait::async_trait;
use serde_json::{Value, json};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Row, SqliteConnection};

use super::read::last;
use super::row::COLUMNS;
use crate::append::check::Prepared;
use crate::append::group::{COMMAND_RESULTS_KEPT, SWEEP_ROWS, WriteFailed, Writer};
use crate::append::{Append, AppendError, Appended, Fence, Part};
use crate::clock;
use crate::envelope::{CommandId, Epoch, NewEvent, Position, StreamId};
use crate::journal::Head;
use crate::vault::VaultWrite;

/// Rows per INSERT: few distinct statements, so that each is prepared once; 64 rows stay far below SQLite's 32,766 binds.
const ROWS: [usize; 3] = [64, 8, 1];
/// Result codes of SQLite.
const FULL: i32 = 13;
const CONSTRAINT: i32 = 19;

type Known = (Appended, Option<[u8; 32]>);

pub(super) struct SqliteWriter {
    writer: SqlitePool,
}

impl SqliteWriter {
    pub(super) fn new(writer: SqlitePool) -> Self {
        SqliteWriter { writer }
    }

    async fn transact(
        &self,
        batch: &[&Prepared],
        seen: Head,
    ) -> Result<Result<Vec<Result<Appended, AppendError>>, WriteFailed>, sqlx::Error> {
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let epoch = super::current_epoch(&mut tx).await?.ok_or(sqlx::Error::RowNotFound)?;
        if batch.iter().any(|prepared| prepared.epoch != epoch) {
            return Ok(Err(WriteFailed::Epoch(epoch)));
        }
        let mut heads = Heads::read(&mut tx, batch).await?;
        if let Some(why) = (Head { epoch, position: heads.position }).set_back(seen) {
            return Ok(Err(WriteFailed::SetBack(why)));
        }
        let (mut accepted, mut rows) = (Vec::new(), Vec::new());
        let mut results = Vec::with_capacity(batch.len());
        for prepared in batch {
            results.push(heads.decide(prepared).map(|known| match known {
                Some(first) => first,
                None => {
                    let done = heads.accept(prepared, &mut rows);
                    accepted.push((*prepared, done.clone()));
                    done
                }
            }));
        }
        if accepted.is_empty() {
            tx.rollback().await?;
            return Ok(Ok(results));
        }
        insert_events(&mut tx, &rows).await?;
        write_heads(&mut tx, &heads, &accepted).await?;
        write_vault(&mut tx, &accepted).await?;
        Ok(tx.commit().await.map(|()| results).map_err(commit_failed))
    }
}

#[async_trait]
impl Writer for SqliteWriter {
    async fn write(&self, batch: &[&Prepared], seen: Head) -> Result<Vec<Result<Appended, AppendError>>, WriteFailed> {
        self.transact(batch, seen).await.unwrap_or_else(|error| Err(failed(error)))
    }

    async fn sweep(&self) -> Result<bool, String> {
        let now = clock::now();
        let sweep = async {
            let results = sqlx::query(
                "DELETE FROM command_results WHERE command_id IN (SELECT command_id FROM command_results WHERE time <= ?1 LIMIT ?2)",
            )
            .bind(now - clock::micros(COMMAND_RESULTS_KEPT))
            .bind(SWEEP_ROWS as i64)
            .execute(&self.writer)
            .await?;
            let kept = sqlx::query("DELETE FROM vault WHERE (kind, key) IN (SELECT kind, key FROM vault WHERE expires <= ?1 LIMIT ?2)")
                .bind(now)
                .bind(SWEEP_ROWS as i64)
                .execute(&self.writer)
                .await?;
            Ok(results.rows_affected().max(kept.rows_affected()) == SWEEP_ROWS)
        };
        sweep.await.map_err(|error: sqlx::Error| error.to_string())
    }
}

/// Before the COMMIT nothing is written. A constraint or a trigger speaks about the data; everything else (full disk, busy file) about the machine.
fn failed(error: sqlx::Error) -> WriteFailed {
    match primary(&error) {
        Some(CONSTRAINT) => WriteFailed::Refused(error.to_string()),
        _ => WriteFailed::Busy(error.to_string()),
    }
}

/// SQLite rolls back, but the frames stay in the log until others are written over them. If their flush failed, or the log's index could not grow
/// after it, the last one is there too, which marks the commit, and whoever opens the file after a kill takes all of them for committed. A full disk
/// alone is certain: only a write tells it, and nothing is written after the marked frame.
fn commit_failed(error: sqlx::Error) -> WriteFailed {
    match primary(&error) {
        Some(FULL) => WriteFailed::Busy(error.to_string()),
        _ => WriteFailed::Lost(error.to_string()),
    }
}

/// SQLite's result code, without what extends it.
fn primary(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// A stored command result, starting at column `at`: epoch, position, time, versions, answer, fingerprint.
pub(super) fn known(row: &SqliteRow, at: usize) -> Result<Known, sqlx::Error> {
    let versions: Vec<(StreamId, u64)> = serde_json::from_str(row.try_get(at + 3)?).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let first = Appended {
        epoch: Epoch(row.try_get(at)?),
        position: row.try_get::<i64, _>(at + 1)? as u64,
        time: row.try_get(at + 2)?,
        versions,
        repeated: true,
        answer: row.try_get(at + 4)?,
    };
    let fingerprint: Option<Vec<u8>> = row.try_get(at + 5)?;
    Ok((first, fingerprint.and_then(|bytes| bytes.try_into().ok())))
}

/// Everything the batch rests on, read once, and what it makes of it.
struct Heads {
    position: Position,
    time: i64,
    streams: HashMap<String, u64>,
    tenants: HashMap<String, u64>,
    commands: HashMap<CommandId, Known>,
    leases: HashMap<String, u64>,
}

/// One row of `events`: its place, and where its values come from.
struct EventRow<'a> {
    append: &'a Append,
    part: &'a Part,
    event: &'a NewEvent,
    content_hash: &'a [u8; 32],
    epoch: Epoch,
    position: Position,
    tenant_position: u64,
    stream_version: u64,
    time: i64,
}

impl Heads {
    async fn read(db: &mut SqliteConnection, batch: &[&Prepared]) -> Result<Heads, sqlx::Error> {
        let appends = || batch.iter().map(|prepared| &prepared.append);
        let (position, previous) = last(&mut *db).await?;
        let streams: Vec<[&str; 2]> = appends()
            .flat_map(|append| append.parts.iter().map(|part| &part.stream).chain(append.guards.iter().map(|guard| &guard.stream)))
            .map(|stream| [stream.stream_type(), stream.id()])
            .collect();
        let tenants: Vec<&str> = appends().flat_map(|append| append.parts.iter().map(|part| part.tenant.as_str())).collect();
        let commands: Vec<String> = appends().map(|append| append.command_id.0.simple().to_string()).collect();
        let fenced: Vec<&str> = appends().filter_map(|append| append.fence.as_ref()).map(|fence| fence.resource.as_str()).collect();
        let rows = sqlx::query(
            "SELECT epoch, position, time, versions, answer, fingerprint, command_id FROM command_results
             WHERE command_id IN (SELECT unhex(value) FROM json_each(?1)) AND time > ?2",
        )
        .bind(json!(commands).to_string())
        .bind(clock::now() - clock::micros(COMMAND_RESULTS_KEPT))
        .fetch_all(&mut *db)
        .await?;
        let commands = rows.iter().map(|row| Ok((CommandId(row.try_get(6)?), known(row, 0)?))).collect::<Result<_, sqlx::Error>>()?;
        Ok(Heads {
            position,
            time: clock::now().max(previous),
            streams: numbers(
                db,
                "SELECT value ->> 0 || '-' || (value ->> 1), coalesce((SELECT stream_version FROM events
                     WHERE stream_id = value ->> 1 AND stream_type = value ->> 0 ORDER BY stream_version DESC LIMIT 1), 0)
                 FROM json_each(?1)",
                streams,
            )
            .await?,
            tenants: numbers(db, "SELECT tenant, position FROM tenant_heads WHERE tenant IN (SELECT value FROM json_each(?1))", tenants)
                .await?,
            leases: numbers(
                db,
                "SELECT resource, token FROM leases WHERE holder IS NOT NULL AND resource IN (SELECT value FROM json_each(?1))",
                fenced,
            )
            .await?,
            commands,
        })
    }

    /// `Ok(None)`: may be written. A batch holds each stream and each command only once, so nothing accepted before matters.
    fn decide(&self, prepared: &Prepared) -> Result<Option<Appended>, AppendError> {
        let append = &prepared.append;
        if let Some((first, fingerprint)) = self.commands.get(&append.command_id) {
            return match *fingerprint == append.fingerprint {
                true => Ok(Some(first.clone())),
                false => Err(AppendError::Reused(append.command_id)),
            };
        }
        if let Some(Fence { resource, token }) = &append.fence
            && self.leases.get(resource) != Some(token)
        {
            return Err(AppendError::Fenced { resource: resource.clone(), token: *token });
        }
        let parts = append.parts.iter().map(|part| (&part.stream, part.expected));
        let guards = append.guards.iter().map(|guard| (&guard.stream, guard.version));
        for (stream, expected) in parts.chain(guards) {
            let actual = self.streams.get(stream.as_str()).copied().unwrap_or(0);
            if actual != expected {
                return Err(AppendError::Conflict { stream: stream.clone(), expected, actual });
            }
        }
        Ok(None)
    }

    fn accept<'a>(&mut self, prepared: &'a Prepared, rows: &mut Vec<EventRow<'a>>) -> Appended {
        let Prepared { append, epoch, hashes, .. } = prepared;
        let mut hashes = hashes.iter();
        for part in &append.parts {
            let tenant = self.tenants.entry(part.tenant.clone()).or_insert(0);
            for ((event, stream_version), content_hash) in part.events.iter().zip(part.expected + 1..).zip(&mut hashes) {
                self.position += 1;
                *tenant += 1;
                let (position, tenant_position) = (self.position, *tenant);
                rows.push(EventRow {
                    append,
                    part,
                    event,
                    content_hash,
                    epoch: *epoch,
                    position,
                    tenant_position,
                    stream_version,
                    time: self.time,
                });
            }
        }
        Appended {
            epoch: *epoch,
            position: self.position,
            versions: append.versions(),
            time: self.time,
            repeated: false,
            answer: append.answer.clone(),
        }
    }
}

async fn numbers<N: serde::Serialize>(
    db: &mut SqliteConnection,
    sql: &'static str,
    names: Vec<N>,
) -> Result<HashMap<String, u64>, sqlx::Error> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query(sql).bind(json!(names).to_string()).fetch_all(db).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)? as u64))).collect()
}

async fn insert_events(db: &mut SqliteConnection, mut rows: &[EventRow<'_>]) -> Result<(), sqlx::Error> {
    for size in ROWS {
        while rows.len() >= size {
            let (now, rest) = rows.split_at(size);
            let mut query = QueryBuilder::new(format!("INSERT INTO events ({COLUMNS}) "));
            query.push_values(now, |mut row, place| {
                let EventRow { append, part, event, .. } = place;
                row.push_bind(place.position as i64)
                    .push_bind(place.tenant_position as i64)
                    .push_bind(place.epoch.0)
                    .push_bind(event.event_id)
                    .push_bind(part.stream.stream_type())
                    .push_bind(part.stream.id())
                    .push_bind(place.stream_version as i64)
                    .push_bind(event.event_type.as_str())
                    .push_bind(event.version)
                    .push_bind(part.tenant.as_str())
                    .push_bind(part.project.as_deref())
                    .push_bind(append.actor.kind.as_str())
                    .push_bind(append.actor.id.as_str())
                    .push_bind(append.actor.name.as_str())
                    .push_bind(append.command_id.0)
                    .push_bind(append.correlation_id)
                    .push_bind(append.causation_id)
                    .push_bind(append.client_address.as_deref())
                    .push_bind(place.time)
                    .push_bind(event.payload.as_str())
                    .push_bind(place.content_hash.as_slice());
            });
            query.build().execute(&mut *db).await?;
            rows = rest;
        }
    }
    Ok(())
}

async fn write_heads(db: &mut SqliteConnection, heads: &Heads, accepted: &[(&Prepared, Appended)]) -> Result<(), sqlx::Error> {
    if !heads.tenants.is_empty() {
        let tenants: Vec<Value> = heads.tenants.iter().map(|(tenant, position)| json!([tenant, position])).collect();
        sqlx::query(
            "INSERT INTO tenant_heads (tenant, position) SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true
             ON CONFLICT (tenant) DO UPDATE SET position = excluded.position",
        )
        .bind(json!(tenants).to_string())
        .execute(&mut *db)
        .await?;
    }
    let commands: Vec<Value> = accepted
        .iter()
        .map(|(prepared, done)| {
            let fingerprint = prepared.append.fingerprint.map(|bytes| hex(&bytes));
            let versions = json!(done.versions).to_string();
            json!([
                prepared.append.command_id.0.simple().to_string(),
                fingerprint,
                done.epoch.to_string(),
                done.position,
                done.time,
                versions,
                done.answer
            ])
        })
        .collect();
    // A row that is there already has expired.
    sqlx::query(
        "INSERT INTO command_results (command_id, fingerprint, epoch, position, time, versions, answer)
         SELECT unhex(value ->> 0), unhex(value ->> 1), unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5, value ->> 6
         FROM json_each(?1) WHERE true
         ON CONFLICT (command_id) DO UPDATE SET fingerprint = excluded.fingerprint, epoch = excluded.epoch,
             position = excluded.position, time = excluded.time, versions = excluded.versions, answer = excluded.answer",
    )
    .bind(json!(commands).to_string())
    .execute(&mut *db)
    .await?;
    Ok(())
}

async fn write_vault(db: &mut SqliteConnection, accepted: &[(&Prepared, Appended)]) -> Result<(), sqlx::Error> {
    for write in accepted.iter().flat_map(|(prepared, _)| &prepared.append.vault) {
        match write {
            VaultWrite::Put { kind, key, value, expires } => super::vault::put(&mut *db, kind, key, value, *expires).await?,
            VaultWrite::Delete { kind, key } => super::vault::delete(&mut *db, kind, key).await?,
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
