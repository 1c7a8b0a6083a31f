//! A journal of 100,000 events, written behind its back: nine tenths are one team's, most of the rest another's; of the small ones some have all
//! of theirs at one end.

use super::asked::{BIG, LATE, LONG, MIDDLE, RARE, SMALL};

pub(super) const EVENTS: u64 = 100_000;

/// Where the two databases differ.
pub(super) struct Words {
    /// A relation `r(n)` of the numbers from 1.
    numbers: &'static str,
    /// A UUID made of `n`, in the text's place.
    uuid: &'static str,
    bytes: &'static str,
    now: &'static str,
    json: &'static str,
}

pub(super) const POSTGRES: Words = Words {
    numbers: "generate_series(1::bigint, {count}::bigint) AS r(n)",
    uuid: "lpad(to_hex({n}), 32, '0')::uuid",
    bytes: "decode(lpad(to_hex({n}), 64, '0'), 'hex')",
    now: "journal.now_us()",
    json: "'{}'::json",
};

pub(super) const SQLITE: Words = Words {
    numbers: "(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {count}) SELECT n FROM r) AS r",
    uuid: "unhex(printf('%032x', {n}))",
    bytes: "unhex(printf('%064x', {n}))",
    now: "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
    json: "'{}'",
};

impl Words {
    fn numbers(&self, count: u64) -> String {
        self.numbers.replace("{count}", &count.to_string())
    }
    fn uuid(&self, n: &str) -> String {
        self.uuid.replace("{n}", n)
    }
    fn bytes(&self, n: &str) -> String {
        self.bytes.replace("{n}", n)
    }
}

/// Fill the tables, in the order in which they come.
pub(super) fn statements(schema: &str, words: Words) -> Vec<String> {
    let Words { now, json, .. } = words;
    let (uuid, bytes) = (words.uuid("n"), words.bytes("n"));
    let all = words.numbers(EVENTS);
    // Streams of twenty events; `s` numbers them from 0.
    let tenant = format!(
        "CASE WHEN s >= 4995 THEN '{LATE}' WHEN s % 1000 < 900 THEN '{BIG}' WHEN s % 1000 < 990 THEN '{MIDDLE}'
         ELSE '{SMALL}' || (s / 1000) || (s % 1000 - 990) END"
    );
    // One is of 10,000 events.
    let long = "s >= 1000 AND s < 1500";
    let rare = "n % 10000 = 0";
    vec![
        format!(
            "INSERT INTO {schema}events (position, tenant_position, epoch, event_id, stream_type, stream_id, stream_version, event_type, version,
                 tenant, project, actor_kind, actor_id, actor_name, command_id, correlation_id, time, payload, content_hash)
             SELECT n, row_number() OVER (PARTITION BY tenant ORDER BY n), (SELECT id FROM {schema}epochs LIMIT 1), {uuid},
                 CASE WHEN s % 100 = 7 THEN 'other' ELSE 'test' END, CASE WHEN {long} THEN '{LONG}' ELSE 's' || s END,
                 CASE WHEN {long} THEN n - 20000 ELSE (n - 1) % 20 + 1 END, CASE WHEN {rare} THEN '{RARE}' ELSE 'test.happened' || (n % 40) END,
                 1, tenant, NULL, 'system', 'plans', '', {uuid}, {uuid}, n, {json}, {bytes}
             FROM (SELECT n, s, CASE WHEN {long} THEN '{BIG}' ELSE {tenant} END AS tenant FROM (SELECT n, (n - 1) / 20 AS s FROM {all}) n) t"
        ),
        format!("INSERT INTO {schema}tenant_heads (tenant, position) SELECT tenant, count(*) FROM {schema}events GROUP BY tenant"),
        format!("INSERT INTO {schema}tenant_heads (tenant, position) SELECT 'quiet' || n, 1 FROM {}", words.numbers(20_000)),
        // Nothing of it has expired.
        format!(
            "INSERT INTO {schema}command_results (command_id, fingerprint, epoch, position, time, versions)
             SELECT {uuid}, {bytes}, (SELECT id FROM {schema}epochs LIMIT 1), n, {now}, '[]' FROM {all}"
        ),
        // Nearly all of it are keys of private fields.
        format!(
            "INSERT INTO {schema}vault (kind, key, value, expires)
             SELECT CASE WHEN n % 5000 = 0 THEN 'few' WHEN n % 1000 < 12 THEN 'kind' || (n % 1000) ELSE 'many' END, 'group/' || n, {bytes}, CASE WHEN n % 2 = 0 THEN {now} + 3600000000 END FROM {all}"
        ),
        format!("INSERT INTO {schema}leases {} FROM {}", words.lease(), words.numbers(20_000)),
        format!(
            "INSERT INTO {schema}snapshots (stream, aggregate_type, schema_hash, version, state) SELECT 'test-s' || n, 'test', {bytes}, n, {bytes} FROM {all}"
        ),
        format!("INSERT INTO {schema}seal_tiles (level, first, hashes) SELECT 0, n - 1, {bytes} FROM {all}"),
        format!("INSERT INTO {schema}seal_tiles (level, first, hashes) SELECT 1, n - 1, {bytes} FROM {}", words.numbers(EVENTS / 256)),
        format!("INSERT INTO {schema}seal_checkpoints (n, size, note) SELECT n, n, 'a note' FROM {all}"),
    ]
}

impl Words {
    /// Columns and values of a lease; only PostgreSQL keeps the mark of a session.
    fn lease(&self) -> String {
        let values = format!("'r' || n, 'somebody', 1, {} + 3600000000", self.now);
        match self.now.starts_with("journal.") {
            true => format!("(resource, holder, token, expires, presence) SELECT {values}, n"),
            false => format!("(resource, holder, token, expires) SELECT {values}"),
        }
    }
}
