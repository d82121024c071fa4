-- Since when (on the steady clock) whoever connects is not served as an 'available' promises; 0: is served, or nothing was promised yet.
ALTER TABLE node ADD COLUMN unserved_since_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node_group ADD COLUMN unserved_since_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cache_cluster ADD COLUMN unserved_since_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replication_group ADD COLUMN unserved_since_ms INTEGER NOT NULL DEFAULT 0;
