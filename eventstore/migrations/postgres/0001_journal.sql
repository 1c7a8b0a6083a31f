-- Everything here lies in the schema journal, which exists already.

-- Microseconds since 1970 by the database's clock.
CREATE FUNCTION journal.now_us() RETURNS bigint LANGUAGE sql VOLATILE
AS $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint $$;

-- One row per history of the journal; the newest is the current one.
CREATE TABLE journal.epochs (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    -- Last position it shares with the epochs before it.
    started_after bigint NOT NULL,
    time bigint NOT NULL,
    reason text NOT NULL
);

CREATE TABLE journal.events (
    position bigint PRIMARY KEY,
    tenant_position bigint NOT NULL,
    epoch uuid NOT NULL,
    event_id uuid NOT NULL,
    -- The stream's name is stream_type || '-' || stream_id.
    stream_type text NOT NULL,
    stream_id text NOT NULL,
    stream_version bigint NOT NULL,
    event_type text NOT NULL,
    version integer NOT NULL,
    tenant text NOT NULL,
    project text,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    command_id uuid NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid,
    client_address text,
    time bigint NOT NULL,
    -- json, never jsonb: the text is kept byte for byte.
    payload json NOT NULL,
    content_hash bytea NOT NULL
);

CREATE UNIQUE INDEX events_by_stream ON journal.events (stream_id, stream_type, stream_version);
CREATE INDEX events_by_tenant ON journal.events (tenant, position);

CREATE FUNCTION journal.refuse() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation'; END $$;

-- ALWAYS: an ordinary trigger does not fire in replica mode.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.events
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse();
ALTER TABLE journal.events ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.epochs
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse();
ALTER TABLE journal.epochs ENABLE ALWAYS TRIGGER append_only;

CREATE TABLE journal.stream_heads (
    stream text PRIMARY KEY,
    version bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE journal.tenant_heads (
    tenant text PRIMARY KEY,
    position bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE journal.command_results (
    command_id uuid PRIMARY KEY,
    fingerprint bytea,
    epoch uuid NOT NULL,
    position bigint NOT NULL,
    time bigint NOT NULL,
    -- [["stream", version], ...]
    versions text NOT NULL,
    answer text
);
CREATE INDEX command_results_by_time ON journal.command_results USING brin (time);

CREATE TABLE journal.vault (
    kind text NOT NULL,
    key text NOT NULL,
    value bytea NOT NULL,
    expires bigint,
    PRIMARY KEY (kind, key)
);
CREATE INDEX vault_by_expiry ON journal.vault (expires) WHERE expires IS NOT NULL;

-- A row is never deleted: the token grows for ever.
CREATE TABLE journal.leases (
    resource text PRIMARY KEY,
    holder text,
    token bigint NOT NULL,
    expires bigint NOT NULL,
    -- Key of the advisory lock that the holder's session keeps; free means that the session is gone.
    presence bigint NOT NULL
);

CREATE TABLE journal.snapshots (
    stream text NOT NULL,
    aggregate_type text NOT NULL,
    schema_hash bytea NOT NULL,
    version bigint NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (stream, aggregate_type)
);

-- The seven columns that cqrs-es repositories know.
CREATE VIEW journal.cqrs_events AS
SELECT stream_type AS aggregate_type,
       stream_id AS aggregate_id,
       stream_version AS sequence,
       event_type,
       version::text AS event_version,
       payload,
       json_build_object('position', position, 'tenant', tenant, 'actor_kind', actor_kind, 'actor_id', actor_id,
                         'command_id', command_id, 'time', time) AS metadata
FROM journal.events;
