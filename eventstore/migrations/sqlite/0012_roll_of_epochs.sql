-- The rolls of the journal's epochs, signed by the seal's key: one with each epoch that begins. Rows are only ever added.
CREATE TABLE seal_rolls (
    n INTEGER PRIMARY KEY,
    -- A signed note.
    note TEXT NOT NULL
) STRICT;

CREATE TRIGGER seal_rolls_no_update BEFORE UPDATE ON seal_rolls
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
CREATE TRIGGER seal_rolls_no_delete BEFORE DELETE ON seal_rolls
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
CREATE TRIGGER seal_rolls_no_replace BEFORE INSERT ON seal_rolls
WHEN EXISTS (SELECT 1 FROM seal_rolls WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'the seal is append-only'); END;
