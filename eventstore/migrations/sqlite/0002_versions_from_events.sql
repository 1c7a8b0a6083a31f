-- A stream's version is read from the unique index over its events, which also keeps it unique: one table less to write.
DROP TABLE stream_heads;
