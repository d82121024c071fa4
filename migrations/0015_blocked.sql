-- Of a node that lives and answers nobody.
ALTER TABLE node ADD COLUMN seen_blocked TEXT;                          -- why: busy or paused; NULL: it answers
ALTER TABLE node ADD COLUMN blocked_since_ms INTEGER NOT NULL DEFAULT 0; -- on the steady clock
ALTER TABLE node ADD COLUMN blocked_told INTEGER NOT NULL DEFAULT 0;     -- an event has told of it
