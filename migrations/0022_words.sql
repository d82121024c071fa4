-- Columns that hold one of a few words, typed as enums: schema/words.json has their lists.
ALTER TABLE replication_group RENAME COLUMN automatic_failover TO failover_number;
ALTER TABLE replication_group ADD COLUMN automatic_failover TEXT NOT NULL DEFAULT 'disabled';
UPDATE replication_group SET automatic_failover =
  CASE failover_number WHEN 1 THEN 'enabled' WHEN 2 THEN 'enabling' WHEN 3 THEN 'disabling' ELSE 'disabled' END;
ALTER TABLE replication_group DROP COLUMN failover_number;
ALTER TABLE global_replication_group RENAME COLUMN automatic_failover TO failover_number;
ALTER TABLE global_replication_group ADD COLUMN automatic_failover TEXT NOT NULL DEFAULT 'disabled';
UPDATE global_replication_group SET automatic_failover =
  CASE failover_number WHEN 1 THEN 'enabled' WHEN 2 THEN 'enabling' WHEN 3 THEN 'disabling' ELSE 'disabled' END;
ALTER TABLE global_replication_group DROP COLUMN failover_number;
ALTER TABLE snapshot RENAME COLUMN automatic_failover TO failover_number;
ALTER TABLE snapshot ADD COLUMN automatic_failover TEXT NOT NULL DEFAULT 'disabled';
UPDATE snapshot SET automatic_failover =
  CASE failover_number WHEN 1 THEN 'enabled' WHEN 2 THEN 'enabling' WHEN 3 THEN 'disabling' ELSE 'disabled' END;
ALTER TABLE snapshot DROP COLUMN failover_number;
-- Whether a node's link to its upstream is encrypted stood behind the word.
ALTER TABLE node ADD COLUMN seen_links_encrypted INTEGER NOT NULL DEFAULT 0;
UPDATE node SET seen_links_encrypted = 1, seen_encryption = replace(seen_encryption, ' links', '') WHERE seen_encryption LIKE '% links';
