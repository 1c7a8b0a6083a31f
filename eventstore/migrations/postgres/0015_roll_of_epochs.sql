-- The rolls of the journal's epochs, signed by the seal's key: one with each epoch that begins. Rows are only ever added.
CREATE TABLE journal.seal_rolls (
    n bigint PRIMARY KEY,
    -- A signed note.
    note text NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.seal_rolls
    FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse();
ALTER TABLE journal.seal_rolls ENABLE ALWAYS TRIGGER append_only;
