//! A batch as the parallel arrays that `journal.append` takes.

use std::collections::HashMap;

use serde_json::json;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use uuid::Uuid;

use super::heads::Heads;
use crate::append::check::Prepared;
use crate::envelope::StreamId;
use crate::vault::VaultWrite;

pub(super) const CALL: &str = "SELECT * FROM journal.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
    $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45)";

/// How much of a batch the database looks up.
#[derive(Clone, Copy)]
pub(super) enum Trust<'a> {
    /// The commands are taken for new, and so are streams that must be; versions that these heads tell hold if nobody else has written.
    Heads(&'a Heads),
    Nothing,
}

#[derive(Default)]
pub(super) struct Arrays<'a> {
    appends: Appends<'a>,
    fences: (Vec<i32>, Vec<&'a str>, Vec<i64>),
    streams: Versions<'a>,
    tenants: (Vec<&'a str>, Vec<i64>),
    events: Events<'a>,
    vault: Vaults<'a>,
}

#[derive(Default)]
struct Appends<'a> {
    command: Vec<Uuid>,
    fingerprint: Vec<Option<&'a [u8]>>,
    events: Vec<i64>,
    last: Vec<i64>,
    versions: Vec<String>,
    answer: Vec<Option<&'a str>>,
}

/// Streams and the versions they must be at.
#[derive(Default)]
struct Versions<'a> {
    append: Vec<i32>,
    stream_type: Vec<&'a str>,
    stream_id: Vec<&'a str>,
    version: Vec<i64>,
    sure: Vec<bool>,
}

#[derive(Default)]
struct Events<'a> {
    append: Vec<i32>,
    ordinal: Vec<i64>,
    /// Number of the tenant from 1.
    tenant: Vec<i32>,
    tenant_ordinal: Vec<i64>,
    id: Vec<Uuid>,
    stream_type: Vec<&'a str>,
    stream_id: Vec<&'a str>,
    stream_version: Vec<i64>,
    event_type: Vec<&'a str>,
    version: Vec<i32>,
    project: Vec<Option<&'a str>>,
    actor_kind: Vec<&'static str>,
    actor_id: Vec<&'a str>,
    actor_name: Vec<&'a str>,
    command: Vec<Uuid>,
    correlation: Vec<Uuid>,
    causation: Vec<Option<Uuid>>,
    address: Vec<Option<&'a str>>,
    payload: Vec<&'a str>,
    hash: Vec<&'a [u8]>,
}

#[derive(Default)]
struct Vaults<'a> {
    append: Vec<i32>,
    kind: Vec<&'a str>,
    key: Vec<&'a str>,
    /// None deletes.
    value: Vec<Option<&'a [u8]>>,
    expires: Vec<Option<i64>>,
}

impl<'a> Versions<'a> {
    fn push(&mut self, append: i32, stream: &'a StreamId, version: u64, sure: bool) {
        self.append.push(append);
        self.stream_type.push(stream.stream_type());
        self.stream_id.push(stream.id());
        self.version.push(signed(version));
        self.sure.push(sure);
    }
}

impl Trust<'_> {
    fn knows(self, stream: &StreamId, version: u64) -> bool {
        match self {
            Trust::Heads(heads) => heads.version(stream) == Some(version),
            Trust::Nothing => false,
        }
    }
}

impl<'a> Arrays<'a> {
    pub(super) fn of(batch: &[&'a Prepared], trust: Trust<'_>) -> Self {
        let mut arrays = Arrays::default();
        let mut tenants = HashMap::new();
        for (prepared, number) in batch.iter().zip(1..) {
            arrays.push(prepared, number, trust, &mut tenants);
        }
        arrays
    }

    /// `tenants`: which number each has, from 1.
    fn push(&mut self, prepared: &'a Prepared, number: i32, trust: Trust<'_>, tenants: &mut HashMap<&'a str, i32>) {
        let append = &prepared.append;
        self.appends.command.push(append.command_id.0);
        self.appends.fingerprint.push(append.fingerprint.as_ref().map(|bytes| bytes.as_slice()));
        self.appends.events.push(prepared.events as i64);
        self.appends.last.push((self.events.append.len() + prepared.events) as i64);
        self.appends.versions.push(json!(append.versions()).to_string());
        self.appends.answer.push(append.answer.as_deref());
        if let Some(fence) = &append.fence {
            self.fences.0.push(number);
            self.fences.1.push(&fence.resource);
            self.fences.2.push(signed(fence.token));
        }
        for write in &append.vault {
            let (kind, key) = write.row();
            let (value, expires) = match write {
                VaultWrite::Put { value, expires, .. } => (Some(value.as_slice()), *expires),
                VaultWrite::Delete { .. } => (None, None),
            };
            self.vault.append.push(number);
            self.vault.kind.push(kind);
            self.vault.key.push(key);
            self.vault.value.push(value);
            self.vault.expires.push(expires);
        }
        for part in &append.parts {
            // A stream that must be new and is not clashes with the event that it has already.
            if part.expected > 0 || matches!(trust, Trust::Nothing) {
                self.streams.push(number, &part.stream, part.expected, trust.knows(&part.stream, part.expected));
            }
        }
        for guard in &append.guards {
            self.streams.push(number, &guard.stream, guard.version, trust.knows(&guard.stream, guard.version));
        }
        let mut hashes = prepared.hashes.iter();
        for part in &append.parts {
            let tenant = *tenants.entry(&part.tenant).or_insert_with(|| {
                self.tenants.0.push(&part.tenant);
                self.tenants.1.push(0);
                self.tenants.0.len() as i32
            });
            let of_tenant = &mut self.tenants.1[tenant as usize - 1];
            for ((event, version), hash) in part.events.iter().zip(part.expected + 1..).zip(&mut hashes) {
                let rows = &mut self.events;
                *of_tenant += 1;
                rows.append.push(number);
                rows.ordinal.push(rows.append.len() as i64);
                rows.tenant.push(tenant);
                rows.tenant_ordinal.push(*of_tenant);
                rows.id.push(event.event_id);
                rows.stream_type.push(part.stream.stream_type());
                rows.stream_id.push(part.stream.id());
                rows.stream_version.push(version as i64);
                rows.event_type.push(&event.event_type);
                rows.version.push(event.version as i32);
                rows.project.push(part.project.as_deref());
                rows.actor_kind.push(append.actor.kind.as_str());
                rows.actor_id.push(&append.actor.id);
                rows.actor_name.push(&append.actor.name);
                rows.command.push(append.command_id.0);
                rows.correlation.push(append.correlation_id);
                rows.causation.push(append.causation_id);
                rows.address.push(append.client_address.as_deref());
                rows.payload.push(&event.payload);
                rows.hash.push(hash.as_slice());
            }
        }
    }

    /// Binds everything in the order of the function's parameters after the first four.
    pub(super) fn bind(self, query: Query<'a, Postgres, PgArguments>) -> Query<'a, Postgres, PgArguments> {
        let Arrays { appends, fences, streams, tenants, events, vault } = self;
        query
            .bind(appends.command)
            .bind(appends.fingerprint)
            .bind(appends.events)
            .bind(appends.last)
            .bind(appends.versions)
            .bind(appends.answer)
            .bind(fences.0)
            .bind(fences.1)
            .bind(fences.2)
            .bind(streams.append)
            .bind(streams.stream_type)
            .bind(streams.stream_id)
            .bind(streams.version)
            .bind(streams.sure)
            .bind(tenants.0)
            .bind(tenants.1)
            .bind(events.append)
            .bind(events.ordinal)
            .bind(events.tenant)
            .bind(events.tenant_ordinal)
            .bind(events.id)
            .bind(events.stream_type)
            .bind(events.stream_id)
            .bind(events.stream_version)
            .bind(events.event_type)
            .bind(events.version)
            .bind(events.project)
            .bind(events.actor_kind)
            .bind(events.actor_id)
            .bind(events.actor_name)
            .bind(events.command)
            .bind(events.correlation)
            .bind(events.causation)
            .bind(events.address)
            .bind(events.payload)
            .bind(events.hash)
            .bind(vault.append)
            .bind(vault.kind)
            .bind(vault.key)
            .bind(vault.value)
            .bind(vault.expires)
    }
}

/// No stream or token ever comes near the largest number the database holds, so it stands for everything above.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
