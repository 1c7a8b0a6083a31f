-- The journal's seal: the hashes of its Merkle tree, signed checkpoints, public keys. Rows are only ever added.

-- Hashes of one level within one tile of 256, as many as were new when they were written: 32 bytes each.
CREATE TABLE seal_tiles (
    level INTEGER NOT NULL,
    -- Index of the first hash in the level.
    first INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    UNIQUE (level, first)
) STRICT;

CREATE TABLE seal_checkpoints (
    n INTEGER PRIMARY KEY,
    size INTEGER NOT NULL,
    -- A signed note.
    note TEXT NOT NULL
) STRICT;
CREATE INDEX seal_checkpoints_by_size ON seal_checkpoints (size, n);

CREATE TABLE seal_keys (
    n INTEGER PRIMARY KEY,
    verifier TEXT NOT NULL,
    -- Microseconds since 1970.
    time INTEGER NOT NULL
) STRICT;

CREATE TRIGGER seal_tiles_no_update BEFORE UPDATE ON seal_tiles
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
CREATE TRIGGER seal_tiles_no_delete BEFORE DELETE ON seal_tiles
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
CREATE TRIGGER seal_tiles_no_replace BEFORE INSERT ON seal_tiles
WHEN EXISTS (SELECT 1 FROM seal_tiles WHERE (level = NEW.level AND first = NEW.first) OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;

CREATE TRIGGER seal_checkpoints_no_update BEFORE UPDATE ON seal_checkpoints
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
CREATE TRIGGER seal_checkpoints_no_delete BEFORE DELETE ON seal_checkpoints
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
CREATE TRIGGER seal_checkpoints_no_replace BEFORE INSERT ON seal_checkpoints
WHEN EXISTS (SELECT 1 FROM seal_checkpoints WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;

CREATE TRIGGER seal_keys_no_update BEFORE UPDATE ON seal_keys
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
CREATE TRIGGER seal_keys_no_delete BEFORE DELETE ON seal_keys
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
CREATE TRIGGER seal_keys_no_replace BEFORE INSERT ON seal_keys
WHEN EXISTS (SELECT 1 FROM seal_keys WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
