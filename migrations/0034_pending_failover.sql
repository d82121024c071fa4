-- What automatic failover becomes in the maintenance window.
ALTER TABLE replication_group ADD COLUMN pending_failover TEXT NOT NULL DEFAULT '';
-- A request asked for whatever is pending to be made at once.
ALTER TABLE replication_group ADD COLUMN pending_due INTEGER NOT NULL DEFAULT 0;
