-- The service update that is applied, or was applied last; how far it has come, and since when; and the names of those that are through.
ALTER TABLE replication_group ADD COLUMN update_name TEXT;
ALTER TABLE replication_group ADD COLUMN update_stage TEXT;
ALTER TABLE replication_group ADD COLUMN update_changed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replication_group ADD COLUMN updates_done TEXT;
ALTER TABLE cache_cluster ADD COLUMN update_name TEXT;
ALTER TABLE cache_cluster ADD COLUMN update_stage TEXT;
ALTER TABLE cache_cluster ADD COLUMN update_changed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cache_cluster ADD COLUMN updates_done TEXT;
-- The service update that the node was restarted for last, and when that was asked for.
ALTER TABLE node ADD COLUMN updated_for TEXT;
ALTER TABLE node ADD COLUMN updated_ms INTEGER NOT NULL DEFAULT 0;
