-- Pages of the table that this index says nothing of yet are read by every search for expired rows: it shall know those that are full at once, and
-- not only after the table was vacuumed.
ALTER INDEX journal.command_results_by_time SET (autosummarize = on);
