-- The journal's seal: the hashes of its Merkle tree, signed checkpoints, public keys. Rows are only ever added.

-- Hashes of one level within one tile of 256, as many as were new when they were written: 32 bytes each.
CREATE TABLE journal.seal_tiles (
    level integer NOT NULL,
    -- Index of the first hash in the level.
    first bigint NOT NULL,
    hashes bytea NOT NULL,
    PRIMARY KEY (level, first)
);
-- Hashes do not compress.
ALTER TABLE journal.seal_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE journal.seal_checkpoints (
    n bigint PRIMARY KEY,
    size bigint NOT NULL,
    -- A signed note.
    note text NOT NULL
);
CREATE INDEX seal_checkpoints_by_size ON journal.seal_checkpoints (size, n);

CREATE TABLE journal.seal_keys (
    n bigint PRIMARY KEY,
    verifier text NOT NULL,
    -- Microseconds since 1970.
    time bigint NOT NULL
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.seal_tiles
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse();
ALTER TABLE journal.seal_tiles ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.seal_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse();
ALTER TABLE journal.seal_checkpoints ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.seal_keys
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse();
ALTER TABLE journal.seal_keys ENABLE ALWAYS TRIGGER append_only;
