-- The cluster mode that a replication group has until the change to another one is done.
ALTER TABLE replication_group ADD COLUMN mode_before TEXT NOT NULL DEFAULT '';
-- Events are looked for by the name of their source alone, too.
DROP INDEX event_by_source;
CREATE INDEX event_by_source ON event (region, source_id, at_ms);
