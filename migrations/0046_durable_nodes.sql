-- The durability of the replication group that a cache cluster belongs to: its node's append-only file follows from it.
ALTER TABLE cache_cluster ADD COLUMN durability TEXT NOT NULL DEFAULT 'default';
