-- A node whose process died is recovering until one answers again: events tell of both.
ALTER TABLE node ADD COLUMN recovering INTEGER NOT NULL DEFAULT 0;
