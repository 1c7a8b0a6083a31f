-- One row per history of the journal; the newest is the current one.
CREATE TABLE epochs (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL UNIQUE,
    -- Last position it shares with the epochs before it.
    started_after INTEGER NOT NULL,
    time INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    tenant_position INTEGER NOT NULL,
    epoch BLOB NOT NULL,
    event_id BLOB NOT NULL,
    -- The stream's name is stream_type || '-' || stream_id.
    stream_type TEXT NOT NULL,
    stream_id TEXT NOT NULL,
    stream_version INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    version INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    project TEXT,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    command_id BLOB NOT NULL,
    correlation_id BLOB NOT NULL,
    causation_id BLOB,
    client_address TEXT,
    -- Microseconds since 1970.
    time INTEGER NOT NULL,
    payload TEXT NOT NULL,
    content_hash BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_by_stream ON events (stream_id, stream_type, stream_version);
CREATE INDEX events_by_tenant ON events (tenant, position);

CREATE TRIGGER events_no_update BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER epochs_no_update BEFORE UPDATE ON epochs
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER epochs_no_delete BEFORE DELETE ON epochs
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
-- INSERT OR REPLACE deletes what any unique key finds, without firing delete triggers unless recursive triggers are on.
CREATE TRIGGER events_no_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
    OR EXISTS (SELECT 1 FROM events WHERE stream_id = NEW.stream_id AND stream_type = NEW.stream_type
               AND stream_version = NEW.stream_version)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER epochs_no_replace BEFORE INSERT ON epochs
WHEN EXISTS (SELECT 1 FROM epochs WHERE n = NEW.n OR id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TABLE stream_heads (
    stream TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant_heads (
    tenant TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE command_results (
    command_id BLOB PRIMARY KEY,
    fingerprint BLOB,
    epoch BLOB NOT NULL,
    position INTEGER NOT NULL,
    time INTEGER NOT NULL,
    -- [["stream", version], ...]
    versions TEXT NOT NULL,
    answer TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX command_results_by_time ON command_results (time);

CREATE TABLE vault (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    expires INTEGER,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX vault_by_expiry ON vault (expires) WHERE expires IS NOT NULL;

-- A row is never deleted: the token grows for ever.
CREATE TABLE leases (
    resource TEXT PRIMARY KEY,
    holder TEXT,
    token INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    stream TEXT NOT NULL,
    aggregate_type TEXT NOT NULL,
    schema_hash BLOB NOT NULL,
    version INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (stream, aggregate_type)
) STRICT, WITHOUT ROWID;

-- The seven columns that cqrs-es repositories know.
CREATE VIEW cqrs_events AS
SELECT stream_type AS aggregate_type,
       stream_id AS aggregate_id,
       stream_version AS sequence,
       event_type,
       CAST(version AS TEXT) AS event_version,
       payload,
       json_object('position', position, 'tenant', tenant, 'actor_kind', actor_kind, 'actor_id', actor_id,
                   'command_id', lower(hex(command_id)), 'time', time) AS metadata
FROM events;
