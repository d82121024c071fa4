-- What becomes of writes that were acknowledged. A snapshot has what was in force when it was taken.
ALTER TABLE replication_group ADD COLUMN durability TEXT NOT NULL DEFAULT 'default';
ALTER TABLE snapshot ADD COLUMN durability TEXT NOT NULL DEFAULT 'disabled';
