-- Readers of the journal begin after position 0, and so does the seal: an event before that would count in its stream and be seen by nobody.
-- Not held against what is there: `audit verify` tells of that.
-- Everybody who writes waits behind this: rather fail after a while, and be tried again at the next start.
SET LOCAL lock_timeout = '5s';
ALTER TABLE journal.events ADD CONSTRAINT events_begin_at_one
    CHECK (position >= 1 AND tenant_position >= 1 AND stream_version >= 1) NOT VALID;
