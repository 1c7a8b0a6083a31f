-- Readers of the journal begin after position 0, and so does the seal: an event before that would count in its stream and be seen by nobody.
CREATE TRIGGER events_begin_at_one AFTER INSERT ON events
WHEN NEW.position < 1 OR NEW.tenant_position < 1 OR NEW.stream_version < 1
BEGIN SELECT RAISE(ABORT, 'positions and versions begin at 1'); END;
